"""A mistake in a dataset's files is told with its file and line, in words that say what was meant or what to do."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from data_platform.contracts.errors import ContractError
from data_platform.lake.names import TableName
from data_platform.planning.catalog import CatalogError
from data_platform.sql.model import ModelError
from data_platform_tests.small_dataset import FILES, small_dataset

DEFS = "defs.yaml"
SQL, YAML = "staged/readings.sql", "staged/readings.yaml"
DAILY, DAILY_YAML = "curated/daily_rain.sql", "curated/daily_rain.yaml"
A_VIEW = "description: A view.\nview: true\n"


@dataclass(frozen=True)
class Mistake:
    """`was` becomes `now` in one of the dataset's files (or, without `was`, `now` is the text of a file)."""

    file: str
    was: str
    now: str
    line: str
    """`path:line` that is told, below the dataset's folder."""
    words: str

    @property
    def text(self) -> str:
        if not self.was:
            return self.now
        assert FILES[self.file].count(self.was) == 1, f"{self.file} has changed: {self.was}"
        return FILES[self.file].replace(self.was, self.now)


def added(file: str, text: str, line: str, words: str) -> Mistake:
    """Lines behind those of one of the dataset's files."""
    return Mistake(file, "", FILES[file] + text, line, words)


RAW_COLUMNS = "      columns:\n        reading_id: {type: BIGINT}"

