"""What readers get: tables, views, quarantine and accounts of what is committed, and no write without need."""

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from data_platform.lake import schema
from data_platform.lake.commit import DeltaFolder
from data_platform.lake.lake import Lake
from data_platform.lake.names import TableName
from data_platform.lake.schema import Column
from data_platform.lake.tables import Commit, LakeTable, PartitionState
from data_platform.steps.publish import Published, behind, publish_warehouse
from data_platform.warehouse.publication import WAREHOUSE
from data_platform.warehouse.read import open_read_only
from data_platform_tests.planning.town import rain
from data_platform_tests.small_dataset import FILES, NOW, SCHEMA, SmallDataset, reading, small_dataset

_PERSONAL_NOTE = "note: {type: VARCHAR, pii: name}"


def _publish(small: SmallDataset, minutes: int = 0) -> Published:
    published = publish_warehouse(small.platform, now=NOW + timedelta(minutes=minutes))
    assert published is not None
    return published


def _ask(small: SmallDataset, sql: str) -> list[tuple[Any, ...]]:
    with open_read_only(small.platform.warehouse / WAREHOUSE) as connection:
        return connection.execute(sql).fetchall()


def _written(small: SmallDataset) -> dict[Path, int]:
    folders = (small.settings.lake_path, small.platform.warehouse)
    return {path: path.stat().st_mtime_ns for folder in folders for path in folder.rglob("*")}


def test_nothing_is_published_before_something_is_committed(small_town: SmallDataset) -> None:
    assert publish_warehouse(small_town.platform, now=NOW) is None
    assert not behind(small_town.platform)
    assert not small_town.platform.warehouse.exists()


def test_readers_get_every_table_view_and_quarantine(built_town: SmallDataset) -> None:
    assert behind(built_town.platform)
    assert _publish(built_town).changed
    relations = _ask(
        built_town,
        "SELECT table_schema || '.' || table_name, table_type FROM information_schema.tables ORDER BY 1",
    )
    assert relations == [
        ("curated.daily_rain", "BASE TABLE"),
        ("curated.monthly_weather", "BASE TABLE"),
        ("curated.record_days", "BASE TABLE"),
        ("operations.commits", "BASE TABLE"),
        ("operations.publication", "BASE TABLE"),
        ("quarantine.places", "BASE TABLE"),
        ("quarantine.readings", "BASE TABLE"),
        ("quarantine.snow", "BASE TABLE"),
        ("staged.places", "VIEW"),
        ("staged.readings", "VIEW"),
        ("staged.snow", "VIEW"),
        ("staged.weather", "VIEW"),
    ]
    assert _ask(built_town, "SELECT kind, sum(mm)::DOUBLE FROM staged.weather GROUP BY kind ORDER BY kind") == [
        ("rain", 6.0),
        ("snow", 10.0),
    ]
    assert _ask(built_town, "SELECT days FROM curated.record_days") == [(3,)]
    assert _ask(built_town, "SELECT reading_id, _source_row, _rules FROM quarantine.readings") == [
        (2, 2, ["rain_mm_required"])
    ]


def test_a_quarantined_row_leads_to_its_file_as_the_source_calls_it_and_tells_since_when(
    built_town: SmallDataset,
) -> None:
    rain(built_town, "2024-02", 30, None, 999)
    built_town.run()
    _publish(built_town)
    rows = _ask(
        built_town,
        "SELECT _partition, _source_uri, _source_row, _rules, _open_since FROM quarantine.readings ORDER BY ALL",
    )
    source = built_town.source.as_uri()
    assert [row[:4] for row in rows] == [
        ("2024-01", f"{source}/readings-2024-01.parquet", 2, ["rain_mm_required"]),
        ("2024-02", f"{source}/readings-2024-02.parquet", 1, ["rain_mm_required"]),
        ("2024-02", f"{source}/readings-2024-02.parquet", 2, ["rain_mm_range"]),
    ]
    states = built_town.platform.lake.table(TableName("staged", "readings")).partitions()
    assert [row[4] for row in rows] == [states[row[0]].committed_at.replace(tzinfo=None) for row in rows]


def test_equal_bytes_of_two_months_are_told_by_the_month_that_rejects_them(tmp_path: Path) -> None:
    by_month = FILES["defs.yaml"].replace("readings-{partition:%Y-%m}", "{partition:%Y-%m}/readings")
    small = small_dataset(tmp_path, {"defs.yaml": by_month})
    for month in ("2024-01", "2024-02"):
        (small.source / month).mkdir()
        small.put_file(f"{month}/readings.parquet", pa.Table.from_pylist([reading(1, value=None)], schema=SCHEMA))
    small.run()
    assert len({row["_source_file"] for row in small.quarantine("staged.readings")}) == 1
    _publish(small)
    months = _ask(small, "SELECT _partition, _source_uri FROM quarantine.readings ORDER BY 1")
    assert months == [(month, f"{small.source.as_uri()}/{month}/readings.parquet") for month in ("2024-01", "2024-02")]


