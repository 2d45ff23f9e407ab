"""Lines that cannot be read: from the file through ledger and account to the quarantine, until they are mended."""

import json
from pathlib import Path

import pytest

from data_platform.steps.audit import AuditFailed
from data_platform.steps.errors import StepError
from data_platform_tests.small_dataset import FILES, SmallDataset, small_dataset

# Lines 2 to 31, then one that is too long (record 30), one with an odd quote (31), and a good one (32).
GOOD = "".join(f"{number},Place {number}\n" for number in range(30))
PLACES = f'place_id,name\n{GOOD}30,Bay,north\n31,"Cove"x\n32,Dune\n'
CONTRACT = FILES["staged/places.yaml"] + "audit: {max_rejected_share: 0.15}\n"


def written(small: SmallDataset, places: str) -> None:
    small.put_file("places.csv", places)
    small.receive("places")


@pytest.fixture
def small(tmp_path: Path) -> SmallDataset:
    return small_dataset(tmp_path, {"staged/places.yaml": CONTRACT})


def test_a_line_that_cannot_be_read_is_a_quarantined_row_with_its_place_its_text_and_its_error(
    small: SmallDataset,
) -> None:
    (received,) = small.receive("places")
    assert received.outcome == "received"
    small.put_file("places.csv", PLACES)
    (received,) = small.receive("places")
    assert "33 records, of which 2 lines cannot be read" in received.text
    (sighting,) = received.current
    assert (sighting.records, sighting.unparsed) == (33, 2)
    built = small.built("staged.places")
    assert built.account is not None
    assert built.account.closes
    assert (built.account.arrived, built.account.clean, built.account.rejected) == (33, 31, 2)
    assert built.account.rejected_by == {"unparsed": 2}
    first, second = small.quarantine("staged.places")
    assert (first["place_id"], first["name"], first["_rules"], first["_source_row"]) == (None, None, ["unparsed"], 30)
    assert first["_source_file"] == sighting.key
    assert json.loads(first["_original"]) == {
        "line": 32,
        "text": "30,Bay,north",
        "error": "3 cells, the header has 2",
    }
    assert json.loads(second["_original"])["error"] == "text follows a closing quote"
    assert {"place_id": 32, "name": "Dune"} in small.rows("staged.places")


def test_unparsed_lines_stand_beside_rows_that_break_other_rules(small: SmallDataset) -> None:
    written(small, PLACES + "x,Eyot\n1,Fen\n")
    small.write({"staged/places.yaml": CONTRACT + "deduplicate: {first_by: [name]}\n"})
    account = small.built("staged.places").account
    assert account is not None
    assert account.closes
    assert account.rejected_by == {"castable": 1, "duplicate": 1, "place_id_required": 1, "unparsed": 2}


def test_many_unparsed_lines_are_too_many_for_the_contract(small: SmallDataset) -> None:
    written(small, PLACES + "1,2,3\n" * 5)
    with pytest.raises(AuditFailed, match=r"7 of 38 rows rejected .* unparsed 7"):
        small.build("staged.places")


def test_a_mended_file_empties_the_quarantine(small: SmallDataset) -> None:
    written(small, PLACES)
    small.built("staged.places")
    written(small, f"place_id,name\n{GOOD}30,Bay\n31,Cove\n32,Dune\n")
    account = small.built("staged.places").account
    assert account is not None
    assert (account.rejected, small.quarantine("staged.places")) == (0, [])


def test_a_lookup_is_read_without_the_lines_that_could_not_be(tmp_path: Path) -> None:
    sql = FILES["staged/readings.sql"].replace("staged.places", "raw.places")
    small = small_dataset(tmp_path, {"staged/readings.sql": sql})
    written(small, PLACES)
    small.put("2024-01", [{"reading_id": 1, "place_id": 1, "value": 1.0}])
    small.receive("readings", "2024-01")
    assert small.built("staged.readings", "2024-01").rows == 1


def test_lost_unparsed_lines_are_missed_by_the_account(small: SmallDataset) -> None:
    (small.source / "places.csv").write_text(PLACES)
    (received,) = small.receive("places")
    (sighting,) = received.current
    assert sighting.unparsed_key is not None
    small.platform.lake.storage.local(sighting.unparsed_key).unlink()
    with pytest.raises(StepError, match=r"cannot run: .*No files found"):
        small.build("staged.places")


def test_the_same_bytes_read_in_another_way_are_received_again_and_make_other_rows(small: SmallDataset) -> None:
    small.put_file("places.csv", "place_id;name\n1;a,b\n2;c,d\n")
    small.receive("places")
    small.built("staged.places")
    defs = FILES["defs.yaml"]
    other = defs.replace(
        '      source: {http_file: {url: "{{ tlc_url }}/places.csv"}}',
        """\
      source: {http_file: {url: "{{ tlc_url }}/places.csv"}}
      read: {delimiter: ",", header: false, names: [place_id, name], ragged: pad}""",
    )
    small.write({"defs.yaml": other})
    assert [(each.table.sql, each.reason) for each in small.stale().stale if each.table.layer == "raw"] == [
        ("raw.places", "its files are read in another way now")
    ]
    (received,) = small.receive("places")
    assert received.outcome == "received"
    assert received.current[0].records == 3
    assert small.stale().stale[0].table.sql != "raw.places"
    (again,) = small.receive("places")
    assert again.outcome == "unchanged"
    small.write({"defs.yaml": defs})
    (back,) = small.receive("places")
    assert (back.outcome, back.current[0].records) == ("received", 2)


def test_a_file_with_columns_that_are_not_declared_is_refused_where_the_table_says_so(tmp_path: Path) -> None:
    defs = FILES["defs.yaml"].replace('/places.csv"}}', '/places.csv"}}\n      unknown_columns: refuse')
    small = small_dataset(tmp_path, {"defs.yaml": defs})
    (known,) = small.receive("places")
    assert known.outcome == "received"
    small.put_file("places.csv", "place_id,name,height\n1,Harbour,3\n")
    (received,) = small.receive("places")
    assert received.outcome == "refused"
    assert "has columns that are not declared: height. Declare them, or write `unknown_columns: warn`" in received.text
    assert received.current == known.current


def test_words_of_older_files_stand_for_values(tmp_path: Path) -> None:
    defs = FILES["defs.yaml"].replace(
        "place_id: {type: INTEGER}\n        name", "place_id: {type: INTEGER, words: {ONE: 1}}\n        name"
    )
    small = small_dataset(tmp_path, {"defs.yaml": defs, "staged/places.yaml": CONTRACT})
    written(small, f"place_id,name\n one ,Harbour\n2,Hill\n{GOOD[30:]}three,Cove\n")
    small.built("staged.places")
    assert {"place_id": 1, "name": "Harbour"} in small.rows("staged.places")
    assert [json.loads(row["_original"]) for row in small.quarantine("staged.places")] == [{"place_id": "three"}]
