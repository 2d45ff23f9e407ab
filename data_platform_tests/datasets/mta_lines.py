"""The files of the turnstile sample read with Python's csv and judged without the contract's SQL: a second opinion."""

import csv
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

WIDE_WEEK = "2014-10-04"
WEEKS = [WIDE_WEEK, "2014-10-11", "2014-10-18", "2014-10-25", "2014-11-01"]
NAMES = ["C/A", "UNIT", "SCP", "STATION", "LINENAME", "DIVISION", "DATE", "TIME", "DESC", "ENTRIES", "EXITS"]
# Booths that no list names.
UNLISTED = ("N310", "PTH31")
SUNDAY_OF_TWO_HOURS = date(2014, 11, 2)


class Reading(NamedTuple):
    """A sound line."""

    turnstile: tuple[str, str, str]
    at: datetime
    kind: str
    entries: int
    exits: int


def path_of(sample: Path, week: str) -> Path:
    ends = date.fromisoformat(week) + timedelta(days=7)
    return sample / "data" / "nyct" / "turnstile" / f"turnstile_{ends:%y%m%d}.txt"


def lines(sample: Path, week: str) -> list[dict[str, str] | None]:
    """The lines of a week under the official names, nothing trimmed; None for one that has another number of fields.

    Of the layout before, which names no station, each reading is one.
    """
    with path_of(sample, week).open(encoding="utf-8", newline="") as file:
        if week == WIDE_WEEK:
            return [reading for line in csv.reader(file) for reading in _readings(line)]
        header, *body = csv.reader(file)
    ahead = 1 if header[0] == "" else 0
    return [dict(zip(NAMES, line[ahead:], strict=True)) if len(line) == len(header) else None for line in body]


def _readings(line: list[str]) -> list[dict[str, str] | None]:
    if len(line) < 8 or (len(line) - 3) % 5:
        return [None]
    found: list[dict[str, str] | None] = []
    for start in range(3, len(line), 5):
        day, *rest = line[start : start + 5]
        written = f"{day[:6].replace('-', '/')}{'19' if day[6:] == '96' else '20'}{day[6:]}" if day else ""
        found.append(dict(zip((*NAMES[:3], *NAMES[6:]), (*line[:3], written, *rest), strict=True)))
    return found


def counted(found: Iterable[dict[str, str] | None], week: str) -> tuple[Counter[str], list[Reading]]:
    """Broken rules and flags of a week's lines, and its clean readings."""
    begins = datetime.fromisoformat(week)
    counts: Counter[str] = Counter()
    clean: dict[Reading, None] = {}
    for line in found:
        if line is None:
            counts["unparsed"] += 1
            continue
        values = {name: text.strip() for name, text in line.items()}
        broken, reading = _judged(values, begins)
        if reading is not None and reading in clean:
            broken = ["duplicate"]
        counts.update(broken)
        if reading is not None and not broken:
            clean[reading] = None
            counts.update(_flags(reading))
            if "STATION" not in line and reading.turnstile[0] in UNLISTED:
                counts["unknown_station"] += 1
    return counts, list(clean)


def _judged(values: dict[str, str], begins: datetime) -> tuple[list[str], Reading | None]:
    names = {"C/A": "control_area", "UNIT": "unit", "SCP": "scp", "DESC": "audit_kind"}
    broken = [f"{column}_required" for name, column in names.items() if not values[name]]
    numbers = {name: values[name] for name in ("ENTRIES", "EXITS")}
    uncastable = [f"{name.lower()}_required" for name, text in numbers.items() if text and not _is_whole(text)]
    broken += [f"{name.lower()}_required" for name, text in numbers.items() if not text]
    at = _moment(values["DATE"], values["TIME"])
    if at is None:
        (uncastable if values["DATE"] else broken).append("audited_at_required")
    elif not begins <= at < begins + timedelta(days=7):
        broken.append("audited_at_within_partition")
    broken += [*uncastable, *(["castable"] if uncastable else [])]
    if broken or at is None:
        return broken, None
    turnstile = (values["C/A"], values["UNIT"], values["SCP"])
    return [], Reading(turnstile, at, values["DESC"], int(values["ENTRIES"]), int(values["EXITS"]))


def _is_whole(text: str) -> bool:
    return text.removeprefix("-").isdigit()


def _moment(day: str, time: str) -> datetime | None:
    try:
        return datetime.strptime(f"{day} {time}", "%m/%d/%Y %H:%M:%S")
    except ValueError:
        return None


def _flags(reading: Reading) -> Iterable[str]:
    if reading.at.minute or reading.at.second:
        yield "off_hour"
    if reading.kind == "RECOVR AUD":
        yield "recovered_audit"
    if min(reading.entries, reading.exits) < 0:
        yield "negative_register"
    if reading.at.date() == SUNDAY_OF_TWO_HOURS and reading.at.hour == 1:
        yield "hour_comes_twice"
