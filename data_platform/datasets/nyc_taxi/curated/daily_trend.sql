WITH days AS (
    SELECT
        service,
        pickup_date,
        sum(trips) AS trips,
        sum(revenue_usd) AS revenue_usd
    FROM curated.daily_revenue
    GROUP BY service, pickup_date
),

-- Windows of days by the calendar, not of rows: a day that is missing must not let in one from a week and a day ago.
weeks AS (
    SELECT
        service,
        pickup_date,
        trips,
        revenue_usd,
        count(*) OVER (
            PARTITION BY service ORDER BY pickup_date RANGE BETWEEN INTERVAL 6 DAYS PRECEDING AND CURRENT ROW
        ) AS days_in_window,
        sum(trips) OVER (
            PARTITION BY service ORDER BY pickup_date RANGE BETWEEN INTERVAL 6 DAYS PRECEDING AND CURRENT ROW
        ) AS trips_7d,
        sum(revenue_usd) OVER (
            PARTITION BY service ORDER BY pickup_date RANGE BETWEEN INTERVAL 6 DAYS PRECEDING AND CURRENT ROW
        ) AS revenue_7d_usd
    FROM days
)

SELECT
    weeks.service,
    weeks.pickup_date,
    weeks.trips,
    weeks.revenue_usd,
    weeks.days_in_window,
    CASE WHEN weeks.days_in_window = 7 THEN weeks.trips_7d / 7 END AS trips_mean_7d,
    CASE WHEN weeks.days_in_window = 7 THEN weeks.revenue_7d_usd / 7 END AS revenue_mean_7d_usd,
    weeks.revenue_usd - week_ago.revenue_usd AS revenue_change_7d_usd,
    weeks.revenue_usd / nullif(week_ago.revenue_usd, 0) - 1 AS revenue_change_7d_share
FROM weeks
LEFT JOIN days AS week_ago
    ON week_ago.service = weeks.service
    AND week_ago.pickup_date = weeks.pickup_date - INTERVAL 7 DAYS
