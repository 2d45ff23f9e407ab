"""Mistakes in the contract of a curated table."""

from data_platform_tests.proof.mistakes.mistake import DAILY, DAILY_YAML, DEFS, PLACES, YAML, Mistake, added
from data_platform_tests.small_dataset import FILES

FLAKES = FILES[DEFS].partition("    places:")[0].replace("readings", "flakes")
FLAKES = FLAKES.replace('monthly: {start: "2024-01"', 'daily: {start: "2024-01-01"').replace("%Y-%m}", "%Y-%m-%d}")


def view(sql: str, contract: str, line: str, words: str) -> Mistake:
    """A staged view beside the dataset's own tables."""
    files = {"staged/v.yaml": f"description: A view.\nview: true\n{contract}"}
    return Mistake("staged/v.sql", "", sql, f"staged/{line}", words, files)


def neighbours(reads: str, words: str) -> Mistake:
    """A curated table that reads other partitions than its own."""
    return added(DAILY_YAML, f"reads: {{{reads}}}\n", f"{DAILY_YAML}:11", words)


MISTAKES = {
    "a neighbour without its own partition": neighbours("staged.readings: [-1]", "0 (its own) among them"),
    "neighbours with a gap": neighbours("staged.readings: [-2, 0]", "write the partitions from the first to the last"),
    "no neighbour": neighbours("staged.readings: [0]", "[-1, 0] for its own and the one before"),
    "a neighbour that is no number": neighbours("staged.readings: [a, 0]", "expected a valid integer, found 'a'"),
    "neighbours of a table that is not read": neighbours(
        "staged.reading: [-1, 0]", "the model does not read staged.reading (did you mean 'staged.readings'?)"
    ),
    "neighbours of a staged table": Mistake(
        YAML,
        "grain:",
        "reads: {raw.readings: [-1, 0]}\ngrain:",
        f"{YAML}:2",
        "a staged row comes from the file of its own partition; leave `reads` away",
    ),
    "neighbours of a lookup": Mistake(
        DAILY_YAML,
        "",
        FILES[DAILY_YAML] + "reads: {staged.places: [-1, 0]}\n",
        f"{DAILY_YAML}:11",
        "staged.places has no partitions, and so no neighbours; leave staged.places out of `reads`",
        {DAILY: f"{FILES[DAILY]}HAVING count(*) > (SELECT min(place_id) FROM staged.places)\n"},
    ),
    "neighbours of a table over all partitions": neighbours(
        "staged.readings: [-1, 0]}\npartitions: none\n#", "curated.daily_rain has no partitions, and so no neighbours"
    ),
    "neighbours through a view": Mistake(
        DAILY_YAML,
        "",
        FILES[DAILY_YAML] + "reads: {staged.readings: [-1, 0]}\n",
        f"{DAILY_YAML}:11",
        "the model reads staged.readings through the view staged.v, in its own partition alone",
        {
            DAILY: FILES[DAILY].replace(
                "FROM staged.readings", "FROM staged.readings WHERE rain_mm < (SELECT max(rain_mm) FROM staged.v)"
            ),
            "staged/v.sql": "SELECT rain_mm FROM staged.w\n",
            "staged/v.yaml": 'description: A view.\nview: true\ncolumns:\n  rain_mm: {type: "DECIMAL(8,2)"}\n',
            "staged/w.sql": "SELECT rain_mm FROM staged.readings\n",
            "staged/w.yaml": 'description: A view.\nview: true\ncolumns:\n  rain_mm: {type: "DECIMAL(8,2)"}\n',
        },
    ),
    "a partition's start in a view": view(
        "SELECT reading_id\n, partition_start() AS at FROM staged.readings\n",
        "columns:\n  reading_id: {type: BIGINT}\n  at: {type: TIMESTAMP}\n",
        "v.sql:2",
        "a view is part of its readers: partition_start() has no value here; take it from a column",
    ),
    "a partition's end in a lookup": Mistake(
        PLACES,
        "",
        FILES[PLACES] + "rules:\n  - {name: late, flag: partition_end() IS NULL}\n",
        f"{PLACES}:7",
        "staged.places has no partitions: partition_end() has no value here; leave it away",
    ),
    "rejections in a curated table": added(
        DAILY_YAML, "rules:\n  - {name: a, reject: 'rain_mm < 0'}\n", f"{DAILY_YAML}:12", "reject in staged"
    ),
    "a source row in a curated table": added(
        DAILY_YAML, "rules:\n  - {name: a, flag: '_source_row > 1'}\n", f"{DAILY_YAML}:12", "no column of this table"
    ),
    "duplicates in a curated table": added(
        DAILY_YAML, "deduplicate: {first_by: [place]}\n", f"{DAILY_YAML}:11", "here GROUP BY the grain"
    ),
    "a share of rejections in a curated table": added(
        DAILY_YAML, "audit:\n  max_rejected_share: 0.1\n", f"{DAILY_YAML}:12", "a curated table rejects no rows"
    ),
    "an age of rejections in a curated table": added(
        DAILY_YAML, "audit:\n  max_rejection_age_days: {any: 9}\n", f"{DAILY_YAML}:12", "rejects no rows"
    ),
    "no reconciles": Mistake(
        DAILY_YAML,
        "",
        FILES[DAILY_YAML].partition("reconciles")[0],
        f"{DAILY_YAML}:1",
        'or `reconciles: {none: "why"}`',
    ),
    "an input to reconcile with": Mistake(
        DAILY_YAML,
        'of: staged.readings, that: "count(*)"',
        'of: staged.reading, that: "count(*)"',
        f"{DAILY_YAML}:9",
        "did you mean 'staged.readings'?",
    ),
    "an input without a layer": Mistake(
        DAILY_YAML,
        'of: staged.readings, that: "count(*)"',
        'of: readings, that: "count(*)"',
        f"{DAILY_YAML}:9",
        "write layer.table",
    ),
    "this side's column": Mistake(
        DAILY_YAML, '"sum(readings)"', '"sum(reading)"', f"{DAILY_YAML}:9", "did you mean 'readings'?"
    ),
    "that side's column": Mistake(
        DAILY_YAML, 'that: "sum(rain_mm)"', 'that: "sum(rain)"', f"{DAILY_YAML}:10", "did you mean 'rain_mm'?"
    ),
    "a group's column": Mistake(DAILY_YAML, "by: [place]", "by: [plac]", f"{DAILY_YAML}:10", "did you mean 'place'?"),
    "a group that the input lacks": Mistake(
        DAILY_YAML, "by: [place]", "by: [reading_date]", f"{DAILY_YAML}:10", "names 'reading_date', no column"
    ),
    "a side that is no total": Mistake(DAILY_YAML, '"sum(readings)"', "readings", f"{DAILY_YAML}:9", "write sum(…)"),
    "a side that is no number": Mistake(DAILY_YAML, '"sum(readings)"', "max(place)", f"{DAILY_YAML}:9", "no number"),
    "a reconcile by a clock": Mistake(
        DAILY_YAML,
        '"sum(readings)"',
        "count(*) FILTER (WHERE reading_date < today())",
        f"{DAILY_YAML}:9",
        "today gives",
    ),
    "a view with bounds": view(
        "SELECT place, rain_mm FROM staged.readings",
        "columns:\n  rain_mm: {type: DOUBLE, min: 0}\n  place: {type: VARCHAR}\n",
        "v.yaml:4",
        "nobody checks a view's rows",
    ),
    "a view with a grain": view(
        "SELECT place FROM staged.readings",
        "columns: {place: {type: VARCHAR}}\ngrain: [place]\n",
        "v.yaml:4",
        "a view keeps no rows of its own: 'grain'",
    ),
    "a view of raw rows": view(
        "SELECT place_id\nFROM raw.readings",
        "columns: {place_id: {type: INTEGER}}\n",
        "v.sql:2",
        "a view of raw rows would go round every contract",
    ),
    "a view of itself": view(
        "SELECT place\nFROM staged.v",
        "columns: {place: {type: VARCHAR}}\n",
        "v.sql:2",
        "tables read each other in a circle: staged.v → staged.v",
    ),
    "inputs of other partitions": Mistake(
        "curated/both.sql",
        "",
        "SELECT count(*) AS n\nFROM staged.readings\nCROSS JOIN staged.flakes\n",
        "curated/both.sql:3",
        "(staged/flakes daily, staged/readings monthly); say `partitions: none` to read all of each",
        {
            "curated/both.yaml": "description: x\ncolumns: {n: {type: BIGINT}}\nreconciles: {none: it is an example}\n",
            "../snow/staged/flakes.yaml": "description: Flakes.\ncolumns: {place_id: {type: INTEGER}}\n",
            "../snow/defs.yaml": FLAKES,
        },
    ),
}
