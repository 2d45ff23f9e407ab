"""Which runs are requested: a pure decision over what is stale, what runs, and how earlier attempts ended."""

from datetime import UTC, datetime, timedelta

import pytest

from data_platform.components.decisions import Ended, decide, key_of
from data_platform.lake.names import TableName
from data_platform.planning.batches import Batch
from data_platform.planning.findings import Stale

NOW = datetime(2024, 3, 1, 12, tzinfo=UTC)
READINGS, RAIN = TableName("staged", "readings"), TableName("curated", "daily_rain")


def _batch(partition: str | None = "2024-01", wanted: str = "v1", table: TableName = READINGS) -> Batch:
    return Batch(partition, (table, RAIN), (Stale(table, partition or "all", "never built", wanted),))


def _ended(count: int, minutes_ago: float) -> dict[str, Ended]:
    return {key_of(_batch()): Ended(count, NOW - timedelta(minutes=minutes_ago))}


def _run_keys(
    *batches: Batch,
    running: tuple[tuple[str | None, frozenset[str]], ...] = (),
    ended: dict[str, Ended] | None = None,
    most: int = 10,
) -> list[str]:
    requests = decide(batches, running=running, ended=ended or {}, now=NOW, most=most)
    return [request.run_key for request in requests]


def test_what_is_stale_is_requested_in_its_order() -> None:
    january, february = _batch("2024-01"), _batch("2024-02")

    assert _run_keys(january, february) == [f"{key_of(january)}/0", f"{key_of(february)}/0"]


def test_nothing_stale_requests_nothing() -> None:
    assert _run_keys() == []


def test_at_most_so_many_are_requested_and_the_oldest_first() -> None:
    months = [_batch(f"2024-{month:02}") for month in range(1, 13)]

    assert _run_keys(*months, most=3) == [f"{key_of(month)}/0" for month in months[:3]]


@pytest.mark.parametrize(
    ("partition", "tables", "waits"),
    [
        ("2024-01", {"staged/readings"}, True),
        ("2024-01", {"curated/daily_rain"}, True),
        ("2024-01", {"raw/places"}, False),
        ("2024-02", {"staged/readings"}, False),
        (None, {"staged/readings"}, False),
    ],
)
def test_a_batch_waits_for_a_run_of_the_same_tables_and_partition(
    partition: str | None, tables: set[str], waits: bool
) -> None:
    assert (_run_keys(_batch(), running=((partition, frozenset(tables)),)) == []) == waits


@pytest.mark.parametrize(
    ("attempts", "minutes_ago", "asked_again"),
    [
        (1, 4.9, False),
        (1, 5, True),
        (2, 9.9, False),
        (2, 10, True),
        (4, 39, False),
        (4, 40, True),
        (7, 320, True),
        (8, 359, False),
        (8, 360, True),
        (1000, 360, True),
    ],
)
def test_a_batch_that_stayed_stale_is_asked_again_later_and_later(
    attempts: int, minutes_ago: float, asked_again: bool
) -> None:
    found = _run_keys(_batch(), ended=_ended(attempts, minutes_ago))

    assert found == ([f"{key_of(_batch())}/{attempts}"] if asked_again else [])


def test_a_batch_that_waits_lets_others_pass() -> None:
    other = _batch("2024-02")

    assert _run_keys(_batch(), other, ended=_ended(1, 0), most=1) == [f"{key_of(other)}/0"]


def test_the_key_follows_what_is_wanted_and_not_who_asks() -> None:
    first = key_of(_batch(wanted="v1"))

    assert first == key_of(Batch("2024-01", (READINGS,), (Stale(READINGS, "2024-01", "corrected", "v1"),)))
    assert first != key_of(_batch(wanted="v2"))
    assert first != key_of(_batch("2024-02", wanted="v1"))
    assert first != key_of(_batch(table=RAIN, wanted="v1"))
