"""Mistakes in a model's SQL."""

from data_platform_tests.proof.mistakes.mistake import DAILY, SQL, YAML, Mistake, added

VIEW = "description: A view.\nview: true\ncolumns: {x: {type: INTEGER}}\n"

MISTAKES = {
    "SQL that cannot be read": Mistake(SQL, "LEFT JOIN", "LEFT JOINN", f"{SQL}:3", "near 'LEFT'"),
    "an INNER JOIN": Mistake(SQL, "LEFT JOIN", "JOIN", f"{SQL}:3", "INNER join can lose or multiply rows"),
    "a WHERE": added(SQL, "WHERE r.value > 0\n", f"{SQL}:4", "make it a rule of the contract"),
    "the clock": Mistake(SQL, "r.note", "coalesce(r.note, CAST(now() AS TEXT)) AS note", f"{SQL}:1", "another time"),
    "a table without a layer": Mistake(SQL, "raw.readings", "readings", f"{SQL}:2", "write layer.table"),
    "a table that nobody has": Mistake(
        SQL, "staged.places", "staged.place", f"{SQL}:3", "no dataset has (did you mean 'staged.places'?)"
    ),
    "a table of a later layer": Mistake(
        SQL, "staged.places", "curated.daily_rain", f"{SQL}:3", "a staged table reads raw and staged tables"
    ),
    "raw rows in a curated table": Mistake(
        DAILY, "staged.readings", "raw.readings", f"{DAILY}:2", "a curated table reads staged and curated tables"
    ),
    "a column without a contract": Mistake(
        SQL, "r.note\n", "r.note,\n r.place_id\n", f"{SQL}:2", "readings.yaml lacks (did you mean 'place'?)"
    ),
    "a column that the SELECT lacks": Mistake(SQL, ", r.note", "", f"{YAML}:8", "column 'note' is not in the SELECT"),
    "a misspelt column": Mistake(SQL, "AS rain_mm", "AS rain_m", f"{YAML}:7", "did you mean 'rain_m'?"),
    "a column that nobody has": Mistake(
        SQL, "r.note", "r.nota", f"{SQL}:1", "'r' has no column 'nota' (did you mean 'note'?)"
    ),
    "a column without a table": Mistake(
        SQL, "r.note", "noted", f"{SQL}:1", "no table here has a column 'noted' (did you"
    ),
    "a column of a lookup": Mistake(
        SQL, "p.name", "p.nam", f"{SQL}:1", "'p' has no column 'nam' (did you mean 'name'?)"
    ),
    "a key of a lookup": Mistake(
        SQL, "r.place_id\n", "r.placeid\n", f"{SQL}:3", "'r' has no column 'placeid' (did you mean 'place_id'?)"
    ),
    "an alias that is none": Mistake(
        SQL, "r.note", "x.note", f"{SQL}:1", "nothing in FROM is called 'x' (did you mean 'p'?)"
    ),
    "two tables with the column": Mistake(
        SQL, "r.note", "place_id AS note", f"{SQL}:1", "write p.place_id or r.place_id"
    ),
    "a function": Mistake(
        SQL, "r.note", "uper(r.note) AS note", f"{SQL}:1", "no function is called 'uper' (did you mean 'upper'?)"
    ),
    "types that do not go together": Mistake(
        SQL, "r.value AS", "r.value + r.read_at AS", f"{SQL}:1", "there is no +(DOUBLE, TIMESTAMP): these types"
    ),
    "a sum of texts": Mistake(
        DAILY, "sum(rain_mm)", "sum(place)", f"{DAILY}:1", "there is no sum(VARCHAR): these types"
    ),
    "a type in a cast": Mistake(
        SQL, "r.note", "CAST(r.note AS STRNG) AS note", f"{SQL}:1", "no type is called 'STRNG' (did you mean 'STRING'?)"
    ),
    "a column that is not grouped": Mistake(
        DAILY, "GROUP BY ALL", "GROUP BY place", f"{DAILY}:1", "'read_at' is neither grouped nor in an aggregate"
    ),
    "a type that never becomes the contract's": Mistake(
        SQL,
        "r.read_at",
        "r.value > 1 AS read_at",
        f"{YAML}:6",
        "column 'read_at' is TIMESTAMP, the SELECT gives BOOLEAN",
    ),
    "a * with a column too many": Mistake(
        DAILY,
        "",
        "SELECT *\nFROM (SELECT place, CAST(read_at AS DATE) AS reading_date, count(*) AS readings,\n"
        "  sum(rain_mm) AS rain_mm, max(read_at) AS last\nFROM staged.readings GROUP BY ALL)\n",
        f"{DAILY}:1",
        "the SELECT gives 'last', which daily_rain.yaml lacks",
    ),
    "a circle": Mistake(
        "curated/a.sql",
        "",
        "SELECT x\nFROM curated.b\n",
        "curated/b.sql:2",
        "tables read each other in a circle: curated.a → curated.b → curated.a",
        {"curated/a.yaml": VIEW, "curated/b.sql": "SELECT x\nFROM curated.a\n", "curated/b.yaml": VIEW},
    ),
    "a GROUP BY in staged": added(SQL, "GROUP BY ALL\n", f"{SQL}:4", "GROUP BY merges rows; do it in a curated model"),
    "a DISTINCT in staged": Mistake(
        SQL, "SELECT r", "SELECT\n  DISTINCT r", f"{SQL}:2", "DISTINCT merges rows; use grain:"
    ),
    "a LIMIT in staged": added(SQL, "ORDER BY 1\nLIMIT 10\n", f"{SQL}:5", "LIMIT drops rows that nobody counts"),
    "a QUALIFY in staged": added(
        SQL,
        "QUALIFY row_number() OVER (PARTITION BY r.reading_id ORDER BY r.read_at) = 1\n",
        f"{SQL}:4",
        "use deduplicate:",
    ),
    "a UNION that merges": added(
        SQL, "UNION\nSELECT 1, 'a', NULL, 2, 'b' FROM raw.places\n", f"{SQL}:5", "write UNION ALL"
    ),
    "a cross join": Mistake(
        SQL,
        "LEFT JOIN staged.places AS p ON p.place_id = r.place_id",
        ", staged.places AS p",
        f"{SQL}:3",
        "CROSS or comma join",
    ),
    "a lookup by no key": Mistake(
        SQL, "p.place_id = r.place_id", "p.name LIKE r.note", f"{SQL}:3", "ties 'p' to one row"
    ),
    "rows of a lookup": Mistake(
        SQL, "raw.readings", "staged.places", f"{SQL}:2", "rows come from a raw table, not from staged.places"
    ),
    "chance": Mistake(SQL, "r.note", "CAST(random() AS TEXT) AS note", f"{SQL}:1", "random gives another value"),
    "rows in the order they come": Mistake(
        DAILY, "sum(rain_mm)", "first(rain_mm)", f"{DAILY}:1", "or use min() or max()"
    ),
    "UNION BY NAME": added(
        SQL, "UNION ALL BY NAME SELECT * FROM raw.readings\n", f"{SQL}:4", "BY NAME is not followed"
    ),
    "COLUMNS": Mistake(DAILY, "sum(rain_mm) AS rain_mm", "sum(COLUMNS('rain.*'))", f"{DAILY}:1", "name them"),
    "PIVOT": Mistake(
        DAILY,
        "staged.readings\n",
        "staged.readings\nPIVOT (sum(rain_mm) FOR place IN ('Hill'))\n",
        f"{DAILY}:3",
        "PIVOT and UNPIVOT hide which column comes from where",
    ),
    "a column without a name": Mistake(
        DAILY, "count(*) AS readings", "count(*)", f"{DAILY}:1", "column 3 of the SELECT has no"
    ),
    "a column twice": Mistake(SQL, "r.note", "r.note, r.value AS note", f"{SQL}:1", "are called 'note'; rename one"),
    "two statements": added(
        SQL, ";\nSELECT 1 AS a\n", f"{SQL}:5", "more than one statement; a model is exactly one SELECT"
    ),
    "a statement that writes": Mistake(
        SQL, "", "CREATE TABLE x AS SELECT 1 AS a\n", f"{SQL}:1", "a model is one SELECT, this begins with CREATE"
    ),
    "a setting": Mistake(
        SQL, "", "SET memory_limit = '1TB'\n", f"{SQL}:1", "a model is one SELECT, this begins with SET"
    ),
    "a file of the machine": Mistake(
        SQL, "raw.readings", "read_csv('/etc/passwd')", f"{SQL}:2", "reads past the lake; declare a raw table"
    ),
    "a file by its name": Mistake(
        SQL,
        "raw.readings",
        "'/etc/passwd'",
        f"{SQL}:2",
        "'/etc/passwd' is a file, a model reads tables; declare a raw table",
    ),
    "a quote that is never closed": Mistake(
        SQL, "r.note", "'r.note", f"{SQL}:1", "a quote or comment is opened here and never closed"
    ),
    "nothing but a comment": Mistake(SQL, "", "-- later\n", f"{SQL}:1", "the file holds no SQL; write one SELECT"),
}
