"""Mistakes in a contract, beside its model and the tables around it."""

from data_platform_tests.proof.mistakes.mistake import PLACES, YAML, Mistake, added
from data_platform_tests.small_dataset import FILES

MISTAKES = {
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
    "a rule's function": Mistake(
        YAML,
        "rain_mm > 100",
        "rouned(rain_mm) > 1",
        f"{YAML}:10",
        "no function is called 'rouned' (did you mean 'round'?)",
    ),
    "a rule that is no condition": Mistake(YAML, "rain_mm > 100", "place", f"{YAML}:10", "neither true nor false"),
    "a rule with a comment": Mistake(
        YAML, "rain_mm > 100", "rain_mm > 100 -- much", f"{YAML}:10", "write comments behind # in the YAML"
    ),
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
    "a column without a type": Mistake(
        YAML, "note: {type: VARCHAR}", "note: {}", f"{YAML}:8", "'type' is missing in columns.note"
    ),
    "a key of a column": Mistake(
        YAML, "unit: mm", "unti: mm", f"{YAML}:7", "unknown key 'unti' (did you mean 'unit'?)"
    ),
    "a type with a size": Mistake(
        YAML, "note: {type: VARCHAR}", "note: {type: VARCHAR(20)}", f"{YAML}:8", "only DECIMAL has a size"
    ),
    "a type that DuckDB lacks": Mistake(
        YAML, "note: {type: VARCHAR}", "note: {type: VARCAR}", f"{YAML}:8", "did you mean 'VARCHAR'?"
    ),
    "columns that differ in case": Mistake(
        YAML,
        "  note: {",
        "  PLACE: {type: VARCHAR}\n  note: {",
        f"{YAML}:3",
        "columns 'place' and 'PLACE' differ in case only",
    ),
    "a column of the platform": Mistake(
        YAML, "  note: {", "  _note: {", f"{YAML}:8", "those that begin with '_' belong to the platform"
    ),
    "a list of columns": Mistake(
        PLACES,
        "",
        "description: x\ncolumns:\n  - place_id\n",
        f"{PLACES}:2",
        "expected a mapping of 'key: value', found ['place_id']",
    ),
    "a list that is text": Mistake(
        YAML, "grain: [reading_id]", "grain: reading_id", f"{YAML}:2", "expected a list, such as [a, b]"
    ),
    "a column twice": Mistake(
        YAML, "  note: {type", "  place: {type", f"{YAML}:8", "'place' is written twice; keep one"
    ),
    "a rule without a name": Mistake(YAML, "name: heavy, ", "", f"{YAML}:10", "'name' is missing in rules.0"),
    "a rule that does two things": Mistake(
        YAML, "name: heavy,", 'name: heavy, drop: "true",', f"{YAML}:10", "needs exactly one of reject, drop, flag"
    ),
    "a share that is none": Mistake(
        YAML, "max_rejected_share: 1", "max_rejected_share: 5", f"{YAML}:11", "expected at most 1, found 5"
    ),
    "an age of rejections by a rule that there is not": Mistake(
        YAML,
        "max_rejected_share: 1",
        "max_rejected_share: 1, max_rejection_age_days: {castible: 30}",
        f"{YAML}:11",
        "no rule 'castible' rejects rows here (did you mean 'castable'?)",
    ),
    "an age of rejections that is none": Mistake(
        YAML,
        "max_rejected_share: 1",
        "max_rejected_share: 1, max_rejection_age_days: {any: 0}",
        f"{YAML}:11",
        "expected at least 1, found 0",
    ),
    "duplicates of nothing": Mistake(
        PLACES,
        "",
        FILES[PLACES].replace("grain: [place_id]\n", "") + "deduplicate: {first_by: [name]}\n",
        f"{PLACES}:5",
        "deduplicate needs a grain",
    ),
    "a bound that YAML reads": Mistake(
        YAML, "note: {type: VARCHAR}", "note: {type: VARCHAR, accepted: [NO]}", f"{YAML}:8", "put the value in quotes"
    ),
    "an owner": added(YAML, "owners: [weather]\n", f"{YAML}:12", "write team:name or an e-mail address"),
    "a tab": Mistake(YAML, "  note: {", "\tnote: {", f"{YAML}:8", "indent with blanks, not with tabs"),
    "a rule that is two": Mistake(
        YAML, "rain_mm > 100", "rain_mm > 100, place", f"{YAML}:10", "write one expression over"
    ),
    "a rule's name": Mistake(
        YAML, "name: heavy", "name: Very heavy", f"{YAML}:10", "'Very heavy' is no name: use snake_case"
    ),
    "two rules of one name": Mistake(
        YAML,
        "audit:",
        '  - {name: heavy, flag: "rain_mm > 9"}\naudit:',
        f"{YAML}:9",
        "'heavy' is written twice; rename one",
    ),
    "a DECIMAL that is too wide": Mistake(YAML, "DECIMAL(8,2)", "DECIMAL(40,2)", f"{YAML}:7", "at most 38 in all"),
    "accepted values without a list": Mistake(
        YAML,
        "note: {type: VARCHAR}",
        "note: {type: VARCHAR, accepted: dry}",
        f"{YAML}:8",
        "write a list of values, such as [dry]",
    ),
    "an accepted null": Mistake(
        YAML, "note: {type: VARCHAR}", "note: {type: VARCHAR, accepted: [null]}", f"{YAML}:8", "NULL is accepted anyway"
    ),
    "a bound that is a mapping": Mistake(
        YAML, "min: 0", "min: {value: 0}", f"{YAML}:7", "{'value': 0} is no plain value"
    ),
    "a partition's bounds of a number": Mistake(
        YAML,
        "reading_id: {type: BIGINT,",
        "reading_id: {type: BIGINT, within_partition: true,",
        f"{YAML}:4",
        "make it a DATE",
    ),
    "more rules than fit": Mistake(
        YAML,
        "audit:",
        "".join(f'  - {{name: above_{n}, flag: "rain_mm > {n}"}}\n' for n in range(130)) + "audit:",
        f"{YAML}:9",
        "at most 125 fit one table: join some into one",
    ),
}
