SELECT
    LocationID AS zone_id,
    Borough AS borough,
    Zone AS zone,
    service_zone
FROM raw.taxi_zones
