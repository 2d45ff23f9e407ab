"""Running a model with one input column changed at a time: what reacts, and what nothing can be said of."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from data_platform.engines.sampled import sampled_function
from data_platform.lake.names import TableName
from data_platform.lineage.permuting import Permuted, SampleError, permuted
from data_platform.lineage.perturbing import perturbations

TRIPS = TableName("staged", "trips")
ROWS = pa.table(
    {
        "id": list(range(12)),
        "zone": ["a", "b", "a", "c"] * 3,
        "fare": [float(n * n) for n in range(12)],
        "rate": [2] * 12,
        "paid": ["card", "cash", "card"] * 4,
    }
)


def seen(function: Callable[..., Any], rows: pa.Table = ROWS, **how: Any) -> Permuted:
    return permuted(sampled_function(function), {TRIPS: rows}, **how)


def told(found: Permuted) -> set[str]:
    return {f"{each.source_column} > {each.column} {each.kind}" for each in found.reactions}


def test_values_are_told_from_what_decides_about_rows() -> None:
    def model(trips: pa.Table) -> Any:
        frame = trips.to_pandas()
        return frame[frame["paid"] == "card"].groupby("zone", as_index=False).agg(fares=("fare", "sum"))

    assert told(seen(model)) == {
        "fare > fares direct", "paid > fares indirect", "paid > zone indirect",
        "zone > fares indirect", "zone > zone direct", "zone > zone indirect",
    }  # fmt: skip


def test_a_column_with_one_value_is_seen() -> None:
    def model(trips: pa.Table) -> Any:
        frame = trips.to_pandas()
        return frame.assign(total=frame["fare"] * frame["rate"])[["id", "total"]]

    assert told(seen(model)) == {"id > id direct", "fare > total direct", "rate > total direct"}


def test_a_count_of_values_reacts_to_missing_ones_only_where_there_may_be_any() -> None:
    def model(trips: pa.Table) -> Any:
        return pa.table({"rates": [len(trips) - trips["rate"].null_count]})

    assert told(seen(model)) == set()
    assert told(seen(model, nullable=lambda column: column[1] == "rate")) == {"rate > rates indirect"}


def test_a_column_that_the_sample_leaves_empty_is_seen() -> None:
    rows = ROWS.append_column("fee", pa.nulls(12, pa.decimal128(8, 2)))

    def model(trips: pa.Table) -> Any:
        return trips.select(["id", "fee"])

    assert "fee > fee indirect" in told(seen(model, rows)) or "fee > fee direct" in told(seen(model, rows))


def test_the_same_sample_gives_the_same_answer() -> None:
    def model(trips: pa.Table) -> Any:
        frame = trips.to_pandas().sort_values("fare")
        return frame.groupby("zone", as_index=False).agg(first=("id", "first"), paid=("paid", "max"))

    assert seen(model) == seen(model)


def test_other_values_are_always_the_same_ones() -> None:
    def drawn(seed: str) -> list[list[Any]]:
        column = ROWS["fare"].combine_chunks()
        return [each.column.to_pylist() for each in perturbations(column, seed, 2, may_be_null=True)]

    assert drawn("staged.trips.fare") == drawn("staged.trips.fare")
    assert drawn("staged.trips.fare") != drawn("staged.trips.rate")
    assert len(drawn("staged.trips.fare")) == 8


def test_the_order_of_rows_is_no_reaction() -> None:
    def model(trips: pa.Table) -> Any:
        return trips.sort_by("fare").select(["id", "zone"])

    assert told(seen(model)) == {"id > id direct", "zone > zone direct"}


def test_an_output_that_is_never_the_same_is_told_and_left_out() -> None:
    calls = iter(range(1000))

    def model(trips: pa.Table) -> Any:
        return pa.table({"id": trips["id"], "call": [next(calls)] * len(trips)})

    found = seen(model)
    assert found.unsteady == ("call",)
    assert told(found) == {"id > id direct"}


def test_values_that_a_model_cannot_take_are_told_with_its_error() -> None:
    def model(trips: pa.Table) -> Any:
        if trips["zone"].to_pylist() != ROWS["zone"].to_pylist():
            raise KeyError("zone")
        return pa.table({"id": trips["id"]})

    found = seen(model)
    assert found.failed == {"staged.trips.zone": "KeyError: 'zone'"}
    assert "staged.trips.zone" not in found.tried


def test_a_model_that_does_not_run_over_the_sample_is_told() -> None:
    def model(trips: pa.Table) -> Any:
        return trips["fee"]

    with pytest.raises(SampleError, match=r"cannot be run over the sample: KeyError.*fee"):
        seen(model)


def test_an_error_that_may_quote_personal_data_is_told_by_its_kind_alone() -> None:
    def choosy(trips: pa.Table) -> Any:
        if trips["zone"].to_pylist() != ROWS["zone"].to_pylist():
            raise KeyError(trips["zone"][0].as_py())
        return pa.table({"id": trips["id"]})

    def broken(trips: pa.Table) -> Any:
        raise ValueError(f"who is {trips['zone'][0]}?")

    assert seen(choosy, discreet=True).failed == {"staged.trips.zone": "KeyError"}
    with pytest.raises(SampleError) as told:
        seen(broken, discreet=True)
    assert str(told.value) == "it cannot be run over the sample: ValueError"
    assert told.value.__suppress_context__


def test_no_more_is_begun_when_time_is_up() -> None:
    def model(trips: pa.Table) -> Any:
        return trips

    found = seen(model, seconds=-1)
    assert found.unfinished
    assert found.tried == ()


def test_the_platforms_own_columns_are_neither_changed_nor_compared() -> None:
    def model(trips: pa.Table) -> Any:
        return trips

    rows = ROWS.append_column("_source_row", pa.array(range(12)))
    assert "_source_row" not in seen(model, rows).columns
    assert not any(each.source_column.startswith("_") for each in seen(model, rows).reactions)
