WITH flows AS (
    SELECT
        *,
        md5(CAST(to_json([station, line, division]) AS VARCHAR)) AS station_key,
        class IN ('ok', 'reversed') AS is_counted,
        date_trunc('day', started_at) + INTERVAL 1 DAY AS midnight
    FROM curated.turnstile_flows
),

days AS (
    SELECT unnest(generate_series(partition_start(), partition_end() - INTERVAL 1 DAY, INTERVAL 1 DAY)) AS service_date
),

turnstiles AS (
    SELECT DISTINCT station_key, station, line, division, control_area, unit, scp
    FROM flows
    WHERE ended_at >= partition_start() AND ended_at < partition_end()
),

-- Three kinds of rows: a turnstile and a day, an interval on the day of its start, and what it covers of which day.
parts AS (
    SELECT
        station_key, station, line, division, service_date,
        1 AS turnstiles, 0 AS intervals, 0 AS intervals_not_counted, 0 AS entries, 0 AS exits, 0 AS covered_seconds
    FROM turnstiles
    CROSS JOIN days
    UNION ALL
    SELECT
        station_key, station, line, division, service_date,
        0, CAST(is_counted AS INTEGER), CAST(NOT is_counted AS INTEGER), coalesce(entries, 0), coalesce(exits, 0), 0
    FROM flows
    UNION ALL
    SELECT
        station_key, station, line, division, date_trunc('day', started_at),
        0, 0, 0, 0, 0, date_diff('second', started_at, least(ended_at, midnight))
    FROM flows
    WHERE is_counted
    UNION ALL
    SELECT
        station_key, station, line, division, date_trunc('day', ended_at),
        0, 0, 0, 0, 0, date_diff('second', midnight, ended_at)
    FROM flows
    WHERE is_counted AND ended_at > midnight
)

SELECT
    station_key,
    station,
    line,
    division,
    service_date,
    sum(turnstiles) AS turnstiles,
    sum(entries) AS entries,
    sum(exits) AS exits,
    sum(intervals) AS intervals,
    sum(intervals_not_counted) AS intervals_not_counted,
    sum(covered_seconds) AS covered_seconds,
    least(1, sum(covered_seconds) / (24 * 3600 * sum(turnstiles))) AS coverage,
    sum(turnstiles) > 0 AND sum(covered_seconds) >= 24 * 3600 * sum(turnstiles) AS is_complete
FROM parts
WHERE service_date >= partition_start() AND service_date < partition_end()
GROUP BY station_key, station, line, division, service_date
