WITH audits AS (
    SELECT
        nullif(trim(t."C/A"), '') AS control_area,
        nullif(trim(t.UNIT), '') AS unit,
        nullif(trim(t.SCP), '') AS scp,
        nullif(trim(t.STATION), '') AS station,
        nullif(trim(t.LINENAME), '') AS line,
        nullif(trim(t.DIVISION), '') AS division,
        CASE WHEN coalesce(t."DATE", t."TIME") IS NOT NULL THEN concat(t."DATE", ' at ', t."TIME") END AS written,
        try_strptime(t."DATE" || ' ' || t."TIME", '%m/%d/%Y %H:%M:%S') AS local,
        nullif(trim(t."DESC"), '') AS audit_kind,
        t.ENTRIES AS entries,
        t.EXITS AS exits
    FROM raw.turnstile AS t
    UNION ALL
    SELECT
        nullif(trim(w."C/A"), '') AS control_area,
        nullif(trim(w.UNIT), '') AS unit,
        nullif(trim(w.SCP), '') AS scp,
        s.station,
        s.line,
        s.division,
        CASE WHEN coalesce(w."DATE", w."TIME") IS NOT NULL THEN concat(w."DATE", ' at ', w."TIME") END AS written,
        try_strptime(w."DATE" || ' ' || w."TIME", '%m-%d-%y %H:%M:%S') AS local,
        nullif(trim(w."DESC"), '') AS audit_kind,
        w.ENTRIES AS entries,
        w.EXITS AS exits
    FROM raw.turnstile_wide AS w
    LEFT JOIN staged.stations AS s
        ON s.control_area = nullif(trim(w."C/A"), '')
        AND s.unit = nullif(trim(w.UNIT), '')
)

SELECT
    control_area,
    unit,
    scp,
    coalesce(station, 'UNKNOWN') AS station,
    line,
    division,
    -- What is no time goes on as a text that cannot be taken for one (05-10-14 would be the year 5), so that it breaks
    -- the type instead of becoming a silent NULL.
    coalesce(CAST(local AS VARCHAR), written) AS audited_at,
    -- Summer time, since 2007: from the second Sunday of March, 02:00, to the first of November, 02:00. In the hour that
    -- comes twice this is the first; in the hour that is skipped the clock was not yet put forward. (A day less its
    -- weekday, 0 to 6 from Sunday on, is the last Sunday.)
    CASE
        WHEN month(local) BETWEEN 4 AND 10 THEN local + INTERVAL 4 HOURS
        WHEN
            month(local) = 3
            AND day(local) >= 8
            AND day(local - INTERVAL 3 HOURS) - dayofweek(local - INTERVAL 3 HOURS) >= 8
            THEN local + INTERVAL 4 HOURS
        WHEN
            month(local) = 11
            AND (
                day(local) = 1 AND hour(local) < 2
                OR day(local - INTERVAL 2 HOURS) - dayofweek(local - INTERVAL 2 HOURS) < 1
            )
            THEN local + INTERVAL 4 HOURS
        ELSE local + INTERVAL 5 HOURS
    END AS audited_at_utc,
    audit_kind,
    entries,
    exits
FROM audits
