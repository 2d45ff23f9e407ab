WITH stations AS (
    SELECT
        station,
        line,
        division,
        min(audited_at) AS first_at,
        max(audited_at) AS last_at
    FROM staged.turnstile_readings
    GROUP BY station, line, division
    UNION ALL
    -- Stations of booths that are only listed: every booth must find its own.
    SELECT
        station,
        line,
        division,
        NULL AS first_at,
        NULL AS last_at
    FROM curated.dim_booth
    WHERE first_audited_date IS NULL
)

SELECT
    md5(CAST(to_json([station, line, division]) AS VARCHAR)) AS station_key,
    station,
    line,
    division,
    date_trunc('day', min(first_at)) AS first_audited_date,
    date_trunc('day', max(last_at)) AS last_audited_date
FROM stations
GROUP BY station, line, division
