"""Which stale partitions become which runs: what goes together, what waits, and in which order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from data_platform.contracts.partitions import Partitions
from data_platform.lake.names import TableName
from data_platform.planning.batches import batches
from data_platform.planning.catalog import Catalog
from data_platform_tests.planning.tables import model, raw, stale

# Months of rain with a lookup, seen through a view, summed over all months; weeks and days beside them.
TOWN = Catalog.of(
    [
        raw("places"),
        raw("rain", "monthly"),
        raw("visitors", "weekly"),
        raw("bells", "daily"),
        model("staged.places", "raw.places"),
        model("staged.rain", "raw.rain", "staged.places", kind="monthly"),
        model("staged.weather", "staged.rain", kind="monthly", view=True),
        model("staged.visitors", "raw.visitors", kind="weekly"),
        model("staged.bells", "raw.bells", kind="daily"),
        model("curated.daily_rain", "staged.weather", kind="monthly"),
        model("curated.record_days", "curated.daily_rain"),
        model("curated.highest_record", "curated.record_days"),
        model("curated.against_record", "curated.record_days", "curated.daily_rain", kind="monthly"),
        model("curated.visits", "staged.visitors", kind="weekly"),
        model("curated.visits_and_rain", "curated.visits", "curated.daily_rain"),
        model("curated.harvest", "curated.daily_rain", kind="monthly", dataset="county"),
    ]
)
_RAIN = "raw/rain staged/rain staged/weather curated/daily_rain"


def _runs(*items: tuple[str, str], catalog: Catalog = TOWN) -> list[str]:
    """Each batch in a line: partition, then tables."""
    found = batches(catalog, [stale(name, partition) for name, partition in items])
    return [f"{batch.partition or 'unpartitioned'}: {' '.join(map(str, batch.tables))}" for batch in found]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param([], [], id="nothing stale, nothing to run"),
        pytest.param(
            [("raw.rain", "2024-01")], [f"2024-01: {_RAIN}"], id="readers of the partition come along, via views"
        ),
        pytest.param(
            [("raw.rain", "2024-02"), ("raw.rain", "2024-01")],
            [f"2024-01: {_RAIN}", f"2024-02: {_RAIN}"],
            id="a run for each partition, oldest first",
        ),
        pytest.param(
            [("raw.rain", "2024-01"), ("curated.record_days", "all")],
            [f"2024-01: {_RAIN}"],
            id="what reads all partitions waits until they stand",
        ),
        pytest.param(
            [("raw.rain", "2024-01"), ("curated.against_record", "2023-01")],
            [f"2024-01: {_RAIN}"],
            id="and so does what reads that",
        ),
        pytest.param(
            [("raw.rain", "2024-01"), ("curated.highest_record", "all")],
            [f"2024-01: {_RAIN}"],
            id="also where it is unpartitioned itself",
        ),
        pytest.param(
            [("curated.record_days", "all"), ("curated.against_record", "2024-01")],
            ["unpartitioned: curated/record_days curated/highest_record"],
            id="unpartitioned first and alone",
        ),
        pytest.param(
            [("raw.places", "all"), ("raw.rain", "2024-01"), ("raw.visitors", "2024-01-06")],
            ["unpartitioned: raw/places staged/places"],
            id="a lookup before the months that read it, and before everything else",
        ),
        pytest.param(
            [("staged.places", "all"), ("staged.rain", "2024-01")],
            ["unpartitioned: staged/places"],
            id="a month that reads a stale lookup is not made twice",
        ),
        pytest.param(
            [("raw.visitors", "2024-01-06"), ("raw.rain", "2024-01"), ("raw.bells", "2024-01-06")],
            [
                f"2024-01: {_RAIN}",
                "2024-01-06: raw/bells staged/bells",
                "2024-01-06: raw/visitors staged/visitors curated/visits",
            ],
            id="months, weeks and days never in one run, even where a week and a day share a key",
        ),
        pytest.param(
            [("staged.rain", "2024-01"), ("curated.daily_rain", "2024-01")],
            ["2024-01: staged/rain staged/weather curated/daily_rain"],
            id="two causes of one partition are one run",
        ),
        pytest.param(
            [("curated.visits", "2024-01-06"), ("curated.visits_and_rain", "all")],
            ["2024-01-06: curated/visits"],
            id="a reader of two partitionings waits for both",
        ),
        pytest.param(
            [("curated.daily_rain", "2024-01"), ("curated.harvest", "2024-01"), ("curated.harvest", "2024-02")],
            ["2024-01: curated/daily_rain"],
            id="another dataset's reader waits, for a run of its own",
        ),
        pytest.param(
            [("curated.harvest", "2024-01"), ("staged.visitors", "2024-01-06")],
            ["2024-01: curated/harvest", "2024-01-06: staged/visitors curated/visits"],
            id="two datasets are two runs",
        ),
        pytest.param(
            [("curated.visits_and_rain", "all")],
            ["unpartitioned: curated/visits_and_rain"],
            id="and is made when neither moves",
        ),
    ],
)
def test_stale_partitions_become_these_runs(items: Sequence[tuple[str, str]], expected: Sequence[str]) -> None:
    assert _runs(*items) == expected


def test_a_table_that_begins_later_does_not_come_along_before() -> None:
    weather = model("curated.weather", "staged.rain", "staged.snow", kind="monthly")
    snow = model("staged.snow", "staged.rain", kind="monthly")
    from_february = replace(snow, partitions=Partitions("monthly", date(2024, 2, 1), "UTC"))
    catalog = Catalog.of(
        [raw("rain", "monthly"), model("staged.rain", "raw.rain", kind="monthly"), from_february, weather]
    )
    assert _runs(("raw.rain", "2024-01"), ("raw.rain", "2024-02"), catalog=catalog) == [
        "2024-01: raw/rain staged/rain curated/weather",
        "2024-02: raw/rain staged/rain staged/snow curated/weather",
    ]


def test_a_batch_knows_the_stale_partitions_that_it_is_for() -> None:
    causes = [stale("raw.rain", "2024-01"), stale("staged.rain", "2024-01")]
    (batch,) = batches(TOWN, causes)
    assert batch.causes == tuple(causes)
    assert batch.partition == "2024-01"


def test_asking_again_after_each_batch_reaches_every_stale_table() -> None:
    """Whatever is stale: no order of runs leaves something that is never made, or makes a thing twice."""
    todo = {("raw.places", "all"), ("raw.rain", "2024-01"), ("raw.visitors", "2024-01-06")}
    made: list[str] = []
    while todo:
        found = batches(TOWN, [stale(*item) for item in sorted(todo)])
        assert found
        for batch in found:
            for table in batch.tables:
                made.append(f"{table} {batch.partition}")
                todo.discard((table.sql, batch.partition or "all"))
                todo |= {(name.sql, _partition(name, batch.partition)) for name in TOWN.readers[table]}
    assert len(made) == len(set(made))
    assert {line.partition(" ")[0] for line in made} == {str(table.name) for table in TOWN} - {
        "raw/bells",
        "staged/bells",
    }


def _partition(name: TableName, made: str | None) -> str:
    partitions = TOWN.tables[name].partitions
    if partitions is None:
        return "all"
    return (
        made
        if made is not None and partitions.has(made)
        else {"monthly": "2024-01", "weekly": "2024-01-06"}[partitions.kind]
    )
