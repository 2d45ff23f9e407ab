"""A folder becomes tables: what each file gives, and what is taken from elsewhere where it says nothing."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from data_platform.components.raw_tables import Span
from data_platform.contracts.errors import ContractError
from data_platform.contracts.partitions import Partitions
from data_platform.lake.names import TableName
from data_platform.planning.catalog import Expected, ModelTable, RawTable
from data_platform.site.dashboards.page import About
from data_platform.sources.http_file import HttpFile
from data_platform.sql.model import Model
from data_platform_tests.small_dataset import FILES, SmallDataset, reading, small_dataset

READINGS = TableName("raw", "readings")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallDataset:
    return small_dataset(tmp_path_factory.mktemp("small"))


_ENDED = '      end: "2024-01"\n      columns:\n'


def defs(was: str, now: str) -> dict[str, str | None]:
    assert FILES["defs.yaml"].count(was) == 1
    return {"defs.yaml": FILES["defs.yaml"].replace(was, now)}


def raw(small: SmallDataset, name: str = "readings") -> RawTable:
    return small.catalog.raw(TableName("raw", name))


def model(small: SmallDataset, name: str) -> ModelTable:
    return small.catalog.model(TableName.parse(name))


def test_every_table_of_the_folder_is_there_after_those_that_it_reads(small: SmallDataset) -> None:
    order = [name.sql for name in small.catalog.order]
    assert sorted(order) == ["curated.daily_rain", "raw.places", "raw.readings", "staged.places", "staged.readings"]
    assert order.index("staged.places") < order.index("staged.readings") < order.index("curated.daily_rain")


def test_a_raw_table_is_what_its_yaml_says(small: SmallDataset) -> None:
    readings = raw(small)
    assert readings.partitions == Partitions("monthly", date(2024, 1, 1), "UTC")
    (source,) = readings.sources
    assert isinstance(source, HttpFile)
    assert source.slot(datetime(2024, 2, 1)) == f"{small.source.as_uri()}/readings-2024-02.parquet"
    assert (readings.format, readings.owners, readings.expected) == ("parquet", ("team:weather",), Expected())
    assert readings.columns["note"].aliases == ("comment",)
    assert (raw(small, "places").format, raw(small, "places").partitions) == ("csv", None)


@pytest.mark.parametrize(
    ("file", "format_"),
    [("a.csv", "csv"), ("a.CSV.gz", "csv"), ("a.txt", "csv"), ("a.parquet", "parquet"), ("a?f=x.csv", "parquet")],
)
def test_a_format_is_told_by_the_address_unless_it_is_written(tmp_path: Path, file: str, format_: str) -> None:
    places = 'source: {http_file: {url: "{{ tlc_url }}/places.csv"}}'
    address = f"source: {{http_file: {{url: https://example.org/{file}}}}}"
    assert raw(small_dataset(tmp_path / "1", defs(places, address)), "places").format == format_
    written = defs(places, f"{address}\n      format: csv")
    assert raw(small_dataset(tmp_path / "2", written), "places").format == "csv"


def test_a_raw_table_may_start_later_and_be_expected_later(tmp_path: Path) -> None:
    now = "      start: 2024-03\n      expected: {after_days: 5, recheck_last: 2}\n      columns:\n        reading_id"
    small = small_dataset(tmp_path, defs("      columns:\n        reading_id", now))
    assert raw(small).partitions == Partitions("monthly", date(2024, 3, 1), "UTC")
    assert raw(small).expected == Expected(5, 2)
    # What reads it begins with it.
    assert model(small, "staged.readings").partitions == Partitions("monthly", date(2024, 3, 1), "UTC")


def test_a_source_that_has_ended_has_a_last_partition(tmp_path: Path) -> None:
    small = small_dataset(tmp_path, defs("      columns:\n        reading_id", f"{_ENDED}        reading_id"))
    assert raw(small).partitions == Partitions("monthly", date(2024, 1, 1), "UTC", date(2024, 1, 1))
    assert model(small, "curated.daily_rain").partitions == raw(small).partitions
    small.put("2024-02", [reading(1)])
    assert [item for item in small.stale().stale if item.table.table == "readings"] == []


def test_of_two_ends_the_earlier_one_counts() -> None:
    months = Partitions("monthly", date(2024, 1, 1), "UTC", date(2024, 5, 1))
    assert Span(None, "2024-03").clip(months).end == date(2024, 3, 1)
    assert Span(None, "2024-07").clip(months).end == date(2024, 5, 1)
    assert Span("2024-02", None).clip(months).end == date(2024, 5, 1)


def test_a_model_has_the_partitions_of_what_it_reads(small: SmallDataset) -> None:
    assert model(small, "staged.readings").partitions == raw(small).partitions
    assert model(small, "curated.daily_rain").partitions == raw(small).partitions
    assert model(small, "staged.places").partitions is None


def test_a_curated_table_may_read_all_partitions_at_once(tmp_path: Path) -> None:
    contract = FILES["curated/daily_rain.yaml"] + "partitions: none\n"
    assert (
        model(small_dataset(tmp_path, {"curated/daily_rain.yaml": contract}), "curated.daily_rain").partitions is None
    )


def test_a_staged_model_knows_the_raw_rows_that_it_accounts_for(small: SmallDataset) -> None:
    readings = model(small, "staged.readings")
    assert readings.driving == (READINGS,)
    assert set(readings.reads) == {READINGS, TableName("staged", "places")}
    assert readings.threaded is not None
    assert [lookup.table for lookup in readings.threaded.lookups] == [TableName("staged", "places")]


def test_a_contract_without_a_model_takes_the_raw_table_of_its_name_as_it_is(small: SmallDataset) -> None:
    places = model(small, "staged.places")
    assert isinstance(places.model, Model)
    assert places.model.text == 'SELECT "place_id", "name" FROM raw.places'
    assert places.model.path.name == "places.yaml"  # there is no other file that a message could name


def test_owners_are_the_datasets_unless_a_table_has_its_own(tmp_path: Path) -> None:
    contract = FILES["staged/places.yaml"] + "owners: [ada@example.org]\n"
    small = small_dataset(tmp_path, {"staged/places.yaml": contract})
    assert model(small, "staged.places").owners == ("ada@example.org",)
    assert model(small, "staged.readings").owners == ("team:weather",)


def test_a_view_is_read_like_a_table_but_not_stored(tmp_path: Path) -> None:
    view = "description: Wet hours.\nview: true\ncolumns: {place: {type: VARCHAR}}\n"
    small = small_dataset(tmp_path, {"staged/wet.sql": "SELECT place FROM staged.readings", "staged/wet.yaml": view})
    wet = model(small, "staged.wet")
    assert wet.is_view
    assert wet.threaded is None
    assert small.catalog.stored([wet.name]) == (TableName("staged", "readings"),)


@pytest.mark.parametrize(
    ("span", "keys"),
    [
        (Span(), ["2024-01", "2024-02", "2024-03"]),
        (Span(first="2024-02"), ["2024-02", "2024-03"]),
        (Span(first="2023-01", last="2024-02"), ["2024-01", "2024-02"]),
    ],
)
def test_an_installation_may_load_some_partitions_only(span: Span, keys: list[str]) -> None:
    months = span.clip(Partitions("monthly", date(2024, 1, 1), "UTC"))
    assert months.keys(datetime(2024, 4, 2, tzinfo=UTC)) == keys


def test_a_dashboard_is_a_function_in_dashboards_and_its_file_says_what_it_is_about(tmp_path: Path) -> None:
    text = '"""Rain by day.\n\nIn mm.\n"""\n\n\ndef dashboard(warehouse):\n    pass\n'
    small = small_dataset(tmp_path, {"dashboards/rain.py": text})
    (found,) = small.datasets.by_name["rain"].dashboards
    assert found.about == About("rain", "Rain by day", "In mm.", "rain")


def test_dashboards_of_two_datasets_have_two_names(tmp_path: Path) -> None:
    text = '"""Rain"""\n\n\ndef dashboard(warehouse):\n    pass\n'
    small = small_dataset(tmp_path, {"dashboards/rain.py": text})
    other = tmp_path / "datasets" / "snow"
    (other / "dashboards").mkdir(parents=True)
    (other / "dashboards" / "rain.py").write_text(text)
    (other / "defs.yaml").write_text(
        "type: data_platform.components.dataset.Dataset\nattributes: {description: Snow., raw: {}}\n"
    )
    with pytest.raises(ContractError, match=r"snow/dashboards/rain\.py:1: dashboard 'rain' is also in dataset rain"):
        _ = small.datasets


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


def test_hidden_files_of_editors_and_systems_are_left_alone(tmp_path: Path) -> None:
    assert small_dataset(tmp_path, {"staged/.DS_Store": "x", "curated/.daily_rain.sql.swp": "x"}).catalog