MISTAKES = {
    # defs.yaml
    "a misspelt key": Mistake(
        DEFS, "  description: Rain g", "  descripton: Rain g", "defs.yaml:3", "did you mean 'descri"
    ),
    "a missing key": Mistake(
        DEFS, "  description: Rain gauges of a small town.\n", "", "defs.yaml:2", "'description' is missing"
    ),
    "nothing under attributes": Mistake(
        DEFS,
        "",
        "type: data_platform.components.dataset.Dataset\nattributes:\n",
        "defs.yaml:2",
        "'description' is missing",
    ),
    "not YAML": Mistake(DEFS, "owners: [", "owners: ][", "defs.yaml:4", "this is no valid YAML"),
    "a template without quotes": Mistake(
        DEFS, '"{{ tlc_url }}/places.csv"', "{{ tlc_url }}", "defs.yaml:19", "put text that holds '{{ … }}' in quotes"
    ),
    "an owner": Mistake(DEFS, '"team:weather"', "weather", "defs.yaml:4", "write team:name or an e-mail address"),
    "a kind of partitions": Mistake(DEFS, "monthly:", "montly:", "defs.yaml:5", "did you mean 'monthly'?"),
    "two kinds of partitions": Mistake(
        DEFS,
        '{monthly: {start: "2024-01"}}',
        '{monthly: {start: "2024-01"}, daily: {start: "2024-01-01"}}',
        "defs.yaml:5",
        "exactly one of monthly, weekly, daily",
    ),
    "a first partition": Mistake(DEFS, '"2024-01"', '"2024-1x"', "defs.yaml:5", "write it like 2024-01"),
    "a time zone": Mistake(
        DEFS,
        '{start: "2024-01"}',
        '{start: "2024-01", timezone: America/NewYork}',
        "defs.yaml:5",
        "did you mean 'America/New_York'?",
    ),
    "a raw table's name": Mistake(DEFS, "    readings:\n", "    Readings:\n", "defs.yaml:7", "use snake_case"),
    "a raw table's key": Mistake(
        DEFS, RAW_COLUMNS, f"      expcted: {{}}\n{RAW_COLUMNS}", "defs.yaml:10", "did you mean 'expected'?"
    ),
    "a raw table's start": Mistake(
        DEFS, RAW_COLUMNS, f'      start: "24-01"\n{RAW_COLUMNS}', "defs.yaml:10", "write it like 2024-01"
    ),
    "a schedule": Mistake(DEFS, RAW_COLUMNS, f"      check_every: daily\n{RAW_COLUMNS}", "defs.yaml:10", "no cron"),
    "a format": Mistake(
        DEFS,
        RAW_COLUMNS,
        f"      format: xml\n{RAW_COLUMNS}",
        "defs.yaml:10",
        "expected 'parquet' or 'csv', found 'xml'",
    ),
    "a kind of source": Mistake(
        DEFS, '{http_file: {url: "{{ tlc_url }}/places.csv"}}', "{ftp: {}}", "defs.yaml:19", "valid: http_file"
    ),
    "a variable": Mistake(
        DEFS, "{{ tlc_url }}/places", "{{ tcl_url }}/places", "defs.yaml:19", "did you mean 'tlc_url'?"
    ),
    "a field of an address": Mistake(
        DEFS,
        "{partition:%Y-%m}",
        "{month}",
        "defs.yaml:9",
        "'{month}' is unknown; write the partition as {partition:%Y-%m}",
    ),
    "a brace of an address": Mistake(
        DEFS, "{partition:%Y-%m}", "{partition:%Y-%m", "defs.yaml:9", "write the partition as {partition:%Y-%m}"
    ),
    "an address without a partition": Mistake(
        DEFS, "-{partition:%Y-%m}", "", "defs.yaml:9", "the url lacks a partition; write {partition:%Y-%m} in the url"
    ),
    "an address with one too many": Mistake(
        DEFS, "places.csv", "places-{partition:%Y}.csv", "defs.yaml:19", "the url has a partition"
    ),
    "a scheme": Mistake(DEFS, "{{ tlc_url }}/places.csv", "ftp://x/places.csv", "defs.yaml:19", "the scheme is 'ftp'"),
    "a raw type that is none": Mistake(DEFS, "{type: DOUBLE}", "{type: 'DOUBLE!'}", "defs.yaml:14", "no column type"),
    "a raw type that DuckDB lacks": Mistake(
        DEFS, "{type: DOUBLE}", "{type: DUBLE}", "defs.yaml:14", "DUBLE does not exist"
    ),
    "an alias of two columns": Mistake(
        DEFS, "aliases: [comment]", "aliases: [VALUE]", "defs.yaml:10", "'value' would be both 'value' and 'note'"
    ),
    "a raw column of the platform": Mistake(
        DEFS, "        value: {", "        _source_row: {", "defs.yaml:10", "'_source_row' belongs to the platform"
    ),
    # SQL
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
    # which files there are
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
        "not declared in raw/places; it has place_id, name",
    ),
    "a file of another kind": Mistake("staged/readme.md", "", "x", "staged/readme.md:1", "move this one elsewhere"),
    "a table's name": Mistake(
        "staged/Other.yaml", "", "description: x\ncolumns: {a: {type: INT}}\n", "staged/Other.yaml:1", "use snake_case"
    ),
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
    small = small_dataset(tmp_path, {mistake.file: mistake.text})
    with pytest.raises((ContractError, ModelError, CatalogError)) as raised:
        _ = small.catalog
    told = str(raised.value).replace(f"{small.folder}/", "")
    assert told.startswith(f"{mistake.line}: ")
    assert mistake.words in told
    assert "\n" not in told


VIEW_MISTAKES = {
    "bounds": ("SELECT place, rain_mm FROM staged.readings", "columns:\n  rain_mm: {type: DOUBLE, min: 0}\n"
               "  place: {type: VARCHAR}\n", "v.yaml:4", "nobody checks a view's rows"),
    "a grain": ("SELECT place FROM staged.readings", "columns: {place: {type: VARCHAR}}\ngrain: [place]\n",
                "v.yaml:4", "a view keeps no rows of its own: 'grain'"),
    "raw rows": ("SELECT place_id\nFROM raw.readings", "columns: {place_id: {type: INTEGER}}\n",
                 "v.sql:2", "a view of raw rows would go round every contract"),
    "itself": ("SELECT place\nFROM staged.v", "columns: {place: {type: VARCHAR}}\n",
               "v.sql:2", "tables read each other in a circle: staged.v → staged.v"),
}  # fmt: skip


