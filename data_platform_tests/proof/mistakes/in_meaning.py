"""Mistakes in what columns mean, and arithmetic that makes no sense by it."""

from collections.abc import Mapping

from data_platform_tests.proof.mistakes.mistake import DAILY, DAILY_YAML, DEFS, SQL, YAML, Mistake
from data_platform_tests.small_dataset import FILES

_RAIN = 'rain_mm: {type: "DECIMAL(8,2)", unit: mm, required: true, min: 0, max: 500}'
_DAY = 'rain_mm: {type: "DECIMAL(18,2)", unit: mm}'
_ID = "reading_id: {type: BIGINT, required: true}"


def gauge(column: str) -> Mapping[str, str]:
    """The staged readings with another meaning of their rain."""
    return {YAML: FILES[YAML].replace(_RAIN, f"rain_mm: {{{column}}}")}


REGISTER = gauge('type: "DECIMAL(8,2)", semantic: counter, unit: mm, per: [place]')
AMOUNT = gauge('type: "DECIMAL(8,2)", semantic: quantity, unit: mm')
IDS = {YAML: FILES[YAML].replace(_ID, "reading_id: {type: BIGINT, required: true, semantic: id}")}
INCHES = {
    SQL: FILES[SQL].replace("r.note", "r.value / 25.4 AS rain_inches, r.note"),
    YAML: AMOUNT[YAML].replace("  note:", "  rain_inches: {type: DOUBLE, semantic: quantity, unit: inches}\n  note:"),
}


def meaning(column: str, words: str) -> Mistake:
    """What the rain of a reading is said to be."""
    return Mistake(YAML, _RAIN, f"rain_mm: {{{column}}}", f"{YAML}:7", words)


def daily(was: str, now: str, line: int, words: str, more: Mapping[str, str]) -> Mistake:
    """Another sum over the day."""
    sql = FILES[DAILY].replace(was, now)
    assert sql != FILES[DAILY]
    return Mistake(DAILY, "", sql, f"{DAILY}:{line}", words, more)


def allowed(escape: str, words: str) -> Mistake:
    """An escape in the contract of the day's rain."""
    text = f"{FILES[DAILY_YAML]}arithmetic:\n  - {{{escape}, because: it is only an example}}\n"
    return Mistake(DAILY_YAML, "", text, f"{DAILY_YAML}:12", words, AMOUNT)


