SELECT
    service,
    date_trunc('month', pickup_at) AS month,
    count(*) AS trips,
    count(*) / max(day(last_day(pickup_at))) AS trips_per_day,
    count(DISTINCT date_trunc('day', pickup_at)) AS days_with_trips,
    count(*) FILTER (WHERE total_usd < 0) AS refunds,
    coalesce(sum(passenger_count) FILTER (WHERE total_usd >= 0), 0) AS passengers,
    coalesce(sum(distance_miles) FILTER (WHERE total_usd >= 0), 0) AS distance_miles,
    median(distance_miles) FILTER (WHERE total_usd >= 0) AS median_distance_miles,
    median(duration_seconds) FILTER (WHERE total_usd >= 0) AS median_duration_seconds,
    median(fare_usd) FILTER (WHERE total_usd >= 0) AS median_fare_usd,
    sum(fare_usd) AS fare_usd,
    sum(tip_usd) AS tip_usd,
    sum(cbd_congestion_fee_usd) AS cbd_congestion_fee_usd,
    sum(total_usd) AS revenue_usd,
    coalesce(-sum(total_usd) FILTER (WHERE total_usd < 0), 0) AS refunded_usd,
    count(*) FILTER (WHERE payment = 'card' AND total_usd >= 0)
        / nullif(count(*) FILTER (WHERE payment IN ('card', 'cash') AND total_usd >= 0), 0) AS card_share,
    sum(tip_usd) FILTER (WHERE payment = 'card' AND total_usd >= 0)
        / nullif(sum(fare_usd) FILTER (WHERE payment = 'card' AND total_usd >= 0), 0) AS card_tip_share,
    count(*) FILTER (
        WHERE passenger_count IS NULL AND rate_code IS NULL AND is_stored_and_forwarded IS NULL
    ) / count(*) AS no_meter_record_share
FROM staged.trips
GROUP BY service, date_trunc('month', pickup_at)
