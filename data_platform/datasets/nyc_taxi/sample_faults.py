"""Plants what is wrong and what is odd in real records, in known numbers: every rule of the trips' contracts.

A row gets one fault only, but for a few that break two rules. Rejected rows carry no flag.
"""

from collections.abc import Callable, Mapping
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from data_platform.datasets.nyc_taxi.sample_trips import AMOUNTS

Rows = npt.NDArray[np.intp]
METER_COLUMNS = ["passengers", "rate", "flag", "trip_type", "congestion", "airport_fee"]
_NIGHT_OF_TWO_HOURS = date(2024, 11, 3)

# Faults and oddities in 10,000 trips; rare ones come out as two or a few more (see `planted`).
_PER_10_000: Mapping[str, float] = {
    "castable": 0.4,
    "pickup_at_required": 0.1,
    "dropoff_at_required": 0.1,
    "total_usd_required": 0.1,
    "payment_type_accepted": 0.2,
    "trip_type_accepted": 0.2,
    "distance_miles_range": 6,
    "total_usd_range": 0.2,
    "pickup_at_within_partition": 4,
    "dropoff_before_pickup": 2,
    "duplicate": 8,
    "refund": 90,
    "zero_distance": 140,
    "zero_duration": 6,
    "long_duration": 12,
    "unknown_zone": 90,
    "no_meter_record": 500,
    "clock_set_back": 3,
}
# So many out-of-month rows also have an impossible distance: one row, two rules.
_BROKEN_TWICE = 2


def planted(service: str, month: date, trips: int) -> dict[str, int]:
    """Rule → rows, for a file made from so many trips: broken rules count quarantined rows, flags clean ones."""
    counts = {}
    for place, (rule, share) in enumerate(_PER_10_000.items()):
        # Different from month to month and rule to rule, so that numbers are not equal by chance.
        counts[rule] = 2 + round(share * trips / 10_000) + (place + month.month) % 3
    counts["distance_miles_range"] += _BROKEN_TWICE
    if service == "yellow":
        del counts["trip_type_accepted"]
    if month != _NIGHT_OF_TWO_HOURS.replace(day=1):
        del counts["clock_set_back"]
    return counts


