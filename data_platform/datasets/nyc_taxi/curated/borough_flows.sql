SELECT
    service,
    date_trunc('day', pickup_at) AS pickup_date,
    pickup_borough,
    dropoff_borough,
    count(*) AS trips,
    count(*) FILTER (WHERE total_usd < 0) AS refunds,
    sum(total_usd) AS revenue_usd,
    coalesce(sum(distance_miles) FILTER (WHERE total_usd >= 0), 0) AS distance_miles,
    median(duration_seconds) FILTER (WHERE total_usd >= 0) AS median_duration_seconds,
    median(total_usd) FILTER (WHERE total_usd >= 0) AS median_total_usd
FROM staged.trips
GROUP BY service, date_trunc('day', pickup_at), pickup_borough, dropoff_borough
