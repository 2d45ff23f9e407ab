WITH named AS (
    SELECT
        control_area,
        unit,
        station,
        line,
        division,
        min(audited_at) AS first_at,
        max(audited_at) AS last_at
    FROM staged.turnstile_readings
    GROUP BY control_area, unit, station, line, division
),

latest AS (
    SELECT
        control_area,
        unit,
        station,
        line,
        division,
        min(first_at) OVER (PARTITION BY control_area, unit) AS first_at,
        last_at,
        row_number() OVER (
            PARTITION BY control_area, unit
            ORDER BY last_at DESC, station, line, division
        ) AS place
    FROM named
),

booths AS (
    SELECT
        coalesce(latest.control_area, listed.control_area) AS control_area,
        coalesce(latest.unit, listed.unit) AS unit,
        -- What turnstiles say of their booth is newer than the list.
        CASE WHEN latest.unit IS NULL THEN listed.station ELSE latest.station END AS station,
        CASE WHEN latest.unit IS NULL THEN listed.line ELSE latest.line END AS line,
        CASE WHEN latest.unit IS NULL THEN listed.division ELSE latest.division END AS division,
        listed.unit IS NOT NULL AS is_listed,
        listed.station AS listed_station,
        listed.line AS listed_line,
        listed.division AS listed_division,
        latest.first_at,
        latest.last_at
    FROM (SELECT * FROM latest WHERE place = 1) AS latest
    FULL JOIN staged.stations AS listed
        ON latest.control_area = listed.control_area
        AND latest.unit = listed.unit
)

SELECT
    md5(CAST(to_json([control_area, unit]) AS VARCHAR)) AS booth_key,
    control_area,
    unit,
    md5(CAST(to_json([station, line, division]) AS VARCHAR)) AS station_key,
    station,
    line,
    division,
    is_listed,
    listed_station,
    listed_line,
    listed_division,
    date_trunc('day', first_at) AS first_audited_date,
    date_trunc('day', last_at) AS last_audited_date
FROM booths
