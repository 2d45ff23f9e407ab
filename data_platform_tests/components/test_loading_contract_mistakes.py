"""A mistake in a contract that only shows beside its model and the tables around it, told with file and line."""

from pathlib import Path

import pytest

from data_platform_tests.components.mistakes import Mistake, added, check_told
from data_platform_tests.small_dataset import FILES

YAML, DAILY_YAML = "staged/readings.yaml", "curated/daily_rain.yaml"

MISTAKES = {
    # contracts
    "a contract's key": Mistake(YAML, "grain:", "grian:", f"{YAML}:2", "did you mean 'grain'?"),
    "a column of a grain": Mistake(
        YAML, "grain: [reading_id]", "grain: [readingid]", f"{YAML}:2", "did you mean 'reading_id'?"
    ),
    "a type that the lake cannot store": Mistake(YAML, '"DECIMAL(8,2)"', "HUGEINT", f"{YAML}:7", "use BIGINT"),
    "a type that nobody knows": Mistake(YAML, '"DECIMAL(8,2)"', "FLOATY", f"{YAML}:7", "no type that DuckDB and Delta"),
    "a name that the lake cannot store": Mistake(
        YAML, "  place: {", '  "pl ace": {', f"{YAML}:5", "a name has no blank"
    ),
    "a bound of another type": Mistake(YAML, "min: 0,", "min: zero,", f"{YAML}:7", "its bound 'zero' is not"),
    "a bound that is no date": Mistake(
        YAML, "within_partition: true", 'max: "2024-02-30"', f"{YAML}:6", "its bound '2024-02-30' is not"
    ),
    "a partition's bounds without partitions": Mistake(
        "staged/places.yaml",
        "  name: {type: VARCHAR}",
        "  name: {type: DATE, within_partition: true}",
        "staged/places.yaml:5",
        "the table has no partitions",
    ),
    "a rule's column": Mistake(YAML, "rain_mm > 100", "rain_m > 100", f"{YAML}:10", "did you mean 'rain_mm'?"),
    "a rule's subquery": Mistake(YAML, "rain_mm > 100", "rain_mm > (SELECT 1)", f"{YAML}:10", "a subquery would read"),
    "a rule with the clock": Mistake(YAML, "rain_mm > 100", "read_at > now()", f"{YAML}:10", "now gives another value"),
    "a rule by chance": Mistake(YAML, "rain_mm > 100", "random() > 0.5", f"{YAML}:10", "random gives another value"),
    "a rule of many rows": Mistake(YAML, "rain_mm > 100", "rain_mm > avg(rain_mm)", f"{YAML}:10", "a rule at one"),
    "a rule with a window": Mistake(
        YAML, "rain_mm > 100", "rain_mm > lag(rain_mm) OVER (ORDER BY read_at)", f"{YAML}:10", "a window looks at many"
    ),
    "a rule that ends early": Mistake(YAML, "rain_mm > 100", "rain_mm >", f"{YAML}:10", "something is missing here"),
    "a rule's function": Mistake(YAML, "rain_mm > 100", "rouned(rain_mm) > 1", f"{YAML}:10", 'Did you mean "round"?'),
    "a rule that is no condition": Mistake(YAML, "rain_mm > 100", "place", f"{YAML}:10", "neither true nor false"),
    "a rule with a comment": Mistake(YAML, "rain_mm > 100", "rain_mm > 100 -- much", f"{YAML}:10", "syntax error"),
    "a rule named like the platform's": Mistake(YAML, "name: heavy", "name: castable", f"{YAML}:9", "rename it"),
    "a rule named like a column's": Mistake(YAML, "name: heavy", "name: rain_mm_range", f"{YAML}:9", "rename it"),
    "an order's column": added(YAML, "deduplicate: {first_by: [readat]}\n", f"{YAML}:12", "did you mean 'read_at'?"),
    "an order of many rows": added(
        YAML, "deduplicate:\n  first_by:\n    - read_at\n    - count(*)\n", f"{YAML}:15", "some of many"
    ),
    "reconciles of a staged table": added(
        YAML,
        "reconciles:\n  - {name: a, this: count(*), of: raw.readings, that: count(*)}\n",
        f"{YAML}:12",
        "a staged one has its row account",
    ),
    "inputs of a SELECT": added(YAML, "inputs: [raw.readings]\n", f"{YAML}:12", "SQL names what it reads"),
    # curated
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
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_with_its_place(tmp_path: Path, mistake: Mistake) -> None:
    check_told(tmp_path, mistake)
