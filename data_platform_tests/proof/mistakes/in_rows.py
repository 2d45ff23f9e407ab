"""What a staged SELECT may not do with the rows on their way from the raw table."""

from data_platform_tests.proof.mistakes.mistake import SQL, Mistake, added
from data_platform_tests.small_dataset import FILES

COLUMNS = "SELECT r.reading_id, 'x' AS place, r.read_at, r.value AS rain_mm, r.note\n"


def select(text: str, line: int, words: str) -> Mistake:
    """Another SELECT in place of the dataset's own."""
    return Mistake(SQL, "", text, f"{SQL}:{line}", words)


def lookup(text: str, line: int, words: str) -> Mistake:
    """Another lookup in place of the dataset's own."""
    head, _, _ = FILES[SQL].partition("LEFT JOIN")
    return select(f"{head}{text}\n", line, words)


def column(text: str, words: str) -> Mistake:
    """Another column in place of the note."""
    return Mistake(SQL, "r.note", text, f"{SQL}:1", words)


MISTAKES = {
    "a window": column(
        "lag(r.note) OVER (ORDER BY r.read_at) AS note", "a window looks at other rows; do it in a curated"
    ),
    "several rows of one": column(
        "unnest([r.note]) AS note", "unnest makes several rows of one; do it in a curated model"
    ),
    "an aggregate": column(
        "max(r.note) AS note", "the aggregate max merges rows; do it in a curated model, or in a lookup"
    ),
    "a column of the platform": column(
        "r.note AS _source_file", "_source_file is added by the platform; leave it away"
    ),
    "a * over a join": column("*", "a * over a join takes in the lookups; write r.* or name the columns"),
    "a * over a lookup": column("p.*", "a * over a lookup changes when the lookup does; name the columns"),
    "a * in an expression": column(
        "struct_pack(r.*) AS note", "a * inside an expression hides which columns are meant"
    ),
    "a * without a column of the platform": select(
        "SELECT * EXCLUDE (_source_row)\nFROM raw.readings\n",
        1,
        "_source_row is kept by the platform; do not name it in a *",
    ),
    "a method": column("r.note.upper() AS note", "write upper(x), with nothing before it, instead of x.upper()"),
    "a parameter": column("$1 AS note", "a model takes no parameters; write the value"),
    "a list comprehension": column("[x FOR x IN [r.note]] AS note", "use list_transform or list_filter"),
    "EXCEPT": added(SQL, "EXCEPT SELECT * FROM raw.readings\n", f"{SQL}:4", "EXCEPT drops rows that nobody counts"),
    "one table twice": select(
        f"{COLUMNS}FROM raw.readings AS r\nUNION ALL\n{COLUMNS}FROM raw.readings AS r\n",
        5,
        "raw.readings feeds two branches, so that each row would come out twice",
    ),
    "one CTE twice": select(
        "WITH r AS (SELECT * FROM raw.readings)\nSELECT * FROM r\nUNION ALL\nSELECT * FROM r\n",
        4,
        "'r' feeds this table twice",
    ),
    "a CTE with a list of columns": select(
        "WITH r (a) AS (SELECT * FROM raw.readings)\nSELECT * FROM r\n",
        1,
        "name the columns of this CTE in its SELECT, with AS",
    ),
    "columns named behind an alias": select(
        "SELECT *\nFROM raw.readings AS r (a, b)\n", 2, "a column list behind the alias renames by position"
    ),
    "no FROM": select("SELECT 1 AS reading_id\n", 1, "this SELECT has no FROM; its rows must come from a raw table"),
    "values": select("VALUES (1, 2)\n", 1, "a model is one SELECT, this begins with VALUES; write the SELECT alone"),
    "FROM before SELECT": select("FROM raw.readings SELECT *\n", 1, "write SELECT … FROM …, in this order"),
    "TABLE": select("SELECT *\nFROM (TABLE raw.readings)\n", 2, "TABLE x is short for SELECT * FROM x; write that"),
    "a column by its number": added(SQL, "ORDER BY #1\n", f"{SQL}:4", "#1 counts columns; name the column"),
    "a table in parentheses": select("SELECT *\nFROM (raw.readings)\n", 2, "leave the parentheses around the table"),
    "a subquery without a name": select(
        "SELECT reading_id\nFROM (SELECT * FROM raw.readings)\nLEFT JOIN staged.places AS p ON p.place_id = 1\n",
        2,
        "give the subquery in FROM a name: (…) AS name",
    ),
    "another database": select(
        "SELECT *\nFROM x.raw.readings\n", 2, "'x.raw.readings' names a database; write layer.table"
    ),
    "a table in capitals with a blank": select(
        'SELECT *\nFROM raw."my readings"\n', 2, "'my readings' is no table name: use snake"
    ),
    "another version": select(
        "SELECT *\nFROM raw.readings AT (VERSION => 1)\n",
        2,
        "AT (…) reads another version than the one the run accounts for",
    ),
    "a natural join": lookup("NATURAL LEFT JOIN staged.places AS p", 3, "NATURAL JOIN changes when a column is added"),
    "a join without ON": lookup(
        "LEFT JOIN staged.places AS p", 3, "this LEFT JOIN has no ON; write ON lookup.key = column"
    ),
    "a lookup without a name": lookup(
        "LEFT JOIN (SELECT * FROM staged.places) ON true", 3, "give the lookup a name: LEFT JOIN (…) AS name"
    ),
    "a lookup of the same name": lookup(
        "LEFT JOIN staged.places AS r ON r.place_id = r.place_id", 3, "two relations are called 'r' here"
    ),
    "a lookup that is a function": lookup(
        "LEFT JOIN generate_series(1, 3) AS p ON p.place_id = r.place_id",
        3,
        "each LEFT JOIN takes one table, CTE or subquery",
    ),
    "a lookup of the row's own": lookup(
        "LEFT JOIN (SELECT * FROM staged.places WHERE place_id = r.place_id) AS p ON p.place_id = r.place_id",
        3,
        "the lookup refers to 'r', which is the row it is joined to; move the condition into ON",
    ),
    "a key whose table is not said": lookup(
        "LEFT JOIN staged.places AS p ON p.place_id = value",
        3,
        "whose column is 'value'? Write the table's name before it",
    ),
    "another version of a CTE": select(
        "WITH r AS (SELECT * FROM raw.readings)\nSELECT *\nFROM r AT (VERSION => 1)\n",
        3,
        "AT (…) has no meaning on a CTE",
    ),
}