def test_a_source_that_moved_is_published_with_its_new_name(built_town: SmallDataset) -> None:
    _publish(built_town)
    mirror = shutil.copytree(built_town.source, built_town.home / "it's a mirror [1]")
    moved = replace(built_town, source=mirror)
    moved.run()
    assert _publish(moved, minutes=5).changed
    assert _ask(moved, "SELECT DISTINCT _source_uri FROM quarantine.readings") == [
        (f"{mirror.as_uri()}/readings-2024-01.parquet",)
    ]


def test_descriptions_and_units_come_along_as_comments(built_town: SmallDataset) -> None:
    _publish(built_town)
    assert _ask(
        built_town, "SELECT comment FROM duckdb_tables() WHERE schema_name = 'curated' AND table_name = 'daily_rain'"
    ) == [("Rain per place and day.",)]
    assert _ask(
        built_town,
        "SELECT schema_name, comment FROM duckdb_columns() WHERE column_name = 'rain_mm' AND comment <> '' ORDER BY 1",
    ) == [("curated", "[mm]"), ("quarantine", "[mm]"), ("staged", "[mm]")]
    assert _ask(built_town, "SELECT comment FROM duckdb_views() WHERE view_name = 'weather'") == [
        ("Rain and snow in one shape.",)
    ]


def test_what_a_column_means_comes_along_in_its_comment(built_town: SmallDataset) -> None:
    contract = (built_town.folder / "staged/readings.yaml").read_text()
    built_town.write({"staged/readings.yaml": contract.replace("unit: mm", "semantic: quantity, unit: mm")})
    _publish(built_town)

    asked = "SELECT comment FROM duckdb_columns() WHERE column_name = 'rain_mm' AND schema_name = 'staged'"
    assert _ask(built_town, asked) == [("[quantity, mm]",)]


def test_a_publication_of_nothing_new_touches_no_file(built_town: SmallDataset) -> None:
    first = _publish(built_town)
    before = _written(built_town)
    second = _publish(built_town, minutes=5)
    assert (second.changed, second.publication) == (False, first.publication)
    assert not behind(built_town.platform)
    assert _written(built_town) == before


def test_another_commit_is_another_publication(built_town: SmallDataset) -> None:
    _publish(built_town)
    rain(built_town, "2024-02", 30, None)
    built_town.run()
    assert behind(built_town.platform)
    assert _publish(built_town, minutes=5).changed
    assert _ask(built_town, "SELECT sum(rain_mm)::INTEGER FROM curated.daily_rain") == [(33,)]
    assert _ask(built_town, "SELECT count(*) FROM quarantine.readings") == [(2,)]


def test_a_correction_that_was_withdrawn_is_published_again(built_town: SmallDataset) -> None:
    _publish(built_town)
    rain(built_town, "2024-02", 30)
    built_town.run()
    rain(built_town, "2024-02", 3)
    built_town.run()
    assert _publish(built_town, minutes=5).changed  # the views read other files, the first may be gone one day
    assert _ask(built_town, "SELECT sum(rain_mm)::INTEGER FROM staged.readings") == [(6,)]


def test_the_commits_table_repeats_the_accounts(built_town: SmallDataset) -> None:
    rain(built_town, "2024-02", 30, None, 999)
    built_town.run()
    _publish(built_town)
    published = _ask(
        built_town,
        "SELECT table_name, partition, version, rows_in, rows_out, rows_rejected, rows_dropped, by_rule::VARCHAR, "
        "fingerprint, run_id FROM operations.commits ORDER BY 1, 2, 3",
    )
    expected = []
    lake = built_town.platform.lake
    for name in lake.tables():
        for commit in lake.table(name).history():
            account = commit.provenance.get("account", {})
            rules = {**account.get("rejected_by", {}), **account.get("dropped_by", {})}
            for partition in commit.partitions:
                expected.append(
                    (
                        str(name),
                        partition,
                        commit.version,
                        account.get("arrived"),
                        commit.provenance["rows"],
                        account.get("rejected"),
                        account.get("dropped"),
                        json.dumps(rules, sort_keys=True),
                        commit.fingerprints[partition],
                        "test",
                    )
                )
    assert published == sorted(expected)
    latest = [row for row in published if row[:2] == ("staged/readings", "2024-02")][-1]
    assert latest[3:8] == (3, 1, 2, 0, '{"rain_mm_range": 1, "rain_mm_required": 1}')


class BusyLake(Lake):
    """A lake in which somebody commits to a table whenever its history is read."""

    def table(self, name: TableName) -> LakeTable:
        return BusyTable(self.storage, name)


