"""The benchmark keeps working, and compares sides that make the same rows. It is not asked how fast they are."""

from pathlib import Path

import pytest

from benchmarks.__main__ import main, measure
from benchmarks.histories import after, commit, platform_at, write_lake
from benchmarks.measuring import Outcome
from benchmarks.report import page
from benchmarks.rounds import Measured, SideFailed, refuse_other_rows
from data_platform.lake.names import TableName
from data_platform.planning.stale import Answer, Wanted, stale
from data_platform.steps.measure import Cost

RULES = {
    "castable",
    "distance_miles_range",
    "dropoff_at_required",
    "dropoff_before_pickup",
    "duplicate",
    "payment_type_accepted",
    "pickup_at_within_partition",
    "total_usd_range",
    "total_usd_required",
}


@pytest.mark.slow
def test_the_platform_and_the_plain_script_make_the_same_rows(tmp_path: Path) -> None:
    figures = measure("the command", rows=2000, rounds=1, site=None, yardstick=tmp_path)
    assert list(figures.sides) == ["dagster", "bare", "library", "few", "plain"]
    made = [rounds[0].outcome for rounds in figures.sides.values()]
    assert made[0] == made[1] == made[2] == made[3]
    assert made[0].clean + made[0].rejected == 2000
    assert set(made[0].rejected_by) == RULES  # a rule that rejects nothing would be compared in vain
    costs = [figures.command_line, *(rounds[0].cost for rounds in figures.sides.values())]
    assert all(figure > 0 for cost in costs for figure in (cost.wall_seconds, cost.cpu_seconds, cost.peak_mb))
    shown = page(figures)
    assert "`the command`" in shown
    assert f"{made[0].clean:,} clean, {made[0].rejected:,} rejected" in shown


def measured(outcome: Outcome) -> list[Measured]:
    return [Measured(Cost(1.0, 1.0, 1.0), outcome)]


def test_sides_that_made_other_rows_are_not_compared() -> None:
    rows = Outcome(3, 1, "123", {"castable": 1})
    for other in (
        Outcome(2, 1, "123", {"castable": 1}),
        Outcome(3, 1, "124", {"castable": 1}),
        Outcome(3, 1, "123", {"duplicate": 1}),
    ):
        with pytest.raises(SideFailed, match="plain and dagster made different rows"):
            refuse_other_rows({"dagster": measured(rows), "plain": measured(other)})
    refuse_other_rows({"dagster": measured(rows), "plain": measured(rows), "best": measured(Outcome(2, 2, "", {}))})


def test_a_side_that_fails_is_told_and_no_page_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = tmp_path / "site"
    for name in ("trip-data/yellow_tripdata_2024-02.parquet", "trip-data/yellow_tripdata_2024-03.parquet"):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text("<html>not here</html>")
    (site / "misc").mkdir()
    (site / "misc" / "taxi_zone_lookup.csv").write_text("LocationID,Borough,Zone,service_zone\n1,EWR,Newark,EWR\n")
    assert main(["--source", str(site), "--into", str(tmp_path / "page.md")]) == 1
    assert "failed" in capsys.readouterr().err
    assert not (tmp_path / "page.md").exists()


def test_in_the_lake_that_stale_is_asked_of_nothing_is_stale_until_a_table_moves(tmp_path: Path) -> None:
    write_lake(tmp_path, tables=20, months=3, commits=2)
    platform = platform_at(tmp_path)
    copied = TableName("staged", "town_001_1")
    table = platform.lake.table(copied)
    assert sorted(table.partitions()) == ["2016-01", "2016-02", "2016-03"]
    assert stale(platform.catalog, platform.lake, after(3)) == Answer()

    commit(table, platform.catalog.model(copied), {"2016-02": Wanted("0" * 15, "moved", {})})

    found = stale(platform.catalog, platform.lake, after(3)).stale
    assert [(str(item.table), item.partition, item.reason) for item in found] == [
        ("staged/town_001_1", "2016-02", "code changed"),
        ("curated/town_001_daily", "2016-02", "input moved: staged/town_001_1"),
    ]
