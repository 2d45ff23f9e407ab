"""SELECTs that are wrong, over the tables of `world`."""

# The one fault of a wrong SELECT.
WRONG: list[tuple[str, str]] = [
    ("mixed_currencies", "SELECT fare_usd AS x FROM staged.trips EXCEPT SELECT toll_eur FROM staged.trips"),
    ("mixed_currencies", "SELECT 1 AS x FROM staged.trips WHERE fare_usd > ANY (SELECT toll_eur FROM staged.trips)"),
    ("mean_of_counter", "SELECT stddev(entries) AS x FROM staged.readings"),
    (
        "counter_outside_key",
        "SELECT max(entries) - min(entries) AS x FROM staged.readings GROUP BY ROLLUP (area, unit)",
    ),
    ("sum_of_counter", "SELECT sum(entries) AS x FROM staged.readings"),
    ("sum_of_counter", "SELECT sum(coalesce(entries, 0) + exits) AS x FROM staged.readings"),
    ("sum_of_counter", "SELECT sum(n) AS x FROM (SELECT CAST(entries AS DOUBLE) / 1000 AS n FROM staged.readings)"),
    ("sum_of_counter", "SELECT sum(entries) OVER (ORDER BY at) AS x FROM staged.readings"),
    (
        "sum_of_counter",
        "SELECT sum(m) AS x FROM (SELECT area, unit, max(entries) AS m FROM staged.readings GROUP BY ALL)",
    ),
    ("sum_of_counter", "SELECT station FROM staged.readings GROUP BY station HAVING sum(entries) > 0"),
    ("sum_of_counter", "SELECT station FROM staged.readings GROUP BY station ORDER BY sum(entries) DESC LIMIT 3"),
    ("sum_of_counter", "SELECT sum(CASE WHEN kind = 'REGULAR' THEN entries ELSE 0 END) AS x FROM staged.readings"),
    ("sum_of_counter", "SELECT sum(entries) FILTER (WHERE kind = 'REGULAR') AS x FROM staged.readings"),
    ("mean_of_counter", "SELECT avg(entries) AS x FROM staged.readings"),
    ("mean_of_counter", "SELECT median(entries) AS x FROM staged.readings"),
    ("mean_of_counter", "SELECT quantile_cont(entries, 0.9) AS x FROM staged.readings"),
    ("counter_outside_key", "SELECT entries - lag(entries) OVER (ORDER BY at) AS x FROM staged.readings"),
    (
        "counter_outside_key",
        "SELECT entries - lag(entries) OVER (PARTITION BY area ORDER BY at) AS x FROM staged.readings",
    ),
    (
        "counter_outside_key",
        "SELECT entries - lag(entries) OVER (PARTITION BY station ORDER BY at) AS x FROM staged.readings",
    ),
    ("counter_outside_key", "SELECT max(entries) - min(entries) AS x FROM staged.readings GROUP BY station"),
    (
        "counter_outside_key",
        "SELECT a.entries - b.entries AS x FROM staged.readings a JOIN staged.readings b ON a.station = b.station",
    ),
    (
        "counter_outside_key",
        "SELECT a.entries - b.entries AS x FROM staged.readings a JOIN staged.readings b ON a.area = b.area",
    ),
    (
        "counter_outside_key",
        "WITH p AS (SELECT station, entries, at FROM staged.readings) SELECT entries - lag(entries) OVER "
        "(PARTITION BY station ORDER BY at) AS x FROM p",
    ),
    ("counter_outside_key", "SELECT entries - (SELECT min(entries) FROM staged.readings) AS x FROM staged.readings"),
    (
        "counter_outside_key",
        "SELECT entries - first_value(entries) OVER (PARTITION BY left(unit, 2) ORDER BY at) AS x FROM staged.readings",
    ),
    ("sum_of_id", "SELECT sum(trip_id) AS x FROM staged.trips"),
    ("sum_of_id", "SELECT sum(DISTINCT zone_id) AS x FROM staged.trips"),
    ("mean_of_id", "SELECT avg(zone_id) AS x FROM staged.trips"),
    ("arithmetic_on_id", "SELECT zone_id + 1 AS x FROM staged.trips"),
    ("arithmetic_on_id", "SELECT max(trip_id) - min(trip_id) AS x FROM staged.trips"),
    ("sum_of_ratio", "SELECT sum(tip_share) AS x FROM staged.trips"),
    ("sum_of_ratio", "SELECT sum(fare_usd / miles) AS x FROM staged.trips"),
    (
        "sum_of_ratio",
        "SELECT sum(r) AS x FROM (SELECT sum(tip_usd) / sum(fare_usd) AS r FROM staged.trips GROUP BY day)",
    ),
    ("mean_of_ratio", "SELECT avg(fare_usd / miles) AS x FROM staged.trips"),
    ("mean_of_ratio", "SELECT avg(100 * tip_share) AS x FROM staged.trips"),
    ("mean_of_ratio", "SELECT avg(card_share) OVER (ORDER BY day ROWS 6 PRECEDING) AS x FROM curated.days"),
    (
        "mean_of_ratio",
        "SELECT avg(s) AS x FROM (SELECT count(*) FILTER (WHERE is_card) / count(*) AS s FROM staged.trips "
        "GROUP BY day)",
    ),
    ("sum_of_mean", "SELECT sum(mean_fare_usd) AS x FROM curated.days"),
    ("sum_of_mean", "SELECT sum(m) AS x FROM (SELECT avg(fare_usd) AS m FROM staged.trips GROUP BY day)"),
    (
        "mean_of_mean",
        "SELECT avg(m) AS x FROM (SELECT sum(fare_usd) / count(*) AS m FROM staged.trips GROUP BY day)",
    ),
    ("mean_of_mean", "SELECT avg(mean_fare_usd) AS x FROM curated.days"),
    ("mean_of_mean", "SELECT median(m) AS x FROM (SELECT median(fare_usd) AS m FROM staged.trips GROUP BY day)"),
    ("mixed_units", "SELECT miles + km AS x FROM staged.trips"),
    ("mixed_units", "SELECT sum(miles) - sum(km) AS x FROM staged.trips"),
    ("mixed_units", "SELECT coalesce(miles, km) AS x FROM staged.trips"),
    ("mixed_units", "SELECT greatest(miles, km) AS x FROM staged.trips"),
    ("mixed_units", "SELECT miles AS d FROM staged.trips UNION ALL SELECT km FROM staged.trips"),
    ("mixed_units", "SELECT trip_id AS x FROM staged.trips WHERE seconds > minutes"),
    ("mixed_units", "SELECT date_diff('minute', began_at, ended_at) - seconds AS x FROM staged.trips"),
    ("mixed_units", "SELECT miles + seconds AS x FROM staged.trips"),
    ("mixed_units", "SELECT tip_share + rate AS x FROM staged.trips"),
    ("mixed_currencies", "SELECT fare_usd + toll_eur AS x FROM staged.trips"),
    (
        "mixed_currencies",
        "SELECT sum(CASE WHEN service = 'a' THEN fare_usd ELSE toll_eur END) AS x FROM staged.trips",
    ),
    ("mixed_currencies", "SELECT trip_id AS x FROM staged.trips WHERE fare_usd > toll_eur"),
    ("mixed_currencies", "SELECT fare_usd * 1 - sum(toll_eur) OVER () AS x FROM staged.trips"),
    (
        "mixed_currencies",
        "SELECT 'a' AS service, fare_usd AS x FROM staged.trips UNION ALL SELECT 'b', toll_eur FROM staged.trips",
    ),
    ("mixed_kinds", "SELECT fare_usd + miles AS x FROM staged.trips"),
    ("mixed_kinds", "SELECT fare_usd + tip_share AS x FROM staged.trips"),
    ("mixed_kinds", "SELECT trip_id AS x FROM staged.trips WHERE fare_usd > miles"),
    ("mixed_kinds", "SELECT trip_id AS x FROM staged.trips WHERE tip_usd > tip_share"),
    ("mixed_kinds", "SELECT fare_usd AS v FROM staged.trips UNION ALL SELECT miles FROM staged.trips"),
    ("mixed_kinds", "SELECT trip_id AS x FROM staged.trips WHERE trip_id = persons"),
    ("mixed_kinds", "SELECT sum(fare_usd) + count(*) AS x FROM staged.trips"),
    ("mixed_kinds", "SELECT avg(fare_usd) - avg(miles) AS x FROM staged.trips"),
    ("mixed_units", "SELECT t.x FROM (SELECT miles AS x, km AS y FROM staged.trips) t WHERE t.x BETWEEN 0 AND t.y"),
    ("sum_of_ratio", "SELECT sum(1 - card_share) AS x FROM curated.days"),
    ("mean_of_ratio", "SELECT avg(tip_share) FILTER (WHERE is_card) AS x FROM staged.trips"),
    (
        "sum_of_counter",
        "WITH a AS (SELECT entries AS e FROM staged.readings), b AS (SELECT e AS f FROM a), c AS (SELECT * "
        "FROM b) SELECT sum(f) AS x FROM c",
    ),
    (
        "sum_of_counter",
        "SELECT sum(r.entries) AS x FROM staged.readings r WHERE EXISTS (SELECT 1 FROM staged.trips WHERE persons > 2)",
    ),
    ("sum_of_counter", "SELECT (SELECT sum(entries) FROM staged.readings) AS x"),
    (
        "sum_of_counter",
        "SELECT 1 AS x FROM staged.trips WHERE persons IN (SELECT sum(entries) FROM staged.readings GROUP BY station)",
    ),
    ("sum_of_counter", "SELECT sum(abs(entries)) / count(*) AS x FROM staged.readings"),
    ("sum_of_counter", "SELECT sum(entries - 5) AS x FROM staged.readings"),
    ("sum_of_counter", "SELECT sum(max(entries)) OVER () AS x FROM staged.readings GROUP BY station"),
    ("sum_of_counter", "SELECT sum(if(kind = 'a', entries, NULL)) AS x FROM staged.readings"),
    (
        "sum_of_counter",
        "SELECT sum(columns_) AS x FROM (SELECT entries AS columns_ FROM staged.readings QUALIFY row_number()"
        " OVER (PARTITION BY area, unit ORDER BY at DESC) = 1)",
    ),
    (
        "mean_of_mean",
        "SELECT avg(sum_fare / n) AS x FROM (SELECT day, sum(fare_usd) AS sum_fare, count(*) AS n FROM "
        "staged.trips GROUP BY day)",
    ),
    ("sum_of_mean", "SELECT service, sum(mean_fare_usd) OVER (PARTITION BY service) AS x FROM curated.days"),
    ("mixed_units", "SELECT sum(seconds) / 60 AS x, sum(seconds) + sum(minutes) AS y FROM staged.trips"),
    (
        "mixed_currencies",
        "WITH l(limit_eur) AS (VALUES (100.0)) SELECT trip_id AS x FROM staged.trips, l WHERE fare_usd > limit_eur",
    ),
    (
        "mixed_currencies",
        "SELECT trip_id AS x FROM staged.trips, (VALUES (5), (6)) AS l(limit_eur) WHERE fare_usd > limit_eur",
    ),
    ("sum_of_counter", "SELECT sum(v) AS x FROM (SELECT unnest([entries, exits]) AS v FROM staged.readings)"),
    ("sum_of_counter", "SELECT sum(entries - exits) AS x FROM staged.readings"),
    ("mixed_kinds", "SELECT miles * 2 > 5 AS x, fare_usd - seconds AS y FROM staged.trips"),
    ("mixed_currencies", "SELECT sum(fare_usd) - sum(toll_eur) AS x FROM staged.trips"),
    ("mixed_currencies", "SELECT toll_eur + fare_usd * usd_per_eur AS x FROM staged.trips"),
    (
        "counter_outside_key",
        "SELECT e.entries - s.entries AS x FROM staged.readings s JOIN staged.readings e ON s.station = "
        "e.station AND s.at < e.at",
    ),
    (
        "counter_outside_key",
        "WITH f AS (SELECT station, min(entries) AS lo, max(entries) AS hi FROM staged.readings GROUP BY "
        "station) SELECT hi - lo AS x FROM f",
    ),
    (
        "mean_of_ratio",
        "SELECT avg(r) AS x FROM (SELECT zone_id, sum(fare_usd) / sum(miles) AS r FROM staged.trips GROUP BY zone_id)",
    ),
    (
        "sum_of_mean",
        "SELECT service, sum(m) AS x FROM (SELECT service, zone_id, median(fare_usd) AS m FROM staged.trips "
        "GROUP BY ALL) GROUP BY service",
    ),
    ("mixed_units", "SELECT avg(miles) + avg(km) AS x FROM staged.trips"),
    ("mixed_units", "SELECT least(seconds, minutes) AS x FROM staged.trips"),
    ("mixed_units", "SELECT CASE WHEN service = 'a' THEN miles ELSE km END AS x FROM staged.trips"),
    ("mixed_units", "SELECT sum(fare_usd) / sum(miles) - sum(fare_usd) / sum(km) AS x FROM staged.trips"),
    ("mixed_currencies", "SELECT sum(fare_usd) / sum(miles) - sum(toll_eur) / sum(miles) AS x FROM staged.trips"),
    ("arithmetic_on_id", "SELECT -zone_id * 2 AS x FROM staged.trips"),
    ("arithmetic_on_id", "SELECT zone_id - lag(zone_id) OVER (ORDER BY day) AS x FROM staged.trips"),
    ("mixed_kinds", "SELECT miles + tip_share AS x FROM staged.trips"),
    (
        "counter_outside_key",
        "SELECT CASE WHEN lag(area) OVER w = area AND lag(unit) OVER w = unit THEN 1 END AS y, "
        "entries - lag(entries) OVER w AS x FROM staged.readings WINDOW w AS (ORDER BY at)",
    ),
]