def plant(service: str, month: date, trips: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """The trips with what `planted` tells, as a vendor would deliver them: by pickup, repeated rows at the end."""
    counts = planted(service, month, len(trips))
    counts["distance_miles_range"] -= _BROKEN_TWICE
    # Away from the month's edge and from the night when clocks are set back, which have faults of their own.
    night = np.datetime64(_NIGHT_OF_TWO_HOURS)
    in_night = (trips["pickup"] >= night) & (trips["pickup"] < night + np.timedelta64(1, "D"))
    plain = np.flatnonzero((trips["pickup"] >= np.datetime64(month.replace(day=2))) & ~in_night)
    ends = np.cumsum(list(counts.values()))
    chosen = dict(zip(counts, np.split(random.permutation(plain)[: ends[-1]], ends[:-1]), strict=True))
    frame = trips.copy()
    for rule, change in _CHANGES.items():
        if rule in chosen:
            change(frame, chosen[rule])
    _move_out_of_month(frame, chosen["pickup_at_within_partition"], month)
    _make_impossibly_far(frame, chosen["pickup_at_within_partition"][:_BROKEN_TWICE])
    again = _deliver_twice(frame, chosen["duplicate"])
    delivered = pd.concat([frame, _refunds(frame, chosen["refund"])]).sort_values("pickup", kind="stable")
    return pd.concat([delivered, again], ignore_index=True)


def _steps(rows: Rows) -> npt.NDArray[np.intp]:
    """0, 1, 2, … for the chosen rows: makes each a little different."""
    return np.arange(len(rows))


def _seconds(count: npt.NDArray[np.intp]) -> npt.NDArray[np.timedelta64]:
    return count.astype("timedelta64[s]")


def _make_uncastable(frame: pd.DataFrame, rows: Rows) -> None:
    # A letter that stands for nothing, and a toll of $100 billion that no DECIMAL(12,2) holds.
    frame.loc[rows[::2], "flag"] = "X"
    frame.loc[rows[1::2], "tolls"] = 1e13


def _forget(column: str) -> Callable[[pd.DataFrame, Rows], None]:
    def change(frame: pd.DataFrame, rows: Rows) -> None:
        frame.loc[rows, column] = None

    return change


def _set(column: str, value: float) -> Callable[[pd.DataFrame, Rows], None]:
    def change(frame: pd.DataFrame, rows: Rows) -> None:
        frame.loc[rows, column] = value

    return change


def _make_impossibly_far(frame: pd.DataFrame, rows: Rows) -> None:
    frame.loc[rows, "distance"] = np.where(_steps(rows) % 4 == 3, -150.0, 50_001.0 + 1_234_567 * _steps(rows))


def _move_out_of_month(frame: pd.DataFrame, rows: Rows, month: date) -> None:
    """A clock that was never set, trips of the month before, and of the month after."""
    took = frame.loc[rows, "dropoff"] - frame.loc[rows, "pickup"]
    start = np.datetime64(month, "us")
    after = np.datetime64(pd.Timestamp(month) + pd.offsets.MonthBegin(), "us")
    step = _steps(rows)
    pickup = np.select(
        [step % 3 == 0, step % 3 == 1],
        [np.datetime64("2008-12-31T23:02:24", "us") + _seconds(step), start - _seconds(step * 2_220)],
        after + _seconds(step * 660),
    )
    frame.loc[rows, "pickup"] = pickup
    frame.loc[rows, "dropoff"] = pickup + took


def _end_before_start(frame: pd.DataFrame, rows: Rows) -> None:
    frame.loc[rows, "dropoff"] = frame.loc[rows, "pickup"] - _seconds(300 + 7 * _steps(rows))


def _end_at_once(frame: pd.DataFrame, rows: Rows) -> None:
    frame.loc[rows, "dropoff"] = frame.loc[rows, "pickup"]


def _leave_meter_on(frame: pd.DataFrame, rows: Rows) -> None:
    frame.loc[rows, "dropoff"] = frame.loc[rows, "pickup"] + _seconds(86_400 - 60 * (1 + _steps(rows) % 600))


def _lose_zone(frame: pd.DataFrame, rows: Rows) -> None:
    # Unknown, outside the city, none recorded, and one that the lookup does not have.
    zones = np.select([_steps(rows) % 4 == n for n in range(3)], [264.0, 265.0, np.nan], 999.0)
    frame.loc[rows[::2], "pickup_zone"] = zones[::2]
    frame.loc[rows[1::2], "dropoff_zone"] = zones[1::2]


def _lose_meter_record(frame: pd.DataFrame, rows: Rows) -> None:
    frame.loc[rows, METER_COLUMNS] = None
    # Green leaves the payment empty, yellow writes 0 (see `sample.py`).
    frame.loc[rows, "payment"] = None


def _cross_the_extra_hour(frame: pd.DataFrame, rows: Rows) -> None:
    """From 01:4x summer time to 01:0x winter time: 20 minutes that look like -40."""
    pickup = np.datetime64(_NIGHT_OF_TWO_HOURS, "us") + _seconds(3600 + 2400 + 11 * _steps(rows))
    frame.loc[rows, "pickup"] = pickup
    frame.loc[rows, "dropoff"] = pickup - _seconds(2400 + 0 * _steps(rows))


_CHANGES: Mapping[str, Callable[[pd.DataFrame, Rows], None]] = {
    "castable": _make_uncastable,
    "pickup_at_required": _forget("pickup"),
    "dropoff_at_required": _forget("dropoff"),
    "total_usd_required": _forget("total"),
    "payment_type_accepted": _set("payment", 7),
    "trip_type_accepted": _set("trip_type", 3),
    "distance_miles_range": _make_impossibly_far,
    "total_usd_range": _set("total", 42_949_672),
    "dropoff_before_pickup": _end_before_start,
    "zero_distance": _set("distance", 0),
    "zero_duration": _end_at_once,
    "long_duration": _leave_meter_on,
    "unknown_zone": _lose_zone,
    "no_meter_record": _lose_meter_record,
    "clock_set_back": _cross_the_extra_hour,
}


def _refunds(frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    """The negative twins: the same vendor, times and zones, every amount negated."""
    twins = frame.loc[rows].copy()
    amounts = [*AMOUNTS, "total"]
    # 0 stays 0: records have no negative zero.
    twins[amounts] = 0 - twins[amounts]
    twins["payment"] = np.where(_steps(rows) % 4 == 0, 4, 3)
    return twins


def _deliver_twice(frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    """The second deliveries: some are exact copies; of others the first or the second lacks the meter record.

    As happened in 2020-04. Which of two came first does not tell which says more.
    """
    again = frame.loc[rows].copy()
    _lose_meter_record(again, rows[::3])
    _lose_meter_record(frame, rows[1::3])
    return again
