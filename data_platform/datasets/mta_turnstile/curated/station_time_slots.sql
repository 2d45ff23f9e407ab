WITH counted AS (
    SELECT
        *,
        md5(CAST(to_json([station, line, division]) AS VARCHAR)) AS station_key,
        started_at + (ended_at - started_at) / 2 AS middle
    FROM curated.turnstile_flows
    WHERE class IN ('ok', 'reversed')
        AND service_date >= partition_start()
        AND service_date < partition_end()
),

slotted AS (
    SELECT
        *,
        CASE
            -- What began before midnight stays on its day, as in station_daily_ridership.
            WHEN date_trunc('day', middle) > service_date THEN date_trunc('day', started_at) + INTERVAL 20 HOUR
            ELSE time_bucket(INTERVAL 4 HOUR, middle, TIMESTAMP '2000-01-01')
        END AS slot_start
    FROM counted
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
FROM slotted
GROUP BY station_key, station, line, division, slot_start
