"""What a source has is in the tables, once and as it is now, whatever the kind of source."""

from datetime import timedelta

import pytest

from data_platform_tests.conformance.cases import over
from data_platform_tests.conformance.played import records
from data_platform_tests.conformance.town import FEBRUARY, JANUARY, Stage, expect
from data_platform_tests.small_dataset import NOW

_DAY = timedelta(days=1)


@over("paging")
def test_a_slot_in_many_pages_is_there_whole(stage: Stage) -> None:
    january, february = list(records(JANUARY, range(50))), list(records(FEBRUARY, range(50, 57)))
    stage.source.has(JANUARY, january, parts=7)
    stage.source.has(FEBRUARY, february, parts=7)
    stage.town.works()
    expect(stage.town, {JANUARY: january, FEBRUARY: february})


@over("empty")
def test_a_slot_without_records_is_no_fault_and_gets_its_records_when_there_are_some(stage: Stage) -> None:
    january, february = list(records(JANUARY, range(5))), list(records(FEBRUARY, range(5, 8)))
    stage.source.has(JANUARY, january)
    stage.source.has(FEBRUARY, [])
    stage.town.works()
    expect(stage.town, {JANUARY: january, FEBRUARY: []})
    stage.source.has(FEBRUARY, february)
    stage.town.works(NOW + _DAY)
    expect(stage.town, {JANUARY: january, FEBRUARY: february}, NOW + _DAY)


@over("delivered again")
def test_what_is_delivered_again_is_no_second_fact(stage: Stage) -> None:
    january = list(records(JANUARY, range(9)))
    stage.source.has(JANUARY, january)
    stage.town.works()
    before = stage.town.standing()
    stage.source.delivers_again(JANUARY)
    stage.town.works(NOW + _DAY)
    assert stage.town.standing() == before
    expect(stage.town, {JANUARY: january}, NOW + _DAY)


@over("changed")
def test_what_changed_takes_the_place_of_what_was_and_can_be_taken_back(stage: Stage) -> None:
    first, february = list(records(JANUARY, range(9))), list(records(FEBRUARY, range(9, 12)))
    second = [*first[:4], *records(JANUARY, range(4, 6), changed=7), *first[6:]]
    stage.source.has(FEBRUARY, february)
    for day, january in enumerate([first, second, first]):
        stage.source.has(JANUARY, january)
        stage.town.works(NOW + day * _DAY)
        expect(stage.town, {JANUARY: january, FEBRUARY: february}, NOW + day * _DAY)


@over("taken back")
def test_a_record_that_the_source_has_no_more_is_in_no_table(stage: Stage) -> None:
    january = list(records(JANUARY, range(9)))
    stage.source.has(JANUARY, january)
    stage.town.works()
    stage.source.has(JANUARY, january[:3] + january[5:])
    stage.town.works(NOW + _DAY)
    expect(stage.town, {JANUARY: january[:3] + january[5:]}, NOW + _DAY)


@over("late")
def test_a_record_that_appears_after_its_slot_was_received_is_found(stage: Stage) -> None:
    january, february = list(records(JANUARY, range(0, 9))), list(records(FEBRUARY, range(20, 23)))
    stage.source.has(JANUARY, january)
    stage.source.has(FEBRUARY, february)
    stage.town.works()
    late = [*january, *records(JANUARY, range(9, 11))]
    stage.source.has(JANUARY, late)
    stage.town.works(NOW + _DAY)
    expect(stage.town, {JANUARY: late, FEBRUARY: february}, NOW + _DAY)


@over("clock skew")
@pytest.mark.parametrize("hours", [5, -5], ids=["ahead", "behind"])
def test_a_source_whose_clock_is_wrong_loses_and_doubles_nothing(stage: Stage, hours: int) -> None:
    january = list(records(JANUARY, range(9)))
    stage.source.has(JANUARY, january)
    stage.town.works()
    stage.source.sets_clock(timedelta(hours=hours))
    changed = [*january[:5], *records(JANUARY, range(5, 12), changed=3)]
    february = list(records(FEBRUARY, range(20, 23)))
    stage.source.has(JANUARY, changed)
    stage.source.has(FEBRUARY, february)
    stage.town.works()
    expect(stage.town, {JANUARY: changed, FEBRUARY: february})
    stage.source.sets_clock(timedelta(hours=-hours))
    stage.source.has(JANUARY, january)
    stage.town.works()
    expect(stage.town, {JANUARY: january, FEBRUARY: february})
