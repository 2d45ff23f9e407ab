SELECT
    service,
    date_trunc('day', pickup_at) AS pickup_date,
    pickup_borough AS borough,
    count(*) AS trips,
    count(*) FILTER (WHERE total_usd < 0) AS refunds,
    coalesce(sum(fare_usd), 0) AS fare_usd,
    coalesce(sum(tip_usd), 0) AS tip_usd,
    coalesce(sum(tolls_usd), 0) AS tolls_usd,
    sum(total_usd - coalesce(fare_usd, 0) - coalesce(tip_usd, 0) - coalesce(tolls_usd, 0)) AS surcharges_usd,
    sum(total_usd) AS revenue_usd,
    coalesce(-sum(total_usd) FILTER (WHERE total_usd < 0), 0) AS refunded_usd
FROM staged.trips
GROUP BY service, date_trunc('day', pickup_at), pickup_borough
