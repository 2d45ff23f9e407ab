"""SELECTs that are right, over the tables of `world`."""

# What the column x of a right SELECT means.
RIGHT: list[tuple[str, str]] = [
    (
        "quantity persons",
        "SELECT entries - lag(entries) OVER (PARTITION BY area, unit ORDER BY at) AS x FROM staged.readings",
    ),
    (
        "quantity persons",
        "SELECT entries - coalesce(lag(entries) OVER w, entries) AS x FROM staged.readings WINDOW w AS "
        "(PARTITION BY area, unit ORDER BY at)",
    ),
    (
        "quantity persons",
        "SELECT entries - lag(entries) OVER (w ORDER BY at) AS x FROM staged.readings WINDOW w AS (PARTITION "
        "BY area, unit)",
    ),
    (
        "quantity persons",
        "WITH p AS (SELECT *, lag(entries) OVER (ORDER BY area, unit, at) AS prev, lag(area) OVER (ORDER BY "
        "area, unit, at) AS pa, lag(unit) OVER (ORDER BY area, unit, at) AS pu FROM staged.readings) SELECT "
        "entries - prev AS x FROM p WHERE pa = area AND pu = unit",
    ),
    (
        "quantity persons",
        "SELECT CASE WHEN lag(area) OVER w = area AND lag(unit) OVER w = unit THEN entries - lag(entries) "
        "OVER w END AS x FROM staged.readings WINDOW w AS (ORDER BY area, unit, at)",
    ),
    (
        "quantity persons",
        "SELECT CASE WHEN lag(area) OVER w <> area OR lag(unit) OVER w <> unit THEN NULL ELSE entries - "
        "lag(entries) OVER w END AS x FROM staged.readings WINDOW w AS (ORDER BY area, unit, at)",
    ),
    (
        "quantity persons",
        "SELECT area, unit, max(entries) - min(entries) AS x FROM staged.readings GROUP BY area, unit, "
        "CAST(at AS DATE)",
    ),
    (
        "quantity persons",
        "SELECT area || unit AS device, max(entries) - min(entries) AS x FROM staged.readings GROUP BY 1",
    ),
    (
        "quantity persons",
        "SELECT area, unit, arg_max(entries, at) - arg_min(entries, at) AS x FROM staged.readings GROUP BY ALL",
    ),
    (
        "quantity persons",
        "SELECT a.entries - b.entries AS x FROM staged.readings a JOIN staged.readings b USING (area, unit) "
        "WHERE b.at < a.at",
    ),
    (
        "quantity persons",
        "SELECT a.entries - b.entries AS x FROM staged.readings a JOIN staged.readings b ON (a.area, a.unit) "
        "= (b.area, b.unit)",
    ),
    (
        "quantity persons",
        "SELECT a.entries - b.entries AS x FROM staged.readings a ASOF JOIN staged.readings b ON a.area = "
        "b.area AND a.unit = b.unit AND a.at > b.at",
    ),
    (
        "quantity persons",
        "WITH k AS (SELECT *, md5(concat(area, '|', unit)) AS device FROM staged.readings) SELECT a.entries -"
        " b.entries AS x FROM k a JOIN k b ON a.device = b.device",
    ),
    (
        "quantity persons",
        "SELECT max(entries) - min(entries) AS x FROM staged.readings WHERE area = 'A' AND unit = 'U'",
    ),
    (
        "quantity persons",
        "SELECT r.entries - (SELECT max(p.entries) FROM staged.readings p WHERE p.area = r.area AND p.unit = "
        "r.unit AND p.at < r.at) AS x FROM staged.readings r",
    ),
    (
        "quantity persons",
        "SELECT r.entries - p.entries AS x FROM staged.readings r, LATERAL (SELECT q.entries, q.area, q.unit "
        "FROM staged.readings q WHERE q.area = r.area AND q.unit = r.unit AND q.at < r.at ORDER BY q.at DESC "
        "LIMIT 1) p",
    ),
    (
        "quantity persons",
        "WITH o AS (SELECT *, row_number() OVER (PARTITION BY area, unit ORDER BY at) AS n FROM "
        "staged.readings) SELECT sum(b.entries - a.entries) AS x FROM o a JOIN o b ON a.area = b.area AND "
        "a.unit = b.unit AND b.n = a.n + 1",
    ),
    (
        "quantity persons",
        "WITH d AS (SELECT CASE WHEN entries < lag(entries) OVER w THEN entries ELSE entries - lag(entries) "
        "OVER w END AS n FROM staged.readings WINDOW w AS (PARTITION BY area, unit ORDER BY at)) SELECT "
        "sum(n) AS x FROM d",
    ),
    ("quantity", "SELECT count(DISTINCT entries) AS x FROM staged.readings"),
    ("counter persons", "SELECT max(entries) AS x FROM staged.readings GROUP BY station"),
    ("counter persons", "SELECT station, last(entries ORDER BY at) AS x FROM staged.readings GROUP BY station"),
    (
        "quantity persons",
        "WITH u AS (SELECT area, unit, entries, at FROM staged.readings UNION ALL SELECT area, unit, exits, "
        "at FROM staged.readings) SELECT entries - lag(entries) OVER (PARTITION BY area, unit ORDER BY at) AS"
        " x FROM u",
    ),
    (
        "quantity persons",
        "SELECT (entries - lag(entries) OVER w) + (exits - lag(exits) OVER w) AS x FROM staged.readings "
        "WINDOW w AS (PARTITION BY area, unit ORDER BY at)",
    ),
    ("ratio usd/mile", "SELECT sum(fare_usd) / sum(miles) AS x FROM staged.trips"),
    ("money usd", "SELECT sum(fare_usd + tip_usd) AS x FROM staged.trips"),
    ("mean usd", "SELECT sum(fare_usd) / count(*) AS x FROM staged.trips"),
    ("mean usd", "SELECT avg(fare_usd) AS x FROM staged.trips"),
    ("ratio usd/mile", "SELECT sum(rate * miles) / sum(miles) AS x FROM staged.trips"),
    ("money usd", "SELECT sum(rate * miles) AS x FROM staged.trips"),
    ("ratio share", "SELECT sum(tip_share * fare_usd) / sum(fare_usd) AS x FROM staged.trips"),
    ("ratio usd/trip", "SELECT sum(mean_fare_usd * trips) / sum(trips) AS x FROM curated.days"),
    ("ratio share", "SELECT sum(card_share * trips) / sum(trips) AS x FROM curated.days"),
    ("money usd", "SELECT sum(usd_per_trip * trips) AS x FROM curated.days"),
    ("quantity trips", "SELECT sum(card_share * trips) AS x FROM curated.days"),
    ("quantity km", "SELECT miles * 1.609344 + km AS x FROM staged.trips"),
    ("money usd", "SELECT fare_usd + toll_eur * usd_per_eur AS x FROM staged.trips"),
    ("money eur", "SELECT toll_eur + fare_usd / usd_per_eur AS x FROM staged.trips"),
    ("money", "SELECT fare_usd * 1.1 + 3 AS x FROM staged.trips"),
    ("quantity minutes", "SELECT seconds / 60.0 + minutes AS x FROM staged.trips"),
    ("quantity second", "SELECT date_diff('second', began_at, ended_at) + seconds AS x FROM staged.trips"),
    ("ratio", "SELECT miles / (seconds / 3600.0) AS x FROM staged.trips"),
    ("ratio share", "SELECT revenue_usd / sum(revenue_usd) OVER () AS x FROM curated.days"),
    (
        "ratio share",
        "WITH s AS (SELECT service, sum(revenue_usd) / sum(sum(revenue_usd)) OVER () AS share FROM "
        "curated.days GROUP BY service) SELECT sum(share) OVER (ORDER BY share DESC) AS x FROM s",
    ),
    (
        "ratio share",
        "WITH t AS (SELECT sum(revenue_usd) AS total FROM curated.days), s AS (SELECT d.service, "
        "sum(d.revenue_usd) / any_value(t.total) AS share FROM curated.days d CROSS JOIN t GROUP BY "
        "d.service) SELECT sum(share) AS x FROM s",
    ),
    ("money usd", "SELECT revenue_usd - avg(revenue_usd) OVER (PARTITION BY service) AS x FROM curated.days"),
    ("ratio share", "SELECT revenue_usd / lag(revenue_usd) OVER (ORDER BY day) - 1 AS x FROM curated.days"),
    ("ratio share", "SELECT 1 - card_share AS x FROM curated.days"),
    ("ratio", "SELECT round(100 * card_share, 1) AS x FROM curated.days"),
    ("money usd", "SELECT fare_usd * (1 - tip_share) AS x FROM staged.trips"),
    ("money usd", "SELECT fare_usd / (1 + tip_share) AS x FROM staged.trips"),
    ("ratio share", "SELECT sum(fare_usd) FILTER (WHERE is_card) / sum(fare_usd) AS x FROM staged.trips"),
    ("ratio share", "SELECT count(*) FILTER (WHERE is_card) / count(*) AS x FROM staged.trips"),
    ("mean", "SELECT avg(is_card::INT) AS x FROM staged.trips"),
    ("ratio share", "SELECT sum(CASE WHEN tip_usd > 0 THEN 1 ELSE 0 END) / count(*) AS x FROM staged.trips"),
    ("quantity", "SELECT count(DISTINCT zone_id) AS x FROM staged.trips"),
    ("id", "SELECT max(trip_id) AS x FROM staged.trips"),
    ("unknown", "SELECT zone_id % 10 AS x FROM staged.trips"),
    ("unknown", "SELECT hash(trip_id) % 100 AS x FROM staged.trips"),
    (
        "unknown",
        "SELECT 'miles' AS what, sum(miles) AS x FROM staged.trips UNION ALL SELECT 'revenue', sum(fare_usd) "
        "FROM staged.trips",
    ),
    (
        "unknown",
        "SELECT 'usd' AS currency, fare_usd AS x FROM staged.trips UNION ALL SELECT 'eur', toll_eur FROM staged.trips",
    ),
    ("unknown", "SELECT CASE service WHEN 'a' THEN miles WHEN 'b' THEN fare_usd END AS x FROM staged.trips"),
    ("mean share", "SELECT median(tip_share) AS x FROM staged.trips"),
    ("ratio share", "SELECT weighted_avg(tip_share, fare_usd) AS x FROM staged.trips"),
    ("mean usd", "SELECT max(mean_fare_usd) - min(mean_fare_usd) AS x FROM curated.days"),
    ("mean usd", "SELECT day, mean_fare_usd - lag(mean_fare_usd) OVER (ORDER BY day) AS x FROM curated.days"),
    ("unknown", "SELECT stddev(fare_usd) / avg(fare_usd) AS x FROM staged.trips"),
    ("unknown", "SELECT corr(fare_usd, miles) AS x FROM staged.trips"),
    ("money usd", "SELECT fare_usd FROM staged.trips WHERE fare_usd > 100 AND fare_usd > 2.5 * miles"),
    (
        "money usd",
        "SELECT t.fare_usd AS x FROM staged.trips t JOIN curated.days d ON d.zone_id = t.zone_id AND d.day = "
        "t.day WHERE t.fare_usd > 3 * d.mean_fare_usd",
    ),
    (
        "mean usd",
        "SELECT avg(fare_usd) AS x FROM staged.trips GROUP BY day HAVING avg(fare_usd) > (SELECT "
        "avg(fare_usd) FROM staged.trips)",
    ),
    ("ratio", "SELECT sum(seconds) / 3600 AS hours, sum(miles) / (sum(seconds) / 3600) AS mph FROM staged.trips"),
    ("quantity minute*person", "SELECT sum(minutes * persons) AS x FROM staged.trips"),
    ("money usd", "SELECT coalesce(fare_usd, 0) + coalesce(tip_usd, 0.0) AS x FROM staged.trips"),
    ("money usd", "SELECT greatest(fare_usd - tip_usd, 0) AS x FROM staged.trips"),
    ("money usd", "SELECT sum(other) + sum(fare_usd) AS x FROM staged.trips"),
    ("mean", "SELECT avg(other) AS x FROM staged.trips"),
    ("money usd", "SELECT trips * mean_fare_usd - revenue_usd AS x FROM curated.days"),
    ("ratio usd/trip", "SELECT sum(revenue_usd) / nullif(sum(trips), 0) AS x FROM curated.days"),
    (
        "unknown",
        "WITH RECURSIVE r AS (SELECT 1 AS n, 0.0 AS x UNION ALL SELECT n + 1, x + 1 FROM r WHERE n < 5) "
        "SELECT x FROM r",
    ),
    ("money usd", "SELECT list(fare_usd) AS x FROM staged.trips"),
    ("quantity", "SELECT sum(trips) OVER (ORDER BY day ROWS 6 PRECEDING) / 7 AS x FROM curated.days"),
    ("ratio", "SELECT sum(revenue_usd) / count(DISTINCT day) AS x FROM curated.days"),
    (
        "quantity persons",
        "SELECT entries_total FROM (SELECT sum(d) AS entries_total FROM (SELECT entries - lag(entries) OVER "
        "(PARTITION BY area, unit ORDER BY at) AS d FROM staged.readings))",
    ),
    ("quantity second", "SELECT epoch(ended_at - began_at) + seconds AS x FROM staged.trips"),
    ("unknown", "SELECT bool_or(entries > 5) AS x FROM staged.readings"),
    ("money usd", "SELECT sum(fare_usd) - sum(tip_usd) AS x FROM staged.trips"),
    ("quantity miles", "SELECT sum(least(miles, 10)) AS x FROM staged.trips"),
    ("unknown", "SELECT regr_slope(fare_usd, miles) * 2 AS x FROM staged.trips"),
    ("unknown", "SELECT sqrt(var_pop(miles)) AS x FROM staged.trips"),
    ("id", "SELECT trip_id FROM staged.trips WHERE zone_id BETWEEN 1 AND 263"),
    ("unknown", "SELECT percent_rank() OVER (ORDER BY fare_usd) AS x FROM staged.trips"),
    ("unknown", "SELECT exp(avg(ln(fare_usd))) AS x FROM staged.trips"),
    ("ratio usd/mile", "SELECT (sum(fare_usd) + sum(tip_usd)) / sum(miles + 0) AS x FROM staged.trips"),
    (
        "quantity persons",
        "SELECT last_value(entries) OVER w - first_value(entries) OVER w AS x FROM staged.readings WINDOW w "
        "AS (PARTITION BY area, unit, CAST(at AS DATE) ORDER BY at ROWS BETWEEN UNBOUNDED PRECEDING AND "
        "UNBOUNDED FOLLOWING)",
    ),
    (
        "quantity persons",
        "SELECT sum(x) AS y FROM (SELECT max(entries) - min(entries) AS x FROM staged.readings GROUP BY area, unit)",
    ),
    (
        "ratio usd/trip",
        "SELECT d.service, sum(t.fare_usd) / sum(d.trips) AS x FROM curated.days d JOIN staged.trips t USING "
        "(zone_id) GROUP BY ALL",
    ),
    (
        "ratio mile/trip",
        "SELECT sum(t.miles) / max(d.trips) AS x FROM curated.days d JOIN staged.trips t USING (zone_id)",
    ),
    (
        "money usd",
        "SELECT service, revenue_usd AS x FROM curated.days EXCEPT SELECT service, fare_usd FROM staged.trips",
    ),
    ("quantity", "SELECT sum(rate * 8) AS x FROM staged.trips"),
    (
        "quantity miles",
        "SELECT CASE WHEN kind = 'km' THEN km / 1.609344 ELSE miles END AS x FROM staged.trips, staged.readings",
    ),
    ("money usd", "SELECT fare_usd AS x FROM staged.trips WHERE began_at + INTERVAL 1 SECOND * seconds < ended_at"),
    (
        "id",
        "WITH l(limit_usd) AS (VALUES (100.0)) SELECT trip_id AS x FROM staged.trips, l WHERE fare_usd > limit_usd",
    ),
    ("money usd", "SELECT sum(v) AS x FROM (SELECT unnest([fare_usd, tip_usd]) AS v FROM staged.trips)"),
    ("counter persons", "SELECT entries - exits AS x FROM staged.readings"),
    ("unknown", "SELECT unnest([miles, fare_usd]) AS x FROM staged.trips"),
    ("quantity", "SELECT count(DISTINCT [area, unit]) AS x FROM staged.readings"),
    (
        "quantity persons",
        "SELECT x FROM (SELECT max(entries) - min(entries) AS x FROM staged.readings GROUP BY [area, unit])",
    ),
    (
        "quantity persons",
        "SELECT area, unit, sum(d) AS x FROM (SELECT area, unit, entries - lag(entries) OVER (PARTITION BY "
        "(area, unit) ORDER BY at) AS d FROM staged.readings) GROUP BY 1, 2",
    ),
    ("ratio", "SELECT sum(trips) FILTER (WHERE service = 'a') * 100.0 / sum(trips) AS x FROM curated.days"),
    ("mean trips", "SELECT avg(trips) AS x FROM (SELECT day, sum(trips) AS trips FROM curated.days GROUP BY day)"),
    (
        "money usd",
        "SELECT a.revenue_usd - b.revenue_usd AS x FROM curated.days a JOIN curated.days b ON a.day = b.day +"
        " INTERVAL 7 DAY",
    ),
    ("unknown", "SELECT day + 1 AS x FROM curated.days WHERE day + 1 > DATE '2024-01-01'"),
    ("quantity", "SELECT sum(seconds) // 60 AS x FROM staged.trips"),
    (
        "ratio usd/mile",
        "SELECT CASE WHEN sum(miles) > 0 THEN sum(fare_usd) / sum(miles) ELSE 0 END AS x FROM staged.trips",
    ),
    ("ratio usd/mile", "SELECT coalesce(sum(fare_usd) / nullif(sum(miles), 0), 0) AS x FROM staged.trips"),
    ("unknown", "SELECT fare_usd / miles > rate AS x FROM staged.trips"),
    ("ratio usd/mile", "SELECT rate AS x FROM staged.trips WHERE fare_usd / miles > 1.5 * rate"),
    ("ratio usd/mile", "SELECT max(fare_usd / miles) AS x FROM staged.trips"),
    (
        "ratio share",
        "SELECT sum(fare_usd) / (SELECT sum(fare_usd) FROM staged.trips) AS x FROM staged.trips GROUP BY service",
    ),
    ("unknown", "SELECT histogram(fare_usd) AS x FROM staged.trips"),
    ("id", "SELECT zone_id AS x FROM staged.trips GROUP BY zone_id HAVING count(*) > 10 AND sum(fare_usd) > 100"),
    ("quantity day", "SELECT date_diff('day', min(day), max(day)) + 1 AS x FROM curated.days"),
    ("ratio usd/day", "SELECT sum(revenue_usd) / (date_diff('day', min(day), max(day)) + 1) AS x FROM curated.days"),
    ("money usd", "SELECT (CASE WHEN service = 'a' THEN 1 ELSE -1 END) * fare_usd AS x FROM staged.trips"),
    ("money usd", "SELECT sum(fare_usd * CASE WHEN service = 'refund' THEN -1 ELSE 1 END) AS x FROM staged.trips"),
    ("money usd", "SELECT toll_eur * 1.08 + fare_usd AS x FROM staged.trips"),
    ("money usd", "SELECT sum(mean_fare_usd * trips) AS x FROM curated.days"),
    ("money usd", "SELECT mean_fare_usd * sum(trips) AS x FROM curated.days GROUP BY mean_fare_usd"),
    ("mean usd", "SELECT avg(mean_fare_usd * trips) AS x FROM curated.days"),
    ("mean usd", "SELECT quantile_cont(fare_usd, [0.5, 0.9]) AS x FROM staged.trips"),
    ("unknown", "SELECT CAST(seconds AS VARCHAR) || ' s' AS x FROM staged.trips"),
    ("mean persons", "SELECT sum(persons) / count(*) AS x FROM staged.trips"),
    ("ratio mile/person", "SELECT miles / persons AS x FROM staged.trips"),
    ("unknown", "SELECT to_seconds(seconds) AS x FROM staged.trips"),
    ("unknown", "SELECT began_at + to_seconds(seconds) AS x FROM staged.trips"),
    ("quantity seconds", "SELECT 60 * minutes + seconds AS x FROM staged.trips"),
    ("money usd", "SELECT sum(fare_usd) OVER (PARTITION BY zone_id ORDER BY day) AS x FROM staged.trips"),
    (
        "quantity persons",
        "SELECT r.entries - l.entries AS x FROM staged.readings r LEFT JOIN LATERAL (SELECT * FROM "
        "staged.readings i WHERE i.area = r.area AND i.unit = r.unit AND i.at < r.at ORDER BY i.at DESC LIMIT"
        " 1) l ON true",
    ),
    (
        "quantity persons",
        "SELECT p.area, p.unit, p.last_entries - p.first_entries AS x FROM (SELECT area, unit, "
        "arg_min(entries, at) AS first_entries, arg_max(entries, at) AS last_entries FROM staged.readings "
        "GROUP BY area, unit) p",
    ),
    (
        "quantity persons",
        "WITH f AS (SELECT area, unit, min(at) AS a0, max(at) AS a1 FROM staged.readings GROUP BY ALL) SELECT"
        " e.entries - s.entries AS x FROM f JOIN staged.readings s ON s.area = f.area AND s.unit = f.unit AND"
        " s.at = f.a0 JOIN staged.readings e ON e.area = f.area AND e.unit = f.unit AND e.at = f.a1",
    ),
    (
        "quantity persons",
        "SELECT entries - max(entries) OVER (PARTITION BY unit, area ORDER BY at ROWS BETWEEN 1 PRECEDING AND"
        " 1 PRECEDING) AS x FROM staged.readings",
    ),
    (
        "ratio share",
        "WITH s AS (SELECT service, sum(fare_usd) / (SELECT sum(fare_usd) FROM staged.trips) AS share FROM "
        "staged.trips GROUP BY service) SELECT sum(share) AS x FROM s",
    ),
    ("ratio usd/trip", "SELECT usd_per_trip AS x FROM curated.days WHERE usd_per_trip > mean_fare_usd"),
    ("ratio usd/trip", "SELECT sum(card_share * usd_per_trip) AS x FROM curated.days"),
    ("ratio share", "SELECT avg(s) AS x FROM (SELECT revenue_usd / sum(revenue_usd) OVER () AS s FROM curated.days)"),
    (
        "money usd",
        "SELECT sum(v) AS x FROM (SELECT fare_usd AS v FROM staged.trips "
        "EXCEPT SELECT mean_fare_usd FROM curated.days)",
    ),
]
