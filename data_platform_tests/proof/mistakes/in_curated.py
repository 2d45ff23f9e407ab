"""Mistakes in the contract of a curated table."""

from data_platform_tests.proof.mistakes.mistake import DAILY_YAML, DEFS, Mistake, added
from data_platform_tests.small_dataset import FILES

FLAKES = FILES[DEFS].partition("    places:")[0].replace("readings", "flakes")
FLAKES = FLAKES.replace('monthly: {start: "2024-01"', 'daily: {start: "2024-01-01"').replace("%Y-%m}", "%Y-%m-%d}")


def view(sql: str, contract: str, line: str, words: str) -> Mistake:
    """A staged view beside the dataset's own tables."""
    files = {"staged/v.yaml": f"description: A view.\nview: true\n{contract}"}
    return Mistake("staged/v.sql", "", sql, f"staged/{line}", words, files)


MISTAKES = {
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
