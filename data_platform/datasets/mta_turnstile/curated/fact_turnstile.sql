SELECT
    md5(CAST(to_json([
        control_area,
        unit,
        scp,
        CAST(ended_at AS VARCHAR),
        audit_kind,
        CAST(entries_register AS VARCHAR),
        CAST(exits_register AS VARCHAR)
    ]) AS VARCHAR)) AS audit_key,
    md5(CAST(to_json([control_area, unit, scp]) AS VARCHAR)) AS turnstile_key,
    md5(CAST(to_json([control_area, unit]) AS VARCHAR)) AS booth_key,
    md5(CAST(to_json([station, line, division]) AS VARCHAR)) AS station_key,
    year(service_date) * 10000 + month(service_date) * 100 + day(service_date) AS date_key,
    started_at,
    ended_at,
    audit_kind,
    class,
    entries,
    exits
FROM curated.turnstile_flows
