"""A mistake in a dataset's files is told with its file and line, in words that say what was meant or what to do."""

from pathlib import Path

import pytest

from data_platform.contracts.errors import ContractError
from data_platform.lake.names import TableName
from data_platform.planning.catalog import CatalogError
from data_platform.sql.model import ModelError
from data_platform_tests.components.mistakes import Mistake, added, check_told
from data_platform_tests.small_dataset import FILES, small_dataset

DEFS = "defs.yaml"
SQL, YAML = "staged/readings.sql", "staged/readings.yaml"
DAILY = "curated/daily_rain.sql"
A_VIEW = "description: A view.\nview: true\n"
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
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_with_its_place(tmp_path: Path, mistake: Mistake) -> None:
    check_told(tmp_path, mistake)


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
