WITH counted AS (
    SELECT
        *,
        md5(CAST(to_json([station, line, division]) AS VARCHAR)) AS station_key,
        -- What began before midnight stays on its day, as in station_daily_ridership.
        least(
            time_bucket(INTERVAL 4 HOUR, started_at + (ended_at - started_at) / 2, TIMESTAMP '2000-01-01'),
            date_trunc('day', started_at) + INTERVAL 20 HOUR
        ) AS slot_start
    FROM curated.turnstile_flows
    WHERE class IN ('ok', 'reversed')
        AND service_date >= partition_start()
        AND service_date < partition_end()
)

SELECT
    station_key,
    station,
    line,
    division,
    slot_start,
    sum(entries) AS entries,
    sum(exits) AS exits,
    count(*) AS intervals
FROM counted
GROUP BY station_key, station, line, division, slot_start