MISTAKES = {
    "a register that is summed": Mistake(
        YAML,
        "",
        REGISTER[YAML],
        f"{DAILY}:1",
        "rain_mm - lag(rain_mm) OVER (PARTITION BY place ORDER BY …) [sum_of_counter]",
        also=((f"{DAILY_YAML}:10", "sum(rain_mm): rain_mm is a counter"),),
    ),
    "registers of several places": daily(
        "SELECT place, CAST(read_at AS DATE) AS reading_date, count(*) AS readings, sum(rain_mm) AS rain_mm",
        "SELECT min(place) AS place, CAST(read_at AS DATE) AS reading_date, count(*) AS readings,\n"
        "    max(rain_mm) - min(rain_mm) AS rain_mm",
        2,
        "Keep to one device: PARTITION BY, GROUP BY or join on place [counter_outside_key]",
        {
            **REGISTER,
            DAILY_YAML: FILES[DAILY_YAML].replace('that: "sum(rain_mm)"', 'that: "max(rain_mm) - min(rain_mm)"'),
        },
    ),
    "a mean of ids": daily("sum(rain_mm)", "avg(reading_id)", 1, "reading_id is an id (a name, even if", IDS),
    "arithmetic on ids": daily("sum(rain_mm)", "max(reading_id + 1)", 1, "[arithmetic_on_id]", IDS),
    "millimetres and inches": daily(
        "sum(rain_mm)", "sum(rain_mm + rain_inches)", 1, "Convert one: rain_inches * 25.4 [mixed_units]", INCHES
    ),
    "a mean of means": daily(
        "sum(rain_mm) AS rain_mm\nFROM staged.readings",
        "avg(mean_mm) AS rain_mm\nFROM (\n    SELECT place, read_at, avg(rain_mm) AS mean_mm\n"
        "    FROM staged.readings GROUP BY ALL\n)",
        1,
        "sum(mean_mm * n) / sum(n), or the mean of the rows [mean_of_mean]",
        AMOUNT,
    ),
    "another unit than the SELECT makes": Mistake(
        DAILY_YAML,
        _DAY,
        'rain_mm: {type: "DECIMAL(18,2)", semantic: quantity, unit: inches}',
        f"{DAILY_YAML}:7",
        "is quantity in inches here, the SELECT (daily_rain.sql:1) makes quantity in mm",
        AMOUNT,
    ),
    "another kind than the SELECT makes": Mistake(
        DAILY_YAML,
        _DAY,
        'rain_mm: {type: "DECIMAL(18,2)", semantic: mean, unit: mm}',
        f"{DAILY_YAML}:7",
        "is mean in mm here, the SELECT (daily_rain.sql:1) makes quantity in mm",
        AMOUNT,
    ),
    "a reconcile of other units": Mistake(
        DAILY_YAML,
        'this: "sum(rain_mm)"',
        'this: "count(*)"',
        f"{DAILY_YAML}:10",
        "reconcile 'rain': count(*) is a number of rows, sum(rain_mm) is an amount of something in mm",
        AMOUNT,
    ),
    "a rule that compares rain with an id": Mistake(
        YAML,
        "",
        AMOUNT[YAML].replace(_ID, f"{_ID[:-1]}, semantic: id}}").replace("rain_mm > 100", "rain_mm > reading_id"),
        f"{YAML}:10",
        "rain_mm is an amount of something in mm, reading_id an id (a name, even if it is written in digits)",
    ),
    "duplicates by arithmetic on an id": Mistake(
        YAML,
        "",
        IDS[YAML].replace("rules:", 'deduplicate: {first_by: ["reading_id % 7", "reading_id * 2"]}\nrules:'),
        f"{YAML}:9",
        "reading_id * 2: reading_id is an id",
    ),
    "an escape for nothing": allowed(
        "allow: sum_of_counter, on: rain_mm", "and nothing of the kind is found there; leave it away"
    ),
    "an escape of no fault": allowed(
        "allow: sum_of_counters, on: rain_mm",
        "no fault is called 'sum_of_counters' (did you mean 'sum_of_counter'?)",
    ),
    "a unit that nobody knows": meaning(
        'type: "DECIMAL(8,2)", semantic: quantity, unit: milimeters', "is no unit (did you mean 'millimeter'?)"
    ),
    "a quantity of nothing": meaning('type: "DECIMAL(8,2)", semantic: quantity', "write it, such as `unit: miles`"),
    "money in floating point": meaning(
        "type: DOUBLE, semantic: money, unit: usd", "floating point rounds it: write a DECIMAL"
    ),
    "money in no currency": meaning('type: "DECIMAL(8,2)", semantic: money', "such as `unit: usd`"),
    "money in a currency that there is not": meaning(
        'type: "DECIMAL(8,2)", semantic: money, unit: USD', "is no currency (did you mean 'usd'?)"
    ),
    "a currency that is a quantity": meaning(
        'type: "DECIMAL(8,2)", semantic: quantity, unit: usd', "usd is a currency; write `semantic: money`"
    ),
    "a ratio without a fraction": meaning("type: BIGINT, semantic: ratio", "it needs a fraction: write DOUBLE"),
    "a counter of another table's columns": meaning(
        "type: BIGINT, semantic: counter, per: [plce]", "no column of this table (did you mean 'place'?)"
    ),
    "a key of what is no counter": meaning(
        'type: "DECIMAL(8,2)", semantic: quantity, unit: mm, per: [place]', "a counter counts; leave it away"
    ),
    "an id with a unit": meaning("type: BIGINT, semantic: id, unit: mm", "and has no unit; leave `unit` away"),
    "a counter in words": Mistake(
        YAML, "note: {type: VARCHAR}", "note: {type: VARCHAR, semantic: counter}", f"{YAML}:8", "write a number's type"
    ),
    "a kind that there is not": meaning('type: "DECIMAL(8,2)", semantic: mony, unit: usd', "found 'mony'"),
    "a raw unit that nobody knows": Mistake(
        DEFS,
        "value: {type: DOUBLE}",
        "value: {type: DOUBLE, semantic: quantity, unit: rainfals}",
        f"{DEFS}:14",
        "something that is counted is named under `units:` in defs.yaml",
    ),
    "a noun of two words": Mistake(
        DEFS,
        '  owners: ["team:weather"]',
        '  owners: ["team:weather"]\n  units: [bike rides]',
        f"{DEFS}:5",
        "'bike rides' is no noun that is counted: write one word",
    ),
}
