WITH stations AS (
    SELECT
        station,
        line,
        division,
        min(audited_at) AS first_at,
        max(audited_at) AS last_at,
        0 AS booths
    FROM staged.turnstile_readings
    GROUP BY station, line, division
    UNION ALL
    -- Also the stations of booths that are only listed: every booth must find its own.
    SELECT
        station,
        line,
        division,
        NULL AS first_at,
        NULL AS last_at,
        1 AS booths
    FROM curated.dim_booth
)

SELECT
    md5(CAST(to_json([station, line, division]) AS VARCHAR)) AS station_key,
    station,
    line,
    division,
    sum(booths) AS booths,
    date_trunc('day', min(first_at)) AS first_audited_date,
    date_trunc('day', max(last_at)) AS last_audited_date
FROM stations
GROUP BY station, line, division
