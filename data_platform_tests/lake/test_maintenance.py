"""Maintenance takes what nobody can need any more, and nothing else; `now` is told, nobody waits."""

import hashlib
import os
from collections.abc import Collection
from dataclasses import replace as changed
from datetime import UTC, datetime, timedelta
from pathlib import Path

import deltalake
import pytest

from data_platform.lake.errors import VersionGone
from data_platform.lake.lake import Lake
from data_platform.lake.maintenance import MaintenanceReport, maintain
from data_platform.lake.sightings import Sighting
from data_platform.lake.storage import written_at
from data_platform_tests.lake.writing import (
    COLUMNS,
    TRIPS,
    fingerprint,
    read,
    read_keys,
    replace,
    rows,
    sighting,
    write,
)

DAY = timedelta(days=1)


def run(
    lake: Lake, *, after: timedelta, keep: Collection[str] = (), oldest_run_started: datetime | None = None
) -> MaintenanceReport:
    """Maintenance as it would be so long after now."""
    return maintain(lake, keep=keep, oldest_run_started=oldest_run_started, now=datetime.now(UTC) + after)


def keys(lake: Lake) -> set[str]:
    return {file.key for file in lake.storage.list("")}


def data_files(lake: Lake, folder: str = str(TRIPS)) -> set[str]:
    return {key for key in keys(lake) if key.startswith(f"{folder}/") and "/_delta_log/" not in key}


def receive(lake: Lake, slot: str, content: str) -> Sighting:
    """Bytes in the lake and the sighting of them, not yet in the ledger."""
    path = lake.raw.incoming("trips").path
    path.write_text(content)
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    key = lake.raw.store("trips", path, sha256=sha256, name=f"{slot}.parquet")
    seen = sighting(slot, content)
    assert seen.key == key
    return seen


def test_nothing_to_do_touches_nothing(lake: Lake) -> None:
    assert run(lake, after=30 * DAY) == MaintenanceReport()
    replace(lake, "2024-01", "us", 1)
    before = {(f.key, f.modified_at) for f in lake.storage.list("")}
    assert run(lake, after=30 * DAY) == MaintenanceReport()
    assert {(f.key, f.modified_at) for f in lake.storage.list("")} == before


def test_replaced_files_go_after_the_retention_and_their_versions_with_them(lake: Lake) -> None:
    replace(lake, "2024-01", "old", 3)
    replace(lake, "2024-02", "other", 5)
    old = lake.table(TRIPS).files(["2024-01"])
    replace(lake, "2024-01", "new", 4)
    assert run(lake, after=6 * DAY).replaced == []
    assert read(lake, version=1) == {"old": 3}

    report = run(lake, after=8 * DAY)
    assert set(report.replaced) == {*old.clean, *old.rejected}
    assert report.bytes_freed > 0
    assert data_files(lake).isdisjoint(report.replaced)
    assert read(lake) == {"new": 4, "other": 5}
    table = lake.table(TRIPS)
    assert table.history()[0].version == 3, "what maintenance commits is not history of partitions"
    assert read(lake, version=3) == {"new": 4, "other": 5}
    for version in range(3):
        with pytest.raises(VersionGone, match=f"version {version} have been deleted; the oldest .* is 3"):
            table.files(version=version)
    with pytest.raises(VersionGone):
        table.version_at(table.history()[-1].committed_at)
    assert run(lake, after=8 * DAY) == MaintenanceReport()


def test_a_version_within_the_retention_stays_readable(lake: Lake) -> None:
    """Made long ago and replaced just now: it was the table until a moment ago."""
    replace(lake, "2024-01", "old", 3)
    replace(lake, "2024-01", "new", 4)
    lake_is_ten_days_older(lake, versions=[0, 1])
    assert run(lake, after=timedelta()).replaced == []
    assert read(lake, version=1) == {"old": 3}


def test_a_file_made_long_ago_and_replaced_just_now_is_no_orphan(lake: Lake) -> None:
    """Old by its name, named by no live version any more, and still what a reader of yesterday's version reads."""
    new = write(lake, "2024-01", rows("old", 3))
    old = changed(new, key=new.key.replace(f"{datetime.now(UTC):%Y}", "2001", 1))
    lake.storage.local(new.key).rename(lake.storage.local(old.key))
    table = lake.table(TRIPS)
    table.commit(
        table.begin(["2024-01"]), [old], columns=COLUMNS, fingerprints={"2024-01": fingerprint("o")}, provenance={}
    )
    replace(lake, "2024-01", "new", 4)
    assert run(lake, after=6 * DAY) == MaintenanceReport()
    assert read(lake, version=1) == {"old": 3}


def lake_is_ten_days_older(lake: Lake, versions: list[int]) -> None:
    for number in versions:
        path = Path(lake.storage.delta_uri(f"{TRIPS}/_delta_log/{number:020d}.json"))
        head, _, rest = path.read_text().partition('"timestamp":')
        stamp = int(rest[:13]) - 10 * 24 * 3600 * 1000
        path.write_text(f'{head}"timestamp":{stamp}{rest[13:]}')


