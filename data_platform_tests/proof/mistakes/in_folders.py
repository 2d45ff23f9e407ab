"""Files that are missing, lie elsewhere, or are no text."""

from data_platform_tests.proof.mistakes.mistake import DEFS, PLACES, SQL, Mistake
from data_platform_tests.small_dataset import FILES

MISTAKES = {
    "two models": Mistake("staged/readings.py", "", "", "staged/readings.py:1", "both make readings; keep one"),
    "a model without a contract": Mistake(
        "staged/other.sql", "", "SELECT 1 AS a", "staged/other.sql:1", "write other.yaml beside it"
    ),
    "a contract without a model": Mistake(
        "staged/other.yaml",
        "",
        "description: x\ncolumns: {a: {type: INTEGER}}\n",
        "staged/other.yaml:1",
        "write other.sql (or .py) beside it",
    ),
    "a contract alone with other columns": Mistake(
        "staged/places.yaml",
        "  name:",
        "  nam:",
        "staged/places.yaml:5",
        "not declared in raw/places (did you mean 'name'?)",
    ),
    "a file of another kind": Mistake("staged/readme.md", "", "x", "staged/readme.md:1", "move this one elsewhere"),
    "a table's name": Mistake(
        "staged/Other.yaml", "", "description: x\ncolumns: {a: {type: INT}}\n", "staged/Other.yaml:1", "use snake_case"
    ),
    "an ending that nobody reads": Mistake(
        "staged/places.yml",
        "",
        FILES[PLACES],
        "staged/places.yml:1",
        "expected .sql, .py and .yaml files in staged/; call it .yaml",
        {PLACES: None},
    ),
    "a misspelt folder": Mistake(
        "stagd/more.sql",
        "",
        "SELECT 1 AS a\n",
        "stagd/more.sql:1",
        "lies in stagd/, where nobody reads it: did you mean staged/?",
    ),
    "a model beside defs.yaml": Mistake(
        "more.sql", "", "SELECT 1 AS a\n", "more.sql:1", "move it to staged/ or curated/"
    ),
    "a model in a folder of a layer": Mistake(
        "staged/new/more.sql",
        "",
        "SELECT 1 AS a\n",
        "staged/new/more.sql:1",
        "lies too deep: staged/ has no folders; move it up",
    ),
    "SQL among dashboards": Mistake(
        "dashboards/rain.sql", "", "SELECT 1 AS a\n", "dashboards/rain.sql:1", "expected .py files in dashboards/"
    ),
    "a dataset without defs.yaml": Mistake(
        "../snow/staged/flakes.sql",
        "",
        "SELECT 1 AS a\n",
        "../snow/staged/flakes.sql:1",
        "snow/ has no defs.yaml, so that nobody reads this; write that file",
    ),
    "a dataset in a dataset": Mistake(
        "snow/defs.yaml", "", FILES[DEFS], "snow/defs.yaml:1", "lies in snow/, where nobody reads it"
    ),
    "a table of another dataset": Mistake(
        "../snow/defs.yaml",
        "",
        FILES[DEFS].partition("    places:")[0],
        "../snow/defs.yaml:7",
        "raw/readings exists in the dataset rain too",
    ),
    "an empty contract": Mistake(PLACES, "", "", f"{PLACES}:1", "the file is empty; write 'key: value' lines"),
    "an empty model": Mistake(SQL, "", "", f"{SQL}:1", "the file holds no SQL; write one SELECT"),
    "a contract in Latin-1": Mistake(
        PLACES,
        "",
        "# Gebühr\n".encode("latin-1") + FILES[PLACES].encode(),
        f"{PLACES}:1",
        "byte 0xfc is no UTF-8; save the file as UTF-8",
    ),
    "SQL in Latin-1": Mistake(
        SQL,
        "",
        FILES[SQL].encode() + "-- Gebühr\n".encode("latin-1"),
        f"{SQL}:4",
        "byte 0xfc is no UTF-8; save the file as UTF-8",
    ),
    "SQL in UTF-16": Mistake(
        SQL, "", FILES[SQL].encode("utf-16"), f"{SQL}:1", "byte 0xff is no UTF-8; save the file as UTF-8"
    ),
    "a table as a binary file": Mistake(SQL, "", b"PAR1\x15\x04\x00\x00", f"{SQL}:1", "byte 0x00: this is no text"),
}
