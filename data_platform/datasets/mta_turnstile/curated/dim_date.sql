WITH span AS (
    SELECT
        date_trunc('day', min(audited_at)) AS first_day,
        date_trunc('day', max(audited_at)) AS last_day
    FROM staged.turnstile_readings
),

days AS (
    SELECT CAST(unnest(generate_series(first_day, last_day, INTERVAL 1 DAY)) AS DATE) AS day
    FROM span
)

SELECT
    year(day) * 10000 + month(day) * 100 + day(day) AS date_key,
    day,
    year(day) AS year,
    quarter(day) AS quarter,
    month(day) AS month,
    day(day) AS day_of_month,
    isodow(day) AS day_of_week,
    dayname(day) AS weekday,
    isodow(day) IN (6, 7) AS is_weekend,
    -- Weeks of the MTA begin on Saturdays.
    CAST(day - INTERVAL 1 DAY * ((isodow(day) + 1) % 7) AS DATE) AS week_start,
    date_diff(
        'hour',
        timezone('UTC', timezone('America/New_York', CAST(day AS TIMESTAMP))),
        timezone('UTC', timezone('America/New_York', day + INTERVAL 1 DAY))
    ) AS day_hours
FROM days