@pytest.mark.parametrize(("sql", "contract", "line", "words"), VIEW_MISTAKES.values(), ids=VIEW_MISTAKES.keys())
def test_what_a_view_may_not_have_is_told_with_its_place(
    tmp_path: Path, sql: str, contract: str, line: str, words: str
) -> None:
    small = small_dataset(tmp_path, {"staged/v.sql": sql, "staged/v.yaml": A_VIEW + contract})
    with pytest.raises((ContractError, CatalogError)) as raised:
        _ = small.catalog
    assert str(raised.value).startswith(f"{small.folder}/staged/{line}: ")
    assert words in str(raised.value)


def test_a_circle_of_several_tables_names_them_and_a_line(tmp_path: Path) -> None:
    files = {}
    for name, other in (("v", "w"), ("w", "v")):
        files[f"staged/{name}.sql"] = f"SELECT place\nFROM staged.{other}"
        files[f"staged/{name}.yaml"] = f"{A_VIEW}columns: {{place: {{type: VARCHAR}}}}\n"
    with pytest.raises(CatalogError, match=r"staged/[vw]\.sql:2: tables read each other in a circle: staged\.[vw] → "):
        _ = small_dataset(tmp_path, files).catalog


def test_two_datasets_cannot_both_have_a_table(tmp_path: Path) -> None:
    small = small_dataset(tmp_path)
    twin = tmp_path / "datasets" / "snow"
    twin.mkdir()
    (twin / "defs.yaml").write_text(FILES[DEFS])
    with pytest.raises(CatalogError, match=r"raw/readings exists in the datasets rain and snow; rename one"):
        _ = small.catalog


def test_tables_of_different_partitions_are_not_read_together_by_mistake(tmp_path: Path) -> None:
    small = small_dataset(tmp_path)
    daily = tmp_path / "datasets" / "snow"
    (daily / "staged").mkdir(parents=True)
    (daily / "defs.yaml").write_text("""\
type: data_platform.components.dataset.Dataset
attributes:
  description: Snow.
  partitions: {daily: {start: "2024-01-01"}}
  raw:
    flakes:
      description: Flakes.
      source: {http_file: {url: "{{ tlc_url }}/flakes-{partition:%Y-%m-%d}.parquet"}}
      columns: {id: {type: BIGINT}}
""")
    (daily / "staged" / "flakes.yaml").write_text("description: Flakes.\ncolumns: {id: {type: BIGINT}}\n")
    small.write(
        {
            "curated/both.sql": "SELECT count(*) AS n FROM staged.readings\nCROSS JOIN staged.flakes",
            "curated/both.yaml": "description: x\ncolumns: {n: {type: BIGINT}}\nreconciles: {none: it is an example}\n",
        }
    )
    with pytest.raises(ContractError, match=r"curated/both\.sql:2: .*\(staged/flakes daily, staged/readings monthly\)"):
        _ = small.catalog
    small.write({"curated/both.yaml": (small.folder / "curated/both.yaml").read_text() + "partitions: none\n"})
    assert small.catalog.model(TableName("curated", "both")).partitions is None


def test_a_file_that_is_no_utf_8_is_told_with_the_line(tmp_path: Path) -> None:
    small = small_dataset(tmp_path)
    for name in (YAML, SQL):
        text = (small.folder / name).read_bytes()
        (small.folder / name).write_bytes(b"\n# Geb\xfchr\n" if name == YAML else b"\n-- Geb\xfchr\n" + text)
        with pytest.raises((ContractError, ModelError), match=rf"{name}:2: byte 0xfc is no UTF-8"):
            _ = small.catalog
        (small.folder / name).write_bytes(text)


def test_hidden_files_of_editors_and_systems_are_left_alone(tmp_path: Path) -> None:
    assert small_dataset(tmp_path, {"staged/.DS_Store": "x", "curated/.daily_rain.sql.swp": "x"}).catalog
