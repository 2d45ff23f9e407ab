SELECT
    control_area,
    unit,
    scp,
    station,
    started_at,
    ended_at,
    audit_kind,
    class,
    entries_register - entries_delta AS entries_before,
    entries_register AS entries_after,
    exits_register - exits_delta AS exits_before,
    exits_register AS exits_after
FROM curated.turnstile_flows
WHERE class IN ('reset', 'implausible')
