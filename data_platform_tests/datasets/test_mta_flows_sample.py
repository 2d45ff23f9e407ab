"""What the sample's registers do that registers should not, found again in the flows; the account over all weeks."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from data_platform.datasets.mta_turnstile import sample_registers as planted
from data_platform.datasets.mta_turnstile.sample_stations import POSITIONS
from data_platform_tests.datasets.building import House

FLOWS, READINGS = "curated.turnstile_flows", "staged.turnstile_readings"
TURNSTILE = ["control_area", "unit", "scp"]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def flows(house: House) -> pd.DataFrame:
    return house.ask("SELECT * FROM rows ORDER BY control_area, unit, scp, ended_at", house.paths(FLOWS))


def of(flows: pd.DataFrame, place: int) -> pd.DataFrame:
    """The flows of the turnstile at a place of POSITIONS."""
    booth, scp = POSITIONS[place].booth, POSITIONS[place].scp
    here = (flows.control_area == booth.control_area) & (flows.unit == booth.unit) & (flows.scp == scp)
    assert here.any()
    return flows[here]


def ending(flows: pd.DataFrame, place: int, moment: datetime) -> pd.Series:
    """The first interval that ends at a moment (UTC) or after it."""
    local = moment.astimezone(ZoneInfo("America/New_York")).replace(tzinfo=None)
    found = of(flows, place)
    return found[found.ended_at >= local].iloc[0]


@pytest.mark.parametrize(("place", "moment"), planted.RESETS.items())
def test_a_reset_is_one(flows: pd.DataFrame, place: int, moment: datetime) -> None:
    found = ending(flows, place, moment)
    assert (found["class"], found.entries_register) == ("reset", 0)
    assert found.entries_delta < -1000
    assert pd.isna(found.entries)


@pytest.mark.parametrize(("place", "moment"), planted.JUMPS.items())
def test_a_jump_is_implausible_and_its_return_a_reset(flows: pd.DataFrame, place: int, moment: datetime) -> None:
    found = of(flows, place)
    after = found[found.ended_at >= ending(flows, place, moment).ended_at]["class"].tolist()
    assert after[:2] == ["implausible", "reset" if place in planted.BACK_AT_ONCE else "ok"]


@pytest.mark.parametrize("place", planted.REVERSED)
def test_what_counts_down_is_counted(flows: pd.DataFrame, place: int) -> None:
    assert of(flows, place)["class"].tolist()[0] == "gap"
    counted = of(flows, place).iloc[1:]
    assert set(counted["class"]) == {"reversed"}
    assert (counted.entries == -counted.entries_delta).all()
    assert counted.entries.sum() > 1000


@pytest.mark.parametrize("place", planted.DEAD)
def test_nobody_passes_a_dead_register(flows: pd.DataFrame, place: int) -> None:
    found = of(flows, place).iloc[1:]
    assert set(found["class"]) == {"ok"}
    assert found.entries.sum() == found.exits.sum() == 0


def test_two_devices_under_one_position_count_for_nothing_while_they_take_turns(flows: pd.DataFrame) -> None:
    found = of(flows, planted.TWO_DEVICES)
    in_turn = found[found["class"] == "reset"]
    assert len(in_turn) > 20
    assert in_turn.entries.isna().all()
    assert found.entries.max() < 5000


def test_what_is_missing_is_a_gap(flows: pd.DataFrame) -> None:
    for place, (_, until) in planted.GAPS.items():
        found = ending(flows, place, until)
        assert (found["class"], found.duration_seconds > 12 * 3600) == ("gap", True)
        assert found.entries_delta > 0
        assert pd.isna(found.entries)
    for place in planted.APPEARS:
        assert of(flows, place)["class"].tolist()[0] == "gap"


def test_the_account_runs_through_the_registers_over_all_weeks(house: House, flows: pd.DataFrame) -> None:
    """All differences of a turnstile are its last reading less its first, whatever their class."""
    readings = house.ask("SELECT * FROM rows", house.paths(READINGS))
    order = ["audited_at_utc", "audit_kind", "entries", "exits"]
    ordered = readings.sort_values(order, ascending=[True, False, True, True]).groupby(TURNSTILE)
    moved = (ordered[["entries", "exits"]].last() - ordered[["entries", "exits"]].first()).sort_index()
    deltas = flows.groupby(TURNSTILE)[["entries_delta", "exits_delta"]].sum().sort_index()
    assert deltas.index.equals(moved.index)
    assert (deltas.to_numpy() == moved.to_numpy()).all()
    assert len(flows) == len(readings)


def test_breaks_are_listed_with_what_the_registers_showed(house: House, flows: pd.DataFrame) -> None:
    listed = house.ask("SELECT * FROM rows", house.paths("curated.register_breaks"))
    found = flows[flows["class"].isin(["reset", "implausible"])]
    key = [*TURNSTILE, "ended_at", "audit_kind", "class"]
    both = listed.merge(found, on=key, suffixes=("", "_of_flow"))
    assert len(listed) == len(found) == len(both)
    assert (both.entries_after - both.entries_before == both.entries_delta).all()
    assert (both.exits_after == both.exits_register).all()
