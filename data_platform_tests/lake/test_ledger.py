"""The ledger: one order for everybody, no sighting lost, no slot overtaken unseen."""

import subprocess
import sys
from dataclasses import replace

import deltalake
import pytest

from data_platform.lake.errors import SlotMoved
from data_platform.lake.lake import Lake
from data_platform.lake.sightings import Sightings
from data_platform_tests.lake.writing import sighting


def append(lake: Lake, slot: str, content: str | None) -> Sightings:
    ledger = lake.ledger("trips")
    return ledger.append([sighting(slot, content)], base=ledger.read())


def test_there_is_no_ledger_before_something_was_seen(lake: Lake) -> None:
    ledger = lake.ledger("trips")
    assert ledger.read().all() == ()
    assert ledger.append([], base=ledger.read()).all() == ()
    assert list(lake.storage.list("")) == []


def test_sightings_come_back_as_they_went_in(lake: Lake) -> None:
    ours = [sighting("it's ö", "A"), sighting("b", None), replace(sighting("c", "C"), records=None)]
    ledger = lake.ledger("trips")
    returned = ledger.append(ours, base=ledger.read())

    expected = tuple(replace(s, sequence=n + 1) for n, s in enumerate(ours))
    assert returned.all() == expected
    assert lake.ledger("trips").read().all() == expected


def test_reading_brings_no_pandas(lake: Lake) -> None:
    append(lake, "a", "A")
    program = (
        "import sys; from pathlib import Path; from data_platform.lake.lake import Lake; "
        "from data_platform.lake.storage import LocalStorage; "
        "found = Lake(LocalStorage(Path(sys.argv[1]))).ledger('trips').read().all(); "
        "print(len(found), 'pandas' in sys.modules)"
    )
    command = [sys.executable, "-c", program, str(lake.storage.local(""))]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "1 False\n"


def test_reading_again_what_did_not_change_gives_the_same_snapshot(lake: Lake) -> None:
    append(lake, "a", "A")
    assert lake.ledger("trips").read() is lake.ledger("trips").read()


def test_a_snapshot_does_not_change(lake: Lake) -> None:
    before = append(lake, "a", "A")
    append(lake, "a", "B")
    assert [s.version for s in before.all()] == ['"A"']


def test_order_is_by_sequence_whatever_the_clocks_say(lake: Lake) -> None:
    ledger = lake.ledger("trips")
    late = replace(sighting("a", "first"), seen_at=sighting("a", "x").seen_at.replace(year=2030))
    ledger.append([late], base=ledger.read())
    append(lake, "a", "second")
    assert [s.version for s in ledger.read().current("2024-01")] == ['"second"']


def test_a_correction_a_withdrawal_and_a_redelivery_follow_by_themselves(lake: Lake) -> None:
    versions = [append(lake, "s", content).data_version("2024-01") for content in ("A", "B", "A", "A")]
    assert versions[0] == versions[2] == versions[3] != versions[1]
    assert len(lake.ledger("trips").read().all()) == 4


def test_a_slot_that_was_seen_by_somebody_else_has_moved(lake: Lake) -> None:
    ledger = lake.ledger("trips")
    base = append(lake, "s", "A")
    append(lake, "s", "B")

    with pytest.raises(SlotMoved, match=r"raw/trips \[2024-01\]: slot 's' got sighting 2 .* \(it had 1\)"):
        ledger.append([sighting("s", "C")], base=base)
    with pytest.raises(SlotMoved, match=r"\(it had none\)"):
        ledger.append([sighting("s", "C")], base=Sightings())
    assert [s.version for s in ledger.read().all()] == ['"A"', '"B"']


def test_a_refusal_moves_a_slot_too(lake: Lake) -> None:
    base = append(lake, "s", "A")
    append(lake, "s", None)
    with pytest.raises(SlotMoved):
        lake.ledger("trips").append([sighting("s", "C")], base=base)


def test_one_moved_slot_holds_back_the_whole_append(lake: Lake) -> None:
    ledger = lake.ledger("trips")
    base = ledger.read()
    append(lake, "s", "A")
    with pytest.raises(SlotMoved):
        ledger.append([sighting("t", "T"), sighting("s", "C")], base=base)
    assert len(ledger.read().all()) == 1


def test_appends_to_other_slots_are_no_obstacle(lake: Lake) -> None:
    ledger = lake.ledger("trips")
    base = ledger.read()
    append(lake, "s", "A")
    after = ledger.append([sighting("t", "T")], base=base)
    assert [(s.slot, s.sequence) for s in after.all()] == [("s", 1), ("t", 2)]


def test_compaction_makes_one_file_and_keeps_every_sighting_in_order(lake: Lake) -> None:
    for n in range(5):
        append(lake, f"slot {n % 2}", str(n))
    ledger = lake.ledger("trips")
    before = ledger.read().all()

    assert not ledger.compact(beyond=5)
    assert ledger.compact(beyond=4)
    theirs = deltalake.DeltaTable(lake.storage.delta_uri("ledger/trips"))
    assert len(theirs.file_uris()) == 1
    assert theirs.to_pyarrow_table().num_rows == 5
    assert ledger.read().all() == before
    assert [s.sequence for s in append(lake, "slot 0", "next").all()] == [1, 2, 3, 4, 5, 6]


def test_a_base_from_before_a_compaction_still_counts(lake: Lake) -> None:
    append(lake, "s", "A")
    base = append(lake, "s", "B")
    assert lake.ledger("trips").compact(beyond=1)
    assert len(lake.ledger("trips").append([sighting("s", "C")], base=base).all()) == 3
