"""What must become of each row of a case, worked out row by row in plain Python, without DuckDB."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from data_platform.contracts.contract import ColumnSpec
from data_platform_tests.proof.law_cases import ZONES, Case, File, Order
from data_platform_tests.proof.law_casts import DAY, cast, days
from data_platform_tests.proof.law_conditions import ordered

Place = tuple[str, int]
_MONTH = (days("2024-01-01"), days("2024-02-01"))
_RAW = {"x": "a", "y": "b", "z": "k"}


@dataclass
class Judged:
    """A row of the model: its values in the contract's types, and all that it breaks."""

    place: Place
    values: dict[str, Any]
    lost: set[str]
    """Declared and contracted columns that could not hold a value."""
    unknown: set[str]
    """Columns whose value was lost: what stands there is of no account."""
    rounded: bool
    broken: dict[str, list[str]] = field(default_factory=lambda: {"reject": [], "drop": [], "flag": []})
    doubtful: set[str] = field(default_factory=set)
    """Rules that look at an unknown column."""


@dataclass(frozen=True)
class Expected:
    """Where each row must be, by its place in the source."""

    clean: Mapping[Place, Judged]
    rejected: Mapping[Place, Judged]
    duplicates: Mapping[Place, Place]
    """A repeated row → the one that stays."""
    dropped: Mapping[Place, Judged]
    repeated: int

    @property
    def flagged(self) -> dict[str, int]:
        return dict(Counter(rule for row in self.clean.values() for rule in row.broken["flag"]))

    @property
    def dropped_by(self) -> dict[str, int]:
        return dict(Counter(rule for row in self.dropped.values() for rule in row.broken["drop"]))


def expected(case: Case) -> Expected:
    """What must become of every row."""
    rows = list(_judged(case))
    rejected = {row.place: row for row in rows if row.broken["reject"]}
    dropped = {row.place: row for row in rows if row.broken["drop"] and not row.broken["reject"]}
    kept = [row for row in rows if row.place not in rejected and row.place not in dropped]
    groups: dict[Any, list[Judged]] = {}
    for row in kept:
        key = tuple(_key(row.values[name]) for name in case.contract.grain) or row.place
        groups.setdefault(key, []).append(row)
    repeated = sum(len(group) - 1 for group in groups.values())
    duplicates: dict[Place, Place] = {}
    if case.first_by:
        for group in groups.values():
            first, *others = _sorted(group, case.first_by)
            duplicates |= {other.place: first.place for other in others}
    clean = {row.place: row for row in kept if row.place not in duplicates}
    rejected |= {row.place: row for row in kept if row.place in duplicates}
    return Expected(clean, rejected, duplicates, dropped, repeated)


def _judged(case: Case) -> Iterator[Judged]:
    for files in case.files.values():
        for file in files:
            for number, values in enumerate(file.rows):
                row = _modelled(case, file, number, dict(zip(file.found, values, strict=True)))
                _judge(case, row)
                yield row


def _modelled(case: Case, file: File, number: int, values: Mapping[str, Any]) -> Judged:
    """One row through the declared types, the model and the contract's types."""
    raw = {name: cast(values[name], file.found[name] or type_, type_) for name, type_ in case.declared.items()}
    lost = {name for name, found in raw.items() if found.lost}
    row = Judged((file.name, number), {}, lost, set(), any(found.rounded for found in raw.values()))
    for name, type_ in case.types.items():
        source = _RAW[name]
        value, has = raw[source].value, case.declared[source]
        if name == "z" and case.looks_up:
            value, has = ZONES.get(value) if value is not None else None, "VARCHAR"
        if value is None and not raw[source].lost:
            value = case.instead.get(name)
        found = cast(value, has, type_)
        row.values[name] = found.value
        row.rounded |= found.rounded
        if found.lost and not raw[source].lost:
            lost.add(name)
        if found.lost or raw[source].lost:
            row.unknown.add(name)
    return row


def _judge(case: Case, row: Judged) -> None:
    if row.lost:
        row.broken["reject"].append("castable")
    for name, spec in case.contract.columns.items():
        for suffix, breaks in _promised(spec, row.values[name]):
            _note(row, f"{name}_{suffix}", "reject", breaks, {name})
    seen = {**row.values, "_source_file": row.place[0], "_source_row": row.place[1]}
    for name, kind, condition in case.rules:
        _note(row, name, kind, condition.holds(seen), set(condition.columns))
    if row.rounded:
        row.broken["flag"].append("rounded")


def _note(row: Judged, rule: str, kind: str, breaks: bool | None, columns: set[str]) -> None:
    if columns & row.unknown:
        row.doubtful.add(rule)
    elif breaks:
        row.broken[kind].append(rule)


def _promised(spec: ColumnSpec, value: Any) -> Iterator[tuple[str, bool]]:
    """Each bound of a column, as its author means it, and whether the value breaks it: NULL breaks only `required`."""
    if spec.required:
        yield "required", value is None
    if spec.min is not None or spec.max is not None:
        yield "range", value is not None and _is_outside(spec, value)
    if spec.accepted is not None:
        accepted = [ordered(_bound(each, spec.type)) for each in spec.accepted]
        yield "accepted", value is not None and ordered(value) not in accepted
    if spec.within_partition:
        start, end = (each if spec.type == "DATE" else each * DAY for each in _MONTH)
        yield "within_partition", value is not None and not start <= value < end


def _is_outside(spec: ColumnSpec, value: Any) -> bool:
    low, high = (None if bound is None else ordered(_bound(bound, spec.type)) for bound in (spec.min, spec.max))
    if value != value:
        return True  # NaN lies between no bounds
    return (low is not None and ordered(value) < low) or (high is not None and ordered(value) > high)


def _bound(written: Any, type_: str) -> Any:
    """What an author wrote in YAML as a value of the column's type."""
    if type_ in ("DATE", "TIMESTAMP"):
        found = cast(str(written), "VARCHAR", type_)
    else:
        found = cast(written, _has(written), type_) if not isinstance(written, str) else cast(written, "VARCHAR", type_)
    assert not found.lost
    return found.value


def _has(written: Any) -> str:
    return "BOOLEAN" if isinstance(written, bool) else "BIGINT" if isinstance(written, int) else "DOUBLE"


def _key(value: Any) -> Any:
    """Two NULLs are one group, and so are two NaNs."""
    return (value is None, None if value is None else ordered(value))


def _sorted(rows: Sequence[Judged], orders: Sequence[Order]) -> list[Judged]:
    """By the orders, then by place: sorting is stable, so that the last order goes first."""
    found = sorted(rows, key=lambda row: (row.place[0].encode(), row.place[1]))
    for order in reversed(orders):
        values = {
            row.place: row.place[1] if order.column == "_source_row" else row.values[order.column] for row in found
        }
        nulls = [row for row in found if values[row.place] is None]
        others = [row for row in found if values[row.place] is not None]
        others.sort(key=lambda row: ordered(values[row.place]), reverse=order.descending)
        found = [*nulls, *others] if order.nulls_first else [*others, *nulls]
    return found