class BusyTable(LakeTable):
    def history(self) -> tuple[Commit, ...]:
        for partition in self.partitions():
            base, empty = self.begin([partition]), {partition: "0" * 15}
            self.commit(base, [], columns=self.columns(), fingerprints=empty, provenance={})
        return super().history()


def test_commits_made_during_a_publication_are_told_by_the_next(built_town: SmallDataset) -> None:
    platform = built_town.platform
    before = {(str(name), p, s.version) for name in platform.lake.tables() for p, s in _states(platform.lake, name)}
    published = publish_warehouse(replace(platform, lake=BusyLake(platform.lake.storage)), now=NOW)
    assert published is not None
    assert set(_ask(built_town, "SELECT table_name, partition, version FROM operations.commits")) == before
    assert _ask(built_town, "SELECT days FROM curated.record_days") == [(3,)]


def _states(lake: Lake, name: TableName) -> list[tuple[str, PartitionState]]:
    return list(lake.table(name).partitions().items())


def test_rows_of_the_publication_are_those_of_the_relations(built_town: SmallDataset) -> None:
    _publish(built_town)
    for name, rows in _ask(built_town, "SELECT table_name, rows FROM operations.publication WHERE rows IS NOT NULL"):
        schema, _, table = name.partition("/")
        assert _ask(built_town, f"SELECT count(*) FROM {schema}.{table}") == [(rows,)]


def test_personal_data_is_masked_wherever_it_is_published(built_town: SmallDataset) -> None:
    contract = (built_town.folder / "staged/readings.yaml").read_text()
    built_town.write({"staged/readings.yaml": contract.replace("note: {type: VARCHAR}", _PERSONAL_NOTE)})
    built_town.put("2024-02", [_noted(1, 5.0), _noted(2, None)])
    built_town.run()
    _publish(built_town)
    assert _ask(built_town, "SELECT DISTINCT note FROM staged.readings WHERE note IS NOT NULL") == [("***",)]
    assert _ask(built_town, "SELECT DISTINCT note FROM quarantine.readings WHERE note IS NOT NULL") == [("***",)]
    assert b"Ann" not in (built_town.platform.warehouse / WAREHOUSE).read_bytes()


@pytest.mark.parametrize("place", ["contract", "raw"])
def test_original_texts_are_masked_where_any_of_them_may_be_personal(built_town: SmallDataset, place: str) -> None:
    """A place number that is text: it does not fit its type, and is kept as it came."""
    file = {"contract": "staged/places.yaml", "raw": "defs.yaml"}[place]
    text = (built_town.folder / file).read_text()
    assert "place_id: {type: INTEGER" in text
    built_town.write({file: text.replace("place_id: {type: INTEGER", "place_id: {pii: id, type: INTEGER")})
    contract = (built_town.folder / "staged/places.yaml").read_text()
    built_town.write({"staged/places.yaml": contract + "audit: {max_rejected_share: 1}\n"})
    built_town.put_file("places.csv", "place_id,name\n1,Harbour\nAnn,Hill\n")
    built_town.run()
    assert "Ann" in str(built_town.quarantine("staged.places")[0]["_original"])
    _publish(built_town)
    assert _ask(built_town, "SELECT _original FROM quarantine.places") == [("***",)]


def test_partitions_that_a_table_no_longer_has_are_not_published(built_town: SmallDataset) -> None:
    defs = (built_town.folder / "defs.yaml").read_text()
    built_town.write({"defs.yaml": defs.replace('start: "2024-01"', 'start: "2024-02"')})
    built_town.run()
    _publish(built_town)
    assert _ask(built_town, "SELECT DISTINCT month(read_at) FROM staged.readings") == [(2,)]
    assert _ask(built_town, "SELECT sum(rain_mm)::INTEGER FROM curated.daily_rain") == [(3,)]
    assert _ask(built_town, "SELECT count(*) FROM quarantine.readings") == [(0,)]


def test_a_table_that_was_created_and_never_committed_is_not_published(built_town: SmallDataset) -> None:
    """What a first build leaves that was killed between creating the table and its commit."""
    _create_only(built_town.platform.lake, TableName("curated", "half"))
    built_town.write(
        {
            "curated/half.sql": "SELECT place FROM curated.record_days",
            "curated/half.yaml": "description: Half made.\npartitions: none\ncolumns:\n  place: {type: VARCHAR}\n"
            "reconciles: {none: 'nothing to compare it with'}\n",
        }
    )
    _publish(built_town)
    assert _ask(built_town, "SELECT count(*) FROM information_schema.tables WHERE table_name = 'half'") == [(0,)]


def _create_only(lake: Lake, name: TableName) -> None:
    fields = schema.fields(str(name), [Column("place", "VARCHAR")])
    DeltaFolder(lake.storage, str(name), partitioned=True).ensure(fields)


def _noted(reading_id: int, value: float | None) -> dict[str, object]:
    return reading(reading_id, value=value, note="Ann's gauge", read_at=NOW.replace(month=2, tzinfo=None))
