-- Readings of one moment: the regular one, then the late one (RECOVR AUD), so that a forward register goes forward.
WITH chain AS (
    SELECT
        *,
        lag(audited_at) OVER steps AS started_at,
        date_diff('second', lag(audited_at_utc) OVER steps, audited_at_utc) AS duration_seconds,
        entries - lag(entries) OVER steps AS entries_delta,
        exits - lag(exits) OVER steps AS exits_delta,
        lag(entries) OVER steps - lag(entries, 2) OVER steps AS entries_delta_before,
        lag(exits) OVER steps - lag(exits, 2) OVER steps AS exits_delta_before
    FROM staged.turnstile_readings
    WINDOW steps AS (
        PARTITION BY control_area, unit, scp
        ORDER BY audited_at_utc, audited_at, audit_kind DESC, entries, exits
    )
),

-- A register that went back three times and hardly ever forward this week counts down.
directed AS (
    SELECT
        *,
        CASE
            WHEN count_if(entries_delta < 0) OVER device >= 3
                AND count_if(entries_delta < 0) OVER device > 10 * count_if(entries_delta > 0) OVER device
                THEN -1
            ELSE 1
        END AS entries_direction,
        CASE
            WHEN count_if(exits_delta < 0) OVER device >= 3
                AND count_if(exits_delta < 0) OVER device > 10 * count_if(exits_delta > 0) OVER device
                THEN -1
            ELSE 1
        END AS exits_direction
    FROM chain
    WHERE audited_at >= partition_start()
    WINDOW device AS (PARTITION BY control_area, unit, scp)
),

moves AS (
    SELECT
        *,
        entries_delta * entries_direction AS entered,
        exits_delta * exits_direction AS left_again,
        entries_delta_before * entries_direction AS entered_before,
        exits_delta_before * exits_direction AS left_before,
        -- One person every two seconds all the time, and 100 for clocks that are not quite right.
        100 + duration_seconds // 2 AS most
    FROM directed
),

classified AS (
    SELECT
        *,
        CASE
            WHEN started_at IS NULL THEN 'gap'
            -- Another device answers, or the same one from another number: neither register can be believed.
            WHEN entered < 0 OR left_again < 0 THEN 'reset'
            -- And back to where it was before: two devices that report in turn.
            WHEN entered_before < 0 AND entered >= -entered_before THEN 'reset'
            WHEN left_before < 0 AND left_again >= -left_before THEN 'reset'
            WHEN entered > most OR left_again > most THEN 'implausible'
            WHEN duration_seconds > 12 * 3600 THEN 'gap'
            WHEN entries_direction < 0 OR exits_direction < 0 THEN 'reversed'
            ELSE 'ok'
        END AS class
    FROM moves
)

SELECT
    control_area,
    unit,
    scp,
    station,
    line,
    division,
    started_at,
    audited_at AS ended_at,
    date_trunc('day', coalesce(started_at, audited_at)) AS service_date,
    duration_seconds,
    audit_kind,
    entries AS entries_register,
    exits AS exits_register,
    entries_delta,
    exits_delta,
    class,
    CASE WHEN class IN ('ok', 'reversed') THEN entered END AS entries,
    CASE WHEN class IN ('ok', 'reversed') THEN left_again END AS exits
FROM classified
