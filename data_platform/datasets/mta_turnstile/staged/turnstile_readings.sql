WITH audits AS (
    SELECT
        nullif(trim(t."C/A"), '') AS control_area,
        nullif(trim(t.UNIT), '') AS unit,
        nullif(trim(t.SCP), '') AS scp,
        nullif(trim(t.STATION), '') AS station,
        nullif(trim(t.LINENAME), '') AS line,
        nullif(trim(t.DIVISION), '') AS division,
        coalesce(trim(t."DATE") || ' ' || trim(t."TIME"), t."DATE", t."TIME") AS written,
        try_strptime(trim(t."DATE") || ' ' || trim(t."TIME"), '%m/%d/%Y %H:%M:%S') AS local,
        nullif(trim(t."DESC"), '') AS audit_kind,
        t.ENTRIES AS entries,
        t.EXITS AS exits
    FROM raw.turnstile AS t
)

SELECT
    control_area,
    unit,
    scp,
    coalesce(station, 'UNKNOWN') AS station,
    line,
    division,
    -- What is no time goes on as it is written, so that it breaks the type instead of becoming a silent NULL.
    coalesce(CAST(local AS VARCHAR), written) AS audited_at,
    -- In the hour that comes twice this is the first, in the hour that is skipped the clock was not yet put forward:
    -- the hour before tells which, since it is in no doubt.
    least(
        timezone('UTC', timezone('America/New_York', local)),
        timezone('UTC', timezone('America/New_York', local - INTERVAL 1 HOUR)) + INTERVAL 1 HOUR
    ) AS audited_at_utc,
    audit_kind,
    entries,
    exits
FROM audits
