"""What is wrong with the lines of the sample's files, in known numbers: every rule that rejects a reading.

A faulty line stands beside the sound one of the same audit, so that the registers' course is not broken by it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

import numpy as np

# Column → text. The columns are those of `sample.py`, in the order of the file.
Line = Mapping[str, str]
_FAULTS: Mapping[str, int] = {
    "castable": 4,
    "control_area_required": 1,
    "unit_required": 1,
    "scp_required": 2,
    "audited_at_required": 1,
    "audit_kind_required": 1,
    "entries_required": 2,
    "exits_required": 1,
    "audited_at_within_partition": 5,
    "duplicate": 6,
    "unparsed": 2,
}
# Column of the readings and of a line, and text: what a spreadsheet shows where a column is too narrow, a clock that
# knows 24:00, a number in groups of three.
_UNCASTABLE = (
    ("entries", "entries", "########"),
    ("audited_at", "time", "24:00:00"),
    ("exits", "exits", "1.097.585"),
)


def planted(week: date) -> dict[str, int]:
    """Rule → lines that break it in the file of the week that begins on a Saturday."""
    counts = _lines_with(week)
    # What cannot be read as a number or a time is missing as well.
    for number in range(counts["castable"]):
        counts[f"{_UNCASTABLE[number % 3][0]}_required"] += 1
    return counts


def _lines_with(week: date) -> dict[str, int]:
    # Different from week to week and rule to rule, so that numbers are not equal by chance.
    return {rule: count + (place + week.day) % 3 for place, (rule, count) in enumerate(_FAULTS.items())}


def plant(week: date, lines: Sequence[Line], random: np.random.Generator) -> list[Line]:
    """The lines of a week with what `planted` tells, each faulty one behind a sound one."""
    counts = _lines_with(week)
    chosen = random.permutation(len(lines))
    behind: dict[int, Line] = {}
    for rule, count in counts.items():
        for number in range(count):
            place = int(chosen[len(behind)])
            behind[place] = {**lines[place], **_CHANGES[rule](lines[place], number)}
    return [each for place, line in enumerate(lines) for each in (line, behind.get(place)) if each is not None]


def _always(**change: str) -> Callable[[Line, int], Line]:
    return lambda *_: change


def _uncastable(_: Line, number: int) -> Line:
    column, text = _UNCASTABLE[number % 3][1:]
    return {column: text}


def _out_of_week(line: Line, number: int) -> Line:
    """A clock that was never set, and audits of the weeks before and after."""
    if number % 3 == 2:
        return {"date": "01/01/1996"}
    month, day, year = map(int, line["date"].split("/"))
    return {"date": f"{date(year, month, day) + timedelta(days=(7, -7)[number % 2]):%m/%d/%Y}"}


def _again(line: Line, number: int) -> Line:
    """The same reading delivered twice, also where only the padding differs."""
    return {"scp": f"{line['scp']} "} if number % 2 else {}


_CHANGES: Mapping[str, Callable[[Line, int], Line]] = {
    "castable": _uncastable,
    "control_area_required": _always(control_area=""),
    "unit_required": _always(unit="  "),
    "scp_required": _always(scp=""),
    "audited_at_required": _always(date="", time=""),
    "audit_kind_required": _always(kind=" "),
    "entries_required": _always(entries=""),
    "exits_required": _always(exits=""),
    "audited_at_within_partition": _out_of_week,
    "duplicate": _again,
    # A comma that nobody quoted: one field too many.
    "unparsed": _always(time="04:00,00"),
}
