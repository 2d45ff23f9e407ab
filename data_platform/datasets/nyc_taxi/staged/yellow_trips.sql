SELECT
    'yellow' AS service,
    t.VendorID AS vendor_id,
    t.tpep_pickup_datetime AS pickup_at,
    t.tpep_dropoff_datetime AS dropoff_at,
    -- When the clocks are set back (first Sunday of November, 02:00 becomes 01:00) a trip can end before it began by the
    -- clock: there, and only there, the hour is given back.
    date_diff('second', t.tpep_pickup_datetime, t.tpep_dropoff_datetime)
        + CASE
            WHEN t.tpep_dropoff_datetime < t.tpep_pickup_datetime
                AND month(t.tpep_pickup_datetime) = 11
                AND day(t.tpep_pickup_datetime) <= 7
                AND dayofweek(t.tpep_pickup_datetime) = 0
                AND hour(t.tpep_pickup_datetime) = 1
                AND hour(t.tpep_dropoff_datetime) = 1
                THEN 3600
            ELSE 0
        END AS duration_seconds,
    t.PULocationID AS pickup_zone_id,
    coalesce(pickup_zones.borough, 'Unknown') AS pickup_borough,
    t.DOLocationID AS dropoff_zone_id,
    coalesce(dropoff_zones.borough, 'Unknown') AS dropoff_borough,
    t.passenger_count,
    t.trip_distance AS distance_miles,
    NULL AS trip_type,
    t.RatecodeID AS rate_code,
    CASE t.RatecodeID
        WHEN 1 THEN 'standard'
        WHEN 2 THEN 'jfk'
        WHEN 3 THEN 'newark'
        WHEN 4 THEN 'nassau_or_westchester'
        WHEN 5 THEN 'negotiated'
        WHEN 6 THEN 'group_ride'
        ELSE 'unknown'
    END AS rate,
    t.payment_type,
    CASE t.payment_type
        WHEN 0 THEN 'flex_fare'
        WHEN 1 THEN 'card'
        WHEN 2 THEN 'cash'
        WHEN 3 THEN 'no_charge'
        WHEN 4 THEN 'dispute'
        WHEN 6 THEN 'voided'
        ELSE 'unknown'
    END AS payment,
    -- Anything but Y and N goes on as it is, so that it breaks the type instead of becoming a silent NULL.
    CASE t.store_and_fwd_flag WHEN 'Y' THEN 'true' WHEN 'N' THEN 'false' ELSE t.store_and_fwd_flag END
        AS is_stored_and_forwarded,
    t.fare_amount AS fare_usd,
    t.extra AS extra_usd,
    t.mta_tax AS mta_tax_usd,
    t.improvement_surcharge AS improvement_surcharge_usd,
    t.congestion_surcharge AS congestion_surcharge_usd,
    t.cbd_congestion_fee AS cbd_congestion_fee_usd,
    t.airport_fee AS airport_fee_usd,
    NULL AS ehail_fee_usd,
    t.tolls_amount AS tolls_usd,
    t.tip_amount AS tip_usd,
    t.total_amount AS total_usd
FROM raw.yellow_trips AS t
LEFT JOIN staged.taxi_zones AS pickup_zones ON t.PULocationID = pickup_zones.zone_id
LEFT JOIN staged.taxi_zones AS dropoff_zones ON t.DOLocationID = dropoff_zones.zone_id
