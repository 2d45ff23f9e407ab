"""Turnstiles of the sample at work: how passengers come and go, and what the registers do that registers should not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from data_platform.datasets.mta_turnstile.sample_stations import POSITIONS

NEW_YORK = ZoneInfo("America/New_York")
REGULAR, RECOVERED = "REGULAR", "RECOVR AUD"
_HOURS_BETWEEN_AUDITS = 4
_PER_1000_RECOVERED = 8
_READ_TWICE = 24
Integers = npt.NDArray[np.int64]
# Passengers a turnstile and four hours, from local 00, 04, 08, 12, 16, 20 on: on weekdays, and at the weekend.
_WEEKDAY, _WEEKEND = (18, 190, 210, 190, 330, 110), (30, 60, 130, 180, 170, 100)


@dataclass(frozen=True)
class Turnstile:
    """Where in `POSITIONS`, when it is audited (minutes and seconds after each fourth hour of UTC), how busy it is."""

    position: int
    phase: timedelta
    busy: float
    entries: int
    exits: int


# What happens to a turnstile, by its place in POSITIONS. Moments are UTC.
REVERSED = (11, 58, 120)
DEAD = (5, 33, 77, 91, 140)
RESETS: Mapping[int, datetime] = {
    17: datetime(2014, 10, 15, 12, tzinfo=UTC),
    64: datetime(2014, 10, 20, 0, tzinfo=UTC),
    101: datetime(2014, 10, 24, 16, tzinfo=UTC),
    150: datetime(2014, 11, 5, 8, tzinfo=UTC),
}
JUMPS: Mapping[int, datetime] = {25: datetime(2014, 10, 14, 8, tzinfo=UTC), 88: datetime(2014, 10, 29, 20, tzinfo=UTC)}
BACK_AT_ONCE = (88,)
"""Shows a billion more for one reading only; the other from then on."""
JUMP = 1_343_225_856
PASSES_2_31 = 40
BELOW_ZERO = 72
APPEARS: Mapping[int, datetime] = {110: datetime(2014, 10, 22, 12, tzinfo=UTC)}
DISAPPEARS: Mapping[int, datetime] = {111: datetime(2014, 10, 28, 12, tzinfo=UTC)}
GAPS: Mapping[int, tuple[datetime, datetime]] = {
    30: (datetime(2014, 10, 16, 3, tzinfo=UTC), datetime(2014, 10, 17, 3, tzinfo=UTC)),
    # Over the edge of two weeks: the last readings of one and the first of the next are missing.
    99: (datetime(2014, 10, 24, 18, tzinfo=UTC), datetime(2014, 10, 25, 18, tzinfo=UTC)),
}
TWO_DEVICES = 133
"""A position under which a second, older device reports: `RECOVR AUD` beside `REGULAR`, at the same moments."""
_TWO_DEVICES_BETWEEN = (datetime(2014, 10, 26, 0, tzinfo=UTC), datetime(2014, 10, 29, 0, tzinfo=UTC))
TWICE_IN_THE_NIGHT = (0, 46)
"""Audited before and after the clocks are set back, an hour apart: two readings of 01:00."""
_SECOND_ONE_O_CLOCK = datetime(2014, 11, 2, 6, tzinfo=UTC)


def turnstiles(random: np.random.Generator) -> list[Turnstile]:
    """All turnstiles. Those of one booth are audited together; every fifth booth is off the hour."""
    booths = sorted({position.booth.control_area for position in POSITIONS})
    found = []
    for place, position in enumerate(POSITIONS):
        booth = booths.index(position.booth.control_area)
        phase = timedelta(hours=(0, 0, 3, 1)[booth % 4])
        if booth % 5 == 2:
            phase += timedelta(minutes=(22, 30, 15, 45)[booth % 4], seconds=(0, 0, 0, 16)[booth % 4])
        if place in TWICE_IN_THE_NIGHT:
            phase = timedelta(hours=1)
        entries, exits = random.integers(200, 15_000_000, 2)
        if place == PASSES_2_31:
            entries, exits = 2**31 - 5_000, 2**31 - 90_000
        if place == BELOW_ZERO:
            entries, exits = 2_500, 9_000_000
        found.append(Turnstile(place, phase, float(random.lognormal(0, 0.6)), int(entries), int(exits)))
    return found


def readings(first: datetime, last: datetime, random: np.random.Generator) -> pd.DataFrame:
    """What all turnstiles were read as from `first` to before `last` (UTC, on a fourth hour).

    Columns: position, at (UTC), local, kind, entries, exits. By position and moment.
    """
    frames = [_read(turnstile, first, last, random) for turnstile in turnstiles(random)]
    frame = _recovered(pd.concat(frames, ignore_index=True), random)
    frame["local"] = frame["at"].dt.tz_convert(NEW_YORK).dt.tz_localize(None)
    return frame.sort_values(
        ["position", "at", "kind"], ascending=[True, True, False], kind="stable", ignore_index=True
    )


def _recovered(frame: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """With some audits that were missed and recovered, and some that were read twice, the second time too late."""
    ordinary = np.flatnonzero(~frame["position"].isin((*TWICE_IN_THE_NIGHT, TWO_DEVICES, *DEAD, *REVERSED, BELOW_ZERO)))
    chosen = random.permutation(ordinary)
    missed, again = chosen[: len(frame) * _PER_1000_RECOVERED // 1000], chosen[-_READ_TWICE:]
    frame.loc[missed, "kind"] = RECOVERED
    late = frame.loc[again].assign(kind=RECOVERED)
    late[["entries", "exits"]] += random.integers(1, 40, (_READ_TWICE, 2))
    return pd.concat([frame, late])


def _read(turnstile: Turnstile, first: datetime, last: datetime, random: np.random.Generator) -> pd.DataFrame:
    moments = list(pd.date_range(first + turnstile.phase, last, freq=f"{_HOURS_BETWEEN_AUDITS}h", inclusive="left"))
    if turnstile.position in TWICE_IN_THE_NIGHT:
        moments.append(pd.Timestamp(_SECOND_ONE_O_CLOCK))
    at = pd.DatetimeIndex(sorted(moments))
    expected = _passengers(at.tz_convert(NEW_YORK)) * turnstile.busy
    entered, left = (random.poisson(expected * share).astype(np.int64) for share in (1.0, 0.8))
    frame = pd.DataFrame({"position": turnstile.position, "at": at, "kind": REGULAR})
    frame["entries"] = _register(turnstile.position, turnstile.entries, entered, at)
    frame["exits"] = _register(turnstile.position, turnstile.exits, left, at)
    return _without_what_was_not_read(turnstile.position, frame)


def _passengers(local: pd.DatetimeIndex) -> npt.NDArray[np.float64]:
    """Expected in the four hours before each moment."""
    middle = local - timedelta(hours=_HOURS_BETWEEN_AUDITS // 2)
    slot = np.asarray(middle.hour) // 4
    by_kind_of_day = np.array((_WEEKDAY, _WEEKEND), dtype=np.float64)
    expected: npt.NDArray[np.float64] = by_kind_of_day[np.asarray(middle.day_of_week) // 5, slot]
    return expected


def _register(position: int, start: int, passed: Integers, at: pd.DatetimeIndex) -> Integers:
    counted = start + np.cumsum(passed)
    if position in DEAD:
        counted = np.full(len(passed), start)
    if position in REVERSED or position == BELOW_ZERO:
        counted = start - np.cumsum(passed)
    if position in RESETS:
        after = np.asarray(at >= pd.Timestamp(RESETS[position]))
        counted[after] -= counted[after][0]
    if position in JUMPS:
        after = np.asarray(at >= pd.Timestamp(JUMPS[position]))
        once = after & (np.cumsum(after) == 1)
        counted[once if position in BACK_AT_ONCE else after] += JUMP
    return counted


def _without_what_was_not_read(position: int, frame: pd.DataFrame) -> pd.DataFrame:
    at = frame["at"]
    if position in APPEARS:
        frame = frame[at >= APPEARS[position]]
    if position in DISAPPEARS:
        frame = frame[at < DISAPPEARS[position]]
    if position in GAPS:
        begin, end = GAPS[position]
        frame = frame[(at < begin) | (at >= end)]
    if position == TWO_DEVICES:
        begin, end = _TWO_DEVICES_BETWEEN
        again = frame[(at >= begin) & (at < end)].assign(kind=RECOVERED, entries=83, exits=329)
        frame = pd.concat([frame, again])
    return frame
