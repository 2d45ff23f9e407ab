"""The sample that stands in for the MTA's site: four weeks of an invented subway, the same on every machine.

Stations are in `sample_stations`, what the registers do in `sample_registers`, faulty lines in `sample_faults`; here is
how the MTA and those who copied its files write them down.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from data_platform.datasets.mta_turnstile.sample_faults import Line, plant, planted
from data_platform.datasets.mta_turnstile.sample_registers import readings
from data_platform.datasets.mta_turnstile.sample_stations import POSITIONS, booths_csv

FIRST_PARTITION = "2014-10-11"
LAST_PARTITION = "2014-11-01"
# The MTA pads the last name of the header to 68 characters.
_EXITS = "EXITS".ljust(68)
_OFFICIAL = ("C/A", "UNIT", "SCP", "STATION", "LINENAME", "DIVISION", "DATE", "TIME", "DESC", "ENTRIES", _EXITS)


@dataclass(frozen=True)
class Layout:
    """How somebody wrote a week: names of the columns, a row number in front, how numbers are padded."""

    names: tuple[str, ...]
    has_index: bool
    padded: Callable[[str], str]


def _plain(text: str) -> str:
    return text


def _with_zeros(text: str) -> str:
    return text.rjust(9, "0") if text.isdigit() else text


def _with_spaces(text: str) -> str:
    return text.ljust(16) if text else text


# The last Sunday of the sample is the one on which clocks are set back.
_WEEKS: Mapping[date, Layout] = {
    date(2014, 10, 11): Layout(_OFFICIAL, has_index=False, padded=_plain),
    date(2014, 10, 18): Layout(_OFFICIAL, has_index=False, padded=_with_zeros),
    date(2014, 10, 25): Layout(_OFFICIAL, has_index=True, padded=_with_spaces),
    date(2014, 11, 1): Layout(("CA", *_OFFICIAL[1:-1], "EXITS"), has_index=True, padded=_plain),
}
# Clean readings by flag; a fifth of all audits are off the hour.
_FLAGGED: Mapping[date, Mapping[str, int]] = {
    date(2014, 10, 11): {"off_hour": 1892, "recovered_audit": 78, "negative_register": 25},
    date(2014, 10, 18): {"off_hour": 1891, "recovered_audit": 79, "negative_register": 42},
    date(2014, 10, 25): {"off_hour": 1891, "recovered_audit": 91, "negative_register": 42},
    date(2014, 11, 1): {"off_hour": 1910, "recovered_audit": 73, "negative_register": 43, "hour_comes_twice": 52},
}

PLANTED: Mapping[str, Mapping[str, Mapping[str, int]]] = {
    "staged/turnstile_readings": {week.isoformat(): {**planted(week), **_FLAGGED[week]} for week in _WEEKS}
}
"""Table → partition → rule → rows: rejecting rules as quarantined, flags as found in the clean rows."""


def generate(root: Path) -> None:
    """Writes `data/nyct/turnstile/*.txt` and the list of booths below `root`, as the MTA's site has them."""
    folder = root / "data" / "nyct" / "turnstile"
    folder.mkdir(parents=True)
    audits = readings(_utc(min(_WEEKS)), _utc(max(_WEEKS) + timedelta(days=8)), np.random.default_rng(2014))
    for week, layout in _WEEKS.items():
        ends = week + timedelta(days=7)
        here = (audits["local"] >= np.datetime64(week)) & (audits["local"] < np.datetime64(ends))
        lines = plant(week, _lines(audits[here]), np.random.default_rng(week.toordinal()))
        (folder / f"turnstile_{ends:%y%m%d}.txt").write_bytes(_written(lines, layout))
    listed = root / "resources" / "nyct" / "turnstile" / "Remote-Booth-Station.csv"
    listed.parent.mkdir(parents=True)
    listed.write_bytes(booths_csv())


def _utc(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _lines(audits: pd.DataFrame) -> list[Line]:
    """The readings as text, column by column of a line."""
    lines: list[Line] = []
    columns = (audits[name].tolist() for name in ("position", "local", "kind", "entries", "exits"))
    for place, local, kind, entries, exits in zip(*columns, strict=True):
        booth = POSITIONS[place].booth
        lines.append(
            {
                "control_area": booth.control_area,
                "unit": booth.unit,
                "scp": POSITIONS[place].scp,
                "station": booth.station,
                "line": booth.line,
                "division": booth.division,
                "date": f"{local:%m/%d/%Y}",
                "time": f"{local:%H:%M:%S}",
                "kind": kind,
                "entries": str(entries),
                "exits": str(exits),
            }
        )
    return lines


def _written(lines: Sequence[Line], layout: Layout) -> bytes:
    text = io.StringIO(newline="")
    text.write(",".join(("", *layout.names) if layout.has_index else layout.names) + "\n")
    for number, line in enumerate(lines):
        padded = {name: layout.padded(line[name]) for name in ("entries", "exits")}
        values = {**line, **padded}.values()
        text.write(",".join((str(number), *values) if layout.has_index else values) + "\n")
    return text.getvalue().encode()