def test_what_a_publication_still_needs_stays(lake: Lake) -> None:
    replace(lake, "2024-01", "published", 3)
    needed = lake.table(TRIPS).files()
    replace(lake, "2024-01", "new", 4)

    report = run(lake, after=30 * DAY, keep=needed.clean)
    assert report.replaced == list(needed.rejected)
    assert read_keys(lake, needed.clean) == {"published": 3}
    assert run(lake, after=30 * DAY).replaced == list(needed.clean)


def test_an_orphan_goes_when_it_is_older_than_a_week(lake: Lake) -> None:
    replace(lake, "2024-01", "us", 3)
    orphan = write(lake, "2024-01", rows("the dead", 1))

    assert run(lake, after=6 * DAY).orphans == []
    assert run(lake, after=8 * DAY).orphans == [orphan.key]
    assert read(lake) == {"us": 3}
    with pytest.raises(FileNotFoundError):
        lake.storage.local(orphan.key).stat()
    assert read(lake, version=1) == {"us": 3}, "an orphan's end takes no version away"


def test_an_orphan_is_as_old_as_its_name_says_whatever_its_file_says(lake: Lake) -> None:
    replace(lake, "2024-01", "us", 3)
    orphan = write(lake, "2024-01", rows("restored from a backup", 1))
    os.utime(lake.storage.local(orphan.key), (0, 0))
    assert run(lake, after=6 * DAY).orphans == []


def test_a_file_in_flight_is_never_taken(lake: Lake) -> None:
    """However long its run has been at work."""
    replace(lake, "2024-01", "us", 3)
    started = datetime.now(UTC) - timedelta(seconds=2)
    in_flight = write(lake, "2024-02", rows("slow", 1))

    assert run(lake, after=90 * DAY, oldest_run_started=started).orphans == []
    assert lake.storage.exists(in_flight.key)
    assert run(lake, after=90 * DAY, oldest_run_started=datetime.now(UTC) + DAY).orphans == [in_flight.key]


def test_a_running_reader_keeps_what_it_began_with(lake: Lake) -> None:
    started = datetime.now(UTC) - timedelta(seconds=2)
    replace(lake, "2024-01", "old", 3)
    replace(lake, "2024-01", "new", 4)
    assert run(lake, after=90 * DAY, oldest_run_started=started).replaced == []


def test_a_file_committed_after_the_listing_is_known_when_it_counts(lake: Lake) -> None:
    """The store commits an old file while maintenance lists: the log is read again after the listing."""
    replace(lake, "2024-01", "us", 3)
    late = write(lake, "2024-02", rows("late", 2))

    class Storage(type(lake.storage)):  # type: ignore[misc] # the lake's own storage, with something going on
        def list(self, prefix: str):  # type: ignore[no-untyped-def] # as the one above
            listed = list(super().list(prefix))
            if prefix == str(TRIPS) and not lake.table(TRIPS).partitions().get("2024-02"):
                table = lake.table(TRIPS)
                table.commit(
                    table.begin(["2024-02"]),
                    [late],
                    columns=COLUMNS,
                    fingerprints={"2024-02": fingerprint("late")},
                    provenance={},
                )
            yield from listed

    report = run(Lake(Storage(Path(lake.storage.delta_uri("")))), after=8 * DAY)
    assert report.orphans == []
    assert read(lake) == {"us": 3, "late": 2}


def test_files_with_other_names_are_reported_and_left(lake: Lake) -> None:
    replace(lake, "2024-01", "us", 3)
    stranger = lake.storage.local(f"{TRIPS}/notes.txt")
    stranger.write_text("mine")
    assert run(lake, after=90 * DAY).unclaimed == [f"{TRIPS}/notes.txt"]
    assert stranger.exists()


def test_a_table_without_a_log_is_left_for_a_person(lake: Lake) -> None:
    """It may be one that never got its first commit, or one whose log was lost."""
    written = write(lake, "2024-01", rows("us", 3))
    report = run(lake, after=90 * DAY)
    assert (report.unclaimed, report.orphans) == ([written.key], [])
    assert lake.storage.exists(written.key)


def test_raw_bytes_that_no_sighting_names_go_after_a_week(lake: Lake) -> None:
    ledger = lake.ledger("trips")
    named = receive(lake, "a", "named")
    ledger.append([named], base=ledger.read())
    unnamed = receive(lake, "b", "the run died before it said so")
    unfinished = lake.raw.incoming("trips")
    unfinished.path.write_text("half")

    assert run(lake, after=6 * DAY).orphans == []
    assert run(lake, after=90 * DAY, oldest_run_started=datetime.now(UTC) - DAY).orphans == []
    assert set(run(lake, after=8 * DAY).orphans) == {unnamed.key, unfinished.key}
    assert data_files(lake, "raw") == {named.key}


