"""Receiving from real files: what is written down, what is kept, and what one bad partition does to the others."""

import logging
import os
from datetime import timedelta

import pytest

from data_platform.lake.names import TableName
from data_platform.sources.errors import PermanentSourceError
from data_platform.steps.build import Built
from data_platform.steps.receive import receive
from data_platform_tests.planning.town import rain, told
from data_platform_tests.small_dataset import NOW, PLACES, SmallDataset


def _ledger_commits(small: SmallDataset) -> int:
    return len(list((small.settings.lake_path / "ledger" / "readings" / "_delta_log").glob("*.json")))


def test_all_partitions_of_a_request_are_one_commit_of_the_ledger(built_town: SmallDataset) -> None:
    before = _ledger_commits(built_town)
    rain(built_town, "2024-01", 5)
    rain(built_town, "2024-02", 6)
    january, february = built_town.receive("readings", "2024-01", "2024-02")
    assert (january.outcome, february.outcome) == ("received", "received")
    assert january.text.endswith(" bytes, 1 records")
    assert _ledger_commits(built_town) == before + 1


def test_what_has_not_changed_touches_no_file(built_town: SmallDataset) -> None:
    before = {path: path.stat().st_mtime_ns for path in built_town.settings.lake_path.rglob("*") if path.is_file()}
    results = built_town.receive("readings", "2024-01", "2024-02")
    assert {result.outcome for result in results} == {"unchanged"}
    after = {path: path.stat().st_mtime_ns for path in built_town.settings.lake_path.rglob("*") if path.is_file()}
    assert after == before


def test_a_sighting_says_where_what_and_when(built_town: SmallDataset) -> None:
    path = rain(built_town, "2024-02", 6, 7)
    (result,) = built_town.receive("readings", "2024-02", now=NOW + timedelta(hours=1))
    (sighting,) = result.current
    assert sighting.uri == path.as_uri()
    assert (sighting.partition, sighting.records, sighting.bytes) == ("2024-02", 2, path.stat().st_size)
    assert (sighting.seen_at, sighting.run_id) == (NOW + timedelta(hours=1), "test")
    assert [name for name, _ in sighting.columns] == ["reading_id", "place_id", "read_at", "value", "note"]
    kept = built_town.platform.lake.storage.local(str(sighting.key))
    assert kept.read_bytes() == path.read_bytes()


def test_text_is_kept_as_bytes_and_read_as_rows(built_town: SmallDataset) -> None:
    path = built_town.put_file("places.csv", PLACES + "3,Mill\n")
    (result,) = built_town.receive("places")
    (sighting,) = result.current
    assert sighting.records == 3
    assert built_town.platform.lake.storage.local(str(sighting.key)).read_bytes() == path.read_bytes()
    assert sighting.data_key == f"{sighting.key}.parquet"


def test_a_partition_that_cannot_be_asked_does_not_lose_what_the_others_gave(built_town: SmallDataset) -> None:
    rain(built_town, "2024-02", 6)
    (built_town.source / "readings-2024-01.parquet").unlink()
    (built_town.source / "readings-2024-01.parquet").mkdir()
    with pytest.raises(PermanentSourceError, match=r"readings-2024-01.parquet: is not a regular file"):
        built_town.receive("readings", "2024-01", "2024-02")
    assert told(built_town) == ["staged/readings 2024-02: input moved: raw/readings"]


def test_a_partition_that_is_not_there_keeps_what_was_received(built_town: SmallDataset) -> None:
    (built_town.source / "readings-2024-02.parquet").unlink()
    absent, never = built_town.receive("readings", "2024-02", "2024-03")
    assert (absent.outcome, absent.text) == ("absent", "not at its source")
    assert len(absent.current) == 1
    assert (never.outcome, never.current, never.data_version) == ("absent", (), None)


def test_bytes_that_were_refused_are_read_again_when_somebody_asks(built_town: SmallDataset) -> None:
    built_town.put_file("readings-2024-02.parquet", b"PAR1 and no more")
    before = built_town.platform.lake.ledger("readings").read().data_version("2024-02")
    for _ in range(2):
        (refused,) = built_town.receive("readings", "2024-02")
        assert refused.outcome == "refused"
        assert "readings-2024-02.parquet" in refused.text
        assert refused.data_version == before
        assert [sighting.records for sighting in refused.current] == [1]
    assert not any((built_town.settings.lake_path / "raw" / "readings" / "incoming").iterdir())


def test_a_correction_that_is_refused_and_withdrawn_is_the_first_version_again(built_town: SmallDataset) -> None:
    path = built_town.source / "readings-2024-02.parquet"
    good, then = path.read_bytes(), path.stat().st_mtime
    built_town.put_file(path.name, b"")
    built_town.run()
    path.write_bytes(good)
    os.utime(path, (then, then))
    assert told(built_town) == ["raw/readings 2024-02: changed at the source after it was refused"]
    assert built_town.run() == ["raw.readings 2024-02"]


def test_drift_is_told_of_the_newest_file(built_town: SmallDataset) -> None:
    table = built_town.platform.catalog.raw(TableName("raw", "snow"))
    rain(built_town, "2024-02", 1).rename(built_town.source / "snow-2024-02.parquet")
    (result,) = receive(built_town.platform.lake, table, ["2024-02"], run_id="test", now=NOW)
    assert result.outcome == "received"
    assert result.drift.missing == ("depth_id", "measured_at", "depth_mm")
    assert "reading_id" in result.drift.unknown


def test_a_file_moved_into_place_between_two_looks_is_a_file_like_any_other(built_town: SmallDataset) -> None:
    rain(built_town, "2024-02", 6)
    (first,) = built_town.receive("readings", "2024-02")
    rain(built_town, "2024-02", 6)
    (second,) = built_town.receive("readings", "2024-02")
    assert (first.outcome, second.outcome) == ("received", "received")
    assert first.data_version == second.data_version
    assert isinstance(built_town.build("staged.readings", "2024-02"), Built)


def test_a_long_download_is_seen_to_move(built_town: SmallDataset, caplog: pytest.LogCaptureFixture) -> None:
    rows = "".join(f"{place},{'x' * 1_000}\n" for place in range(3, 5_003))
    built_town.put_file("places.csv", PLACES + rows)

    with caplog.at_level(logging.INFO, "data_platform"):
        built_town.receive("places")

    told = [text.removeprefix("raw/places all: ") for text in caplog.messages if text.startswith("raw/places all: ")]
    done = [float(text.split()[0]) for text in told]
    assert done == sorted(done)
    assert 2 < len(done) <= 10
    assert told[-1] == f"{done[-1]} of {(len(PLACES) + len(rows)) / 1e6:.1f} MB"
