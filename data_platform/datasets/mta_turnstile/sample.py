"""The sample that stands in for the MTA's site: five weeks of an invented subway, the same on every machine.

Stations are in `sample_stations`, what the registers do in `sample_registers`, faulty lines in `sample_faults`; here is
how the MTA and those who copied its files write them down.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd

from data_platform.datasets.mta_turnstile.sample_faults import Line, plant, planted
from data_platform.datasets.mta_turnstile.sample_registers import readings
from data_platform.datasets.mta_turnstile.sample_stations import POSITIONS, listed_booths
from data_platform.datasets.mta_turnstile.sample_workbook import workbook

FIRST_PARTITION = "2014-10-04"
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


# The week before the present layout began.
_WIDE_WEEK = date(2014, 10, 4)
_READINGS_OF_A_LINE = 8
_DOORS_OPENED = 12
# The last Sunday of the sample is the one on which clocks are set back.
_WEEKS: Mapping[date, Layout] = {
    date(2014, 10, 11): Layout(_OFFICIAL, has_index=False, padded=_plain),
    date(2014, 10, 18): Layout(_OFFICIAL, has_index=False, padded=_with_zeros),
    date(2014, 10, 25): Layout(_OFFICIAL, has_index=True, padded=_with_spaces),
    date(2014, 11, 1): Layout(("CA", *_OFFICIAL[1:-1], "EXITS"), has_index=True, padded=_plain),
}
# Clean readings by flag; a fifth of all audits are off the hour.
_FLAGGED: Mapping[date, Mapping[str, int]] = {
    _WIDE_WEEK: {"off_hour": 1904, "recovered_audit": 94, "negative_register": 26, "unknown_station": 715},
    date(2014, 10, 11): {"off_hour": 1892, "recovered_audit": 80, "negative_register": 42},
    date(2014, 10, 18): {"off_hour": 1892, "recovered_audit": 58, "negative_register": 42},
    date(2014, 10, 25): {"off_hour": 1891, "recovered_audit": 83, "negative_register": 42},
    date(2014, 11, 1): {"off_hour": 1909, "recovered_audit": 79, "negative_register": 43, "hour_comes_twice": 52},
}

PLANTED: Mapping[str, Mapping[str, Mapping[str, int]]] = {
    "staged/turnstile_readings": {week.isoformat(): {**planted(week), **flagged} for week, flagged in _FLAGGED.items()}
}
"""Table → partition → rule → rows: rejecting rules as quarantined, flags as found in the clean rows."""


def generate(root: Path) -> None:
    """Writes `data/nyct/turnstile/*.txt` and the list of booths below `root`, as the MTA's site has them."""
    folder = root / "data" / "nyct" / "turnstile"
    folder.mkdir(parents=True)
    audits = readings(_utc(min(_FLAGGED)), _utc(max(_FLAGGED) + timedelta(days=8)), np.random.default_rng(2014))
    for week in _FLAGGED:
        ends = week + timedelta(days=7)
        here = (audits["local"] >= np.datetime64(week)) & (audits["local"] < np.datetime64(ends))
        random = np.random.default_rng(week.toordinal())
        lines = _lines(audits[here])
        if week == _WIDE_WEEK:
            text = _wide(plant(week, _with_doors(lines, random), random))
        else:
            text = _written(plant(week, lines, random), _WEEKS[week])
        (folder / f"turnstile_{ends:%y%m%d}.txt").write_text(text, encoding="utf-8", newline="")
    listed = root / "resources" / "nyct" / "turnstile" / "Remote-Booth-Station.xls"
    listed.parent.mkdir(parents=True)
    # The MTA's is of Excel 97; what is read is told by the bytes.
    listed.write_bytes(workbook(listed_booths()))


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


def _written(lines: Sequence[Line], layout: Layout) -> str:
    text = io.StringIO(newline="")
    text.write(",".join(("", *layout.names) if layout.has_index else layout.names) + "\n")
    for number, line in enumerate(lines):
        padded = {name: layout.padded(line[name]) for name in ("entries", "exits")}
        values = {**line, **padded}.values()
        text.write(",".join((str(number), *values) if layout.has_index else values) + "\n")
    return text.getvalue()


def _with_doors(lines: Sequence[Line], random: np.random.Generator) -> list[Line]:
    """With audits of doors that were opened seven minutes after a regular one."""
    opened = {int(place) for place in random.permutation(len(lines))[:_DOORS_OPENED]}
    found = []
    for place, line in enumerate(lines):
        found.append(line)
        if place in opened:
            hour, minute, second = line["time"].split(":")
            found.append({**line, "time": f"{hour}:{int(minute) + 7:02}:{second}", "kind": "DOOR OPEN"})
    return found


def _wide(lines: Sequence[Line]) -> str:
    """A turnstile's readings one behind the other, the last one padded; a broken reading has a line of its own."""
    text = io.StringIO(newline="")
    for (*turnstile, _), found in groupby(lines, key=_same_line):
        readings = [_reading(line) for line in found]
        for start in range(0, len(readings), _READINGS_OF_A_LINE):
            some = ",".join(readings[start : start + _READINGS_OF_A_LINE])
            text.write(f"{','.join(turnstile)},{some}{'' if some.endswith(',') else ' ' * 7}\n")
    return text.getvalue()


def _same_line(line: Line) -> tuple[str, ...]:
    return (line["control_area"], line["unit"], line["scp"], "broken" if "," in line["time"] else "")


def _reading(line: Line) -> str:
    month, day, year = line["date"].split("/") if line["date"] else ("", "", "")
    when = f"{month}-{day}-{year[2:]}" if year else ""
    return ",".join((when, line["time"], line["kind"], _with_zeros(line["entries"]), _with_zeros(line["exits"])))
