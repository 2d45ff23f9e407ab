"""What follows from sightings, as a table of cases and as laws."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_platform.lake.sightings import Sightings, in_order
from data_platform_tests.lake.writing import sighting


def seen(*contents: tuple[str, str | None]) -> Sightings:
    """Sightings of (slot, content), one after the other."""
    return in_order([replace(sighting(slot, content), sequence=n + 1) for n, (slot, content) in enumerate(contents)])


def current(sightings: Sightings) -> list[tuple[str, str]]:
    return [(s.slot, s.version) for s in sightings.current("2024-01")]


def test_nothing_was_seen() -> None:
    nothing = Sightings()
    assert nothing.all() == ()
    assert nothing.latest("2024-01", "a") is None
    assert nothing.current("2024-01") == ()
    assert nothing.partitions() == ()
    assert nothing.data_version("2024-01") is None


def test_the_last_received_sighting_of_each_slot_is_current() -> None:
    sightings = seen(("b", "1"), ("a", "1"), ("b", "2"))
    assert current(sightings) == [("a", '"1"'), ("b", '"2"')]


def test_a_refused_sighting_is_the_latest_and_takes_nothing_away() -> None:
    sightings = seen(("a", "1"), ("a", None))
    latest = sightings.latest("2024-01", "a")
    assert latest is not None
    assert latest.state == "refused"
    assert current(sightings) == [("a", '"1"')]
    assert sightings.data_version("2024-01") == seen(("a", "1")).data_version("2024-01")


def test_a_partition_of_which_everything_was_refused_has_no_data() -> None:
    sightings = seen(("a", None))
    assert sightings.partitions() == ()
    assert sightings.data_version("2024-01") is None
    assert len(sightings.all()) == 1


def test_a_correction_that_is_withdrawn_gives_the_first_data_version_again() -> None:
    first, corrected, withdrawn = (
        seen(*contents).data_version("2024-01")
        for contents in ([("s", "A")], [("s", "A"), ("s", "B")], [("s", "A"), ("s", "B"), ("s", "A")])
    )
    assert first == withdrawn != corrected


def test_a_delivery_of_the_same_bytes_keeps_the_data_version() -> None:
    again = seen(("s", "A"), ("s", "A"))
    assert again.data_version("2024-01") == seen(("s", "A")).data_version("2024-01")
    assert [s.sequence for s in again.current("2024-01")] == [2]


def test_equal_bytes_in_two_slots_are_two_facts() -> None:
    one, both = seen(("a", "A")), seen(("a", "A"), ("b", "A"))
    assert len(both.current("2024-01")) == 2
    assert one.data_version("2024-01") != both.data_version("2024-01")


def test_equal_bytes_in_another_slot_are_another_version() -> None:
    assert seen(("a", "A")).data_version("2024-01") != seen(("b", "A")).data_version("2024-01")


def test_partitions_do_not_mix() -> None:
    ours = [sighting("s", "A", partition="a"), sighting("s", "B", partition="b")]
    sightings = in_order([replace(s, sequence=n) for n, s in enumerate(ours)])
    assert sightings.partitions() == ("a", "b")
    assert sightings.data_version("a") != sightings.data_version("b")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["1", "2", None])), max_size=12), st.randoms())
def test_order_of_reading_does_not_matter_only_sequence_does(contents: list[tuple[str, str | None]], random) -> None:  # type: ignore[no-untyped-def] # hypothesis has no public type for it
    ordered = seen(*contents)
    shuffled = list(ordered.all())
    random.shuffle(shuffled)
    assert in_order(shuffled).all() == ordered.all()


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["1", "2", "3"])), min_size=1, max_size=12))
def test_the_data_version_is_a_function_of_the_current_bytes(contents: list[tuple[str, str]]) -> None:
    shortest = sorted(dict(contents).items())
    assert seen(*contents).data_version("2024-01") == seen(*shortest).data_version("2024-01")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seen_at": sighting("a", "1").seen_at.replace(tzinfo=None)}, "has no time zone"),
        ({"sha256": None}, "has sha256, key and data_key"),
        ({"state": "refused", "reason": None}, "has a reason"),
    ],
)
def test_a_sighting_that_contradicts_itself_is_refused(change: dict[str, None], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(sighting("a", "1"), **change)  # type: ignore[arg-type] # checked where it arrives


def test_a_withdrawn_sighting_gives_way_to_what_another_address_gave_of_the_slot() -> None:
    first, second = (replace(sighting("s", content), uri=f"file:///{content}") for content in "AB")
    gone = replace(second, state="withdrawn", reason="was taken away", sha256=None, key=None, data_key=None)
    again = in_order([replace(s, sequence=n) for n, s in enumerate([first, second, gone])])
    assert [s.uri for s in again.current("2024-01")] == ["file:///A"]
    assert again.data_version("2024-01") == seen(("s", "A")).data_version("2024-01")
    back = in_order([replace(s, sequence=n) for n, s in enumerate([first, second, gone, second])])
    assert [s.uri for s in back.current("2024-01")] == ["file:///B"]


def test_a_partition_of_which_everything_was_withdrawn_has_the_version_of_no_bytes() -> None:
    gone = replace(sighting("s", "A"), state="withdrawn", reason="was taken away", sequence=2)
    nothing = in_order([replace(sighting("s", "A"), sequence=1), gone])
    assert (nothing.partitions(), nothing.current("2024-01")) == (("2024-01",), ())
    assert nothing.data_version("2024-01") not in (None, seen(("s", "A")).data_version("2024-01"))


def test_what_one_kind_of_source_saw_is_not_what_another_one_did() -> None:
    pulled, pushed = sighting("s", "A"), replace(sighting("s", "B"), origin="landing")
    both = in_order([replace(s, sequence=n) for n, s in enumerate([pulled, pushed])])
    assert both.latest("2024-01", "s") == replace(pushed, sequence=1)
    assert both.latest_of("http_file", "2024-01", "s") == replace(pulled, sequence=0)
    assert both.latest_of("landing", "2024-01", "s", "file:///elsewhere") is None
    assert [s.origin for s in both.current("2024-01")] == ["landing"]
