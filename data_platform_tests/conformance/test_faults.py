"""What a source may do wrong: nothing of it is ever visible, it is told, and once it is over everything is there."""

import re

from data_platform_tests.conformance.cases import over
from data_platform_tests.conformance.played import Trouble, records
from data_platform_tests.conformance.town import FEBRUARY, JANUARY, Stage, expect, expect_closed_accounts

_JANUARY, _FEBRUARY = list(records(JANUARY, range(40))), list(records(FEBRUARY, range(40, 60)))


@over("resume")
def test_a_transfer_that_broke_off_ends_with_the_bytes_of_one_that_did_not(stage: Stage) -> None:
    stage.source.has(JANUARY, _JANUARY)
    stage.town.works()
    alone = stage.town.standing()
    stage.source.does("breaks off", JANUARY)
    other = stage.town.at(stage.root / "other home")
    other.works()
    _is_whole_or_not_there(other.standing(), alone)
    stage.source.recovers()
    other.works()
    assert other.standing() == alone
    expect(other, {JANUARY: _JANUARY})


@over("fault of the moment")
def test_a_fault_of_the_moment_loses_nothing(stage: Stage) -> None:
    stage.source.has(JANUARY, _JANUARY)
    stage.source.has(FEBRUARY, _FEBRUARY)
    stage.source.does("is unwell", JANUARY)
    stage.town.works()
    expect_closed_accounts(stage.town)
    stage.source.recovers()
    stage.town.works()
    expect(stage.town, {JANUARY: _JANUARY, FEBRUARY: _FEBRUARY})


@over("fault that stays")
def test_a_fault_that_stays_is_told_by_name_and_holds_back_nothing_else(stage: Stage) -> None:
    stage.source.has(JANUARY, _JANUARY)
    stage.source.has(FEBRUARY, _FEBRUARY)
    _is_told(stage, "is shut")
    assert stage.town.rows("staged.records", FEBRUARY) == [record.row() for record in _FEBRUARY]
    assert stage.town.rows("staged.records", JANUARY) == []
    stage.source.recovers()
    stage.town.works()
    expect(stage.town, {JANUARY: _JANUARY, FEBRUARY: _FEBRUARY})


@over("malformed")
def test_what_is_malformed_is_told_and_the_version_before_stays(stage: Stage) -> None:
    stage.source.has(JANUARY, _JANUARY)
    stage.town.works()
    before = stage.town.standing()
    _is_told(stage, "is malformed")
    assert stage.town.standing() == before
    assert stage.town.rows("staged.records") == [record.row() for record in _JANUARY]
    expect_closed_accounts(stage.town)
    stage.source.recovers()
    corrected = list(records(JANUARY, range(40), changed=1))
    stage.source.has(JANUARY, corrected)
    stage.town.works()
    expect(stage.town, {JANUARY: corrected})


def _is_told(stage: Stage, trouble: Trouble) -> None:
    stage.source.does(trouble, JANUARY)
    told = stage.town.works().told
    assert any(re.search(stage.kind.told[trouble], line, re.DOTALL) for line in told), told


def _is_whole_or_not_there(found: dict[str, list[str]], alone: dict[str, list[str]]) -> None:
    assert all(hashes == alone[month] for month, hashes in found.items()), (found, alone)