def test_superseded_bytes_stay_for_ever(lake: Lake) -> None:
    """A correction may be withdrawn, and the past must be explainable."""
    ledger = lake.ledger("trips")
    for content in ("A", "B"):
        ledger.append([receive(lake, "s", content)], base=ledger.read())
    assert run(lake, after=900 * DAY).orphans == []
    assert len(data_files(lake, "raw")) == 2


def test_the_parsed_form_of_raw_bytes_is_named_too(lake: Lake) -> None:
    ledger = lake.ledger("trips")
    original, parsed, lines = (receive(lake, *each) for each in (("s", "a,b"), ("p", "parquet"), ("l", "unparsed")))
    known = changed(original, data_key=parsed.key, unparsed_key=lines.key, unparsed=1)
    ledger.append([known], base=ledger.read())
    assert run(lake, after=90 * DAY).orphans == []


def test_bytes_received_again_are_young_again(lake: Lake) -> None:
    """An old orphan that a run at work has just downloaded anew, and is about to name."""
    ledger = lake.ledger("trips")
    ledger.append([receive(lake, "x", "x")], base=ledger.read())
    orphan = receive(lake, "s", "A")
    assert orphan.key is not None
    os.utime(lake.storage.local(orphan.key), (0, 0))
    receive(lake, "s", "A")
    assert run(lake, after=timedelta()).orphans == []


def test_raw_bytes_without_a_ledger_are_left_for_a_person(lake: Lake) -> None:
    bytes_only = receive(lake, "s", "A")
    report = run(lake, after=90 * DAY)
    assert (report.unclaimed, report.orphans) == ([bytes_only.key], [])


def test_a_long_ledger_is_compacted_and_its_old_files_go_later(lake: Lake) -> None:
    ledger = lake.ledger("trips")
    for number in range(22):
        ledger.append([sighting("s", str(number))], base=ledger.read())
    before = ledger.read().all()

    first = run(lake, after=timedelta())
    assert first.compacted == ["trips"]
    assert first.checkpointed == ["ledger/trips"]
    assert first.replaced == []
    assert len(run(lake, after=8 * DAY).replaced) == 22
    assert len(data_files(lake, "ledger/trips")) == 1
    assert ledger.read().all() == before
    assert len(ledger.append([sighting("s", "next")], base=ledger.read()).all()) == 23


def test_a_checkpoint_is_written_where_others_will_profit(lake: Lake) -> None:
    for number in range(12):
        replace(lake, "2024-01", "us", number + 1)
    assert run(lake, after=timedelta()).checkpointed == [str(TRIPS)]
    assert run(lake, after=timedelta()).checkpointed == []
    assert deltalake.DeltaTable(lake.storage.delta_uri(str(TRIPS))).version() == 12
    assert read(lake) == {"us": 12}


def test_the_log_is_never_touched(lake: Lake) -> None:
    for number in range(12):
        replace(lake, "2024-01", "us", number + 1)
    logged = {key for key in keys(lake) if "/_delta_log/" in key}
    run(lake, after=900 * DAY)
    assert logged <= keys(lake)


def test_a_commit_after_a_vacuum_goes_on_as_before(lake: Lake) -> None:
    replace(lake, "2024-01", "old", 3)
    replace(lake, "2024-01", "new", 4)
    base = lake.table(TRIPS).begin(["2024-01"])
    assert run(lake, after=8 * DAY).replaced
    replace(lake, "2024-01", "newer", 5, base=base)
    assert read(lake) == {"newer": 5}


def test_what_a_killed_commit_or_checkpoint_wrote_without_a_name_goes_after_a_week(lake: Lake) -> None:
    """delta-rs writes `….json#1` and then gives it its name; the version that others gave that name stays."""
    replace(lake, "2024-01", "us", 3)
    for name in (f"{1:020d}.json#1", f"{2:020d}.json#1", f"{1:020d}.checkpoint.parquet#1", "_last_checkpoint#2"):
        lake.storage.local(f"{TRIPS}/_delta_log/{name}").write_text("half")

    assert run(lake, after=6 * DAY).orphans == []
    assert run(lake, after=90 * DAY, oldest_run_started=datetime.now(UTC) - DAY).orphans == []
    assert len(run(lake, after=8 * DAY).orphans) == 4
    assert {path.suffix for path in lake.storage.local(f"{TRIPS}/_delta_log").iterdir()} == {".json"}
    assert read(lake) == {"us": 3}


def test_a_file_of_the_second_in_which_its_run_began_is_in_flight(lake: Lake) -> None:
    """Its name tells whole seconds, and would make it older than the run that writes it."""
    replace(lake, "2024-01", "us", 3)
    in_flight = write(lake, "2024-02", rows("slow", 1))
    began = written_at(in_flight.key)
    assert began is not None

    assert run(lake, after=90 * DAY, oldest_run_started=began + timedelta(microseconds=1)).orphans == []
    assert run(lake, after=90 * DAY, oldest_run_started=began + timedelta(seconds=1)).orphans == [in_flight.key]
