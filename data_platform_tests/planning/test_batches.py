"""Which stale partitions become which runs: what goes together, what waits, and in which order."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import pytest

from data_platform.contracts.partitions import Partitions
from data_platform.lake.names import TableName
from data_platform.planning.batches import batches
from data_platform.planning.catalog import Catalog, ModelTable
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


# Weeks that read the week before, days of a week that read the flows of the week after, and what reads those.
GATES = Catalog.of(
    [
        raw("gates", "weekly"),
        model("staged.gates", "raw.gates", kind="weekly"),
        model("curated.flows", "staged.gates", kind="weekly", offsets={"staged.gates": (-1, 0)}),
        model("curated.days", "curated.flows", kind="weekly", offsets={"curated.flows": (0, 1)}),
        model("curated.busy_days", "curated.days", "staged.gates", kind="weekly"),
        model("curated.plain", "staged.gates", kind="weekly"),
        model("curated.all_days", "curated.days"),
    ]
)
_W1, _W2, _W3, _W4 = "2024-01-06", "2024-01-13", "2024-01-20", "2024-01-27"


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param(
            [("raw.gates", _W2)],
            [f"{_W2}: raw/gates staged/gates curated/flows curated/plain"],
            id="a week that came takes along what reads it and the week before, and neither its days nor their readers",
        ),
        pytest.param(
            [("raw.gates", _W1), ("raw.gates", _W2)],
            [
                f"{_W1}: raw/gates staged/gates curated/flows curated/plain",
                f"{_W2}: raw/gates staged/gates curated/plain",
            ],
            id="the flows of the second of two weeks wait until the first stands",
        ),
        pytest.param(
            [("curated.flows", _W3), ("curated.days", _W1), ("curated.days", _W2)],
            [f"{_W1}: curated/days curated/busy_days", f"{_W3}: curated/flows curated/days curated/busy_days"],
            id="days wait for the flows of the week after, and for no others",
        ),
        pytest.param(
            [("curated.days", _W1), ("curated.days", _W2)],
            [f"{_W1}: curated/days curated/busy_days", f"{_W2}: curated/days curated/busy_days"],
            id="and are made when these stand",
        ),
        pytest.param(
            [("staged.gates", _W4), ("curated.flows", _W2), ("curated.all_days", "all")],
            [
                f"{_W2}: curated/flows curated/days curated/busy_days",
                f"{_W4}: staged/gates curated/flows curated/plain",
            ],
            id="weeks that are not beside each other do not wait for each other",
        ),
    ],
)
def test_what_reads_neighbours_comes_when_these_stand(
    items: Sequence[tuple[str, str]], expected: Sequence[str]
) -> None:
    assert _runs(*items, catalog=GATES) == expected


@pytest.mark.parametrize("arrived", [(_W1, _W2, _W3, _W4), (_W2, _W4), (_W1, _W2, _W4)])
def test_every_week_is_made_once_however_many_come_together(arrived: Sequence[str]) -> None:
    stand: dict[tuple[str, str], int] = {}
    made = _work_off(stand, arrived)
    assert len(made) == len(set(made))
    assert {week for name, week in made if name == "curated.days"} == set(arrived)

    again = _work_off(stand, [_W2])
    opened = {name: sorted(week for made, week in again if made == name) for name, _ in again}
    assert len(again) == len(set(again))
    assert opened["curated.flows"] == [week for week in (_W2, _W3) if week in arrived]
    assert opened["curated.days"] == [week for week in (_W1, _W2, _W3) if week in arrived]
    assert opened["curated.plain"] == [_W2]


def _work_off(stand: dict[tuple[str, str], int], arrived: Sequence[str]) -> list[tuple[str, str]]:
    """Makes what follows from weeks that arrive or are corrected; `stand` has the version of all that was made."""
    made: list[tuple[str, str]] = []
    todo = [("raw.gates", week) for week in arrived]
    while todo:
        found = batches(GATES, [stale(*item) for item in todo])
        assert found, todo
        for batch in found:
            for table in batch.tables:
                item = (table.sql, batch.partition or "all")
                stand[item] = hash((len(stand), len(made))) if table.layer == "raw" else _wanted(stand, *item)
                made.append(item)
        todo = [item for item in _wanting(stand) if stand.get(item) != _wanted(stand, *item)]
    return made


def _wanting(stand: Mapping[tuple[str, str], int]) -> list[tuple[str, str]]:
    """The partitions of models whose own partition every input has."""
    weeks = sorted({week for _, week in stand} - {"all"})
    models = [table for table in GATES if isinstance(table, ModelTable)]
    weekly = [
        (table.name.sql, week)
        for table in models
        for week in weeks
        if table.partitions is not None and all((read.sql, week) in stand for read in table.reads)
    ]
    return [*weekly, *((table.name.sql, "all") for table in models if table.partitions is None)]


def _wanted(stand: Mapping[tuple[str, str], int], name: str, partition: str) -> int:
    """A version of what a partition is made of now."""
    table = GATES.model(TableName.parse(name))
    if table.partitions is None:
        return hash(tuple(sorted(item for item in stand.items() if item[0][0] in {r.sql for r in table.reads})))
    keys = [
        (read.sql, table.partitions.shifted(partition, offset))
        for read in table.reads
        for offset in table.offsets(read)
    ]
    return hash(tuple((key, stand.get(key)) for key in keys))


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
