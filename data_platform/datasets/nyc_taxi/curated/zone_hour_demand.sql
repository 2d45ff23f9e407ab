WITH demand AS (
    SELECT
        service,
        date_trunc('day', pickup_at) AS pickup_date,
        hour(pickup_at) AS pickup_hour,
        -- 264 is the TLC's own number for a zone that is not known.
        coalesce(pickup_zone_id, 264) AS zone_id,
        count(*) FILTER (WHERE total_usd >= 0) AS pickups,
        count(*) FILTER (WHERE total_usd < 0) AS refunds,
        coalesce(sum(passenger_count) FILTER (WHERE total_usd >= 0), 0) AS passengers,
        coalesce(sum(distance_miles) FILTER (WHERE total_usd >= 0), 0) AS distance_miles,
        coalesce(sum(duration_seconds) FILTER (WHERE total_usd >= 0), 0) AS duration_seconds,
        sum(total_usd) AS revenue_usd
    FROM staged.trips
    GROUP BY service, date_trunc('day', pickup_at), hour(pickup_at), coalesce(pickup_zone_id, 264)
)

SELECT
    demand.service,
    demand.pickup_date,
    demand.pickup_hour,
    demand.zone_id,
    coalesce(zones.borough, 'Unknown') AS borough,
    coalesce(zones.zone, 'Unknown') AS zone,
    demand.pickups,
    demand.refunds,
    demand.passengers,
    demand.distance_miles,
    demand.duration_seconds,
    demand.revenue_usd
FROM demand
LEFT JOIN staged.taxi_zones AS zones ON demand.zone_id = zones.zone_id
