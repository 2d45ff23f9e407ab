"""Personal data where there should be none, masks that cannot be applied, and escapes that nothing needs."""

from data_platform_tests.proof.mistakes.mistake import DAILY, DAILY_YAML, YAML, Mistake
from data_platform_tests.small_dataset import FILES

_NAMED = {YAML: FILES[YAML].replace("place: {type: VARCHAR}", "place: {type: VARCHAR, pii: name}")}
_COLUMN = "  place: {type: VARCHAR}\n"
_WITHOUT = FILES[DAILY_YAML].replace(", by: [place]", "")


def masked(column: str, line: int, words: str) -> Mistake:
    """What the day's rain says of its place, which comes with a tag and is masked."""
    return Mistake(DAILY_YAML, "", _WITHOUT.replace(_COLUMN, column), f"{DAILY_YAML}:{line}", words, _NAMED)


MISTAKES = {
    "a name that gets into a curated table": Mistake(
        YAML,
        "",
        _NAMED[YAML],
        f"{DAILY_YAML}:4",
        "staged.readings.place → curated.daily_rain.place (daily_rain.sql:1). Write `mask: hash`",
    ),
    "rows of one person": Mistake(
        DAILY,
        "",
        FILES[DAILY].replace("GROUP BY ALL", "WHERE place = 'Mrs Hill'\nGROUP BY ALL"),
        f"{DAILY}:3",
        "picks rows by a value of staged.readings.place, which is personal",
        {**_NAMED, DAILY_YAML: _WITHOUT.replace(_COLUMN, "  place: {type: VARCHAR, mask: hash}\n")},
    ),
    "a mask on nothing": Mistake(
        YAML,
        "note: {type: VARCHAR}",
        "note: {type: VARCHAR, mask: redact}",
        f"{YAML}:8",
        "column 'note' holds no personal data that could be masked: write its `pii`, or no mask",
    ),
    "a mask that its type does not take": Mistake(
        YAML,
        "reading_id: {type: BIGINT,",
        "reading_id: {type: BIGINT, pii: id, mask: hash,",
        f"{YAML}:4",
        "column 'reading_id' is BIGINT: `hash` is for VARCHAR; cast it in the model, or drop it",
    ),
    "a column that is required and dropped": masked(
        "  place: {type: VARCHAR, required: true, mask: drop}\n", 4, "is required and its mask leaves nothing of it"
    ),
    "a grain that is masked away": masked(
        "  place: {type: VARCHAR, mask: redact}\n", 2, "grain names 'place', which its mask `redact` makes the same"
    ),
    "a reconcile by what is masked": Mistake(
        DAILY_YAML,
        "",
        FILES[DAILY_YAML].replace(_COLUMN, "  place: {type: VARCHAR, mask: hash}\n"),
        f"{DAILY_YAML}:10",
        "reconcile 'rain' groups by 'place', masked here and not in staged.readings",
        _NAMED,
    ),
    "a mask on a view": Mistake(
        "staged/known.yaml",
        "",
        "description: Known.\nview: true\ncolumns:\n  place: {type: VARCHAR, mask: hash}\n",
        "staged/known.yaml:4",
        "column 'place': a view keeps no rows that could be masked",
        {**_NAMED, "staged/known.sql": "SELECT place FROM staged.readings\n", DAILY: None, DAILY_YAML: None},
    ),
    "an escape that nothing needs": Mistake(
        DAILY_YAML,
        "",
        f"{FILES[DAILY_YAML]}privacy:\n  - {{allow: carries_personal, on: place, because: it was so once}}\n",
        f"{DAILY_YAML}:12",
        "allows carries_personal on 'place', and nothing of the kind is found there",
    ),
    "an escape of another name": Mistake(
        DAILY_YAML,
        "",
        f"{FILES[DAILY_YAML]}privacy:\n  - {{allow: carry_personal, on: place, because: it was so once}}\n",
        f"{DAILY_YAML}:12",
        "no fault is called 'carry_personal' (did you mean 'carries_personal'?)",
    ),
    "a Python model that does not say what it does with names": Mistake(
        "curated/loud.yaml",
        "",
        "description: Places.\ninputs: [staged.readings]\ncolumns:\n  loud: {type: VARCHAR}\n"
        "reconciles: {none: only an example}\n",
        "curated/loud.yaml:4",
        "column 'loud' may hold any of the personal data that the model is given: staged.readings.note",
        {
            YAML: FILES[YAML].replace("note: {type: VARCHAR}", "note: {type: VARCHAR, pii: free_text}"),
            "curated/loud.py": "def loud(readings):\n    return readings\n",
        },
    ),
    "a kind of personal data that there is not": Mistake(
        YAML, "note: {type: VARCHAR}", "note: {type: VARCHAR, pii: mail}", f"{YAML}:8", "email"
    ),
}
