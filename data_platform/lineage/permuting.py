"""Which input columns each output column reacts to: a model is run again and again over a sample of rows, each time
with other values in one column of its input.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from data_platform.lake.names import TableName
from data_platform.lineage.perturbing import perturbations, shifted

if TYPE_CHECKING:
    import pyarrow as pa

Run = Callable[[Mapping[TableName, "pa.Table"]], "pa.Table"]
Column = tuple[TableName, str]
# Digits of a float that count: a sum in another order differs in the last ones.
_DIGITS = 9


class SampleError(ValueError):
    """The model does not run over the sample as it is. The message says why."""


@dataclass(frozen=True, order=True)
class Reaction:
    """An output column that changes when a source column does. `direct`: its values follow those of the source;
    `indirect`: the source decides which rows there are, or how they are grouped and ordered. One may be both.
    """

    source: TableName
    source_column: str
    column: str
    kind: Literal["direct", "indirect"]


@dataclass(frozen=True)
class Permuted:
    """What was seen. `columns` are all output columns, `rows` the size of each input's sample by its name in SQL.

    `tried`: source columns, `layer.table.column`, of which a change was run. `failed`: those of which none could be,
    with the error of the first. `unsteady`: output columns that differ between two runs over equal rows, of which
    nothing can be said. `unfinished`: time was up.
    """

    columns: tuple[str, ...]
    reactions: tuple[Reaction, ...]
    rows: Mapping[str, int]
    tried: tuple[str, ...]
    unsteady: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    unfinished: bool = False


@dataclass(frozen=True)
class _Seen:
    """An output: how many rows, and of each column which values how often."""

    rows: int
    columns: Mapping[str, int]


@dataclass
class _Found:
    """What the changes of one source column did."""

    reacted: set[str] = field(default_factory=set)
    decides: bool = False
    direct: set[str] = field(default_factory=set)
    runs: int = 0
    error: str = ""


def permuted(
    run: Run,
    sample: Mapping[TableName, "pa.Table"],
    *,
    nullable: Callable[[Column], bool] = lambda _: False,
    times: int = 3,
    seconds: float = 60,
    discreet: bool = False,
) -> Permuted:
    """Runs a model over `sample` with one source column changed at a time, and says what reacted to it.

    `run` gives the output for some inputs; what it raises for changed ones tells nothing. `nullable`: columns that may
    be NULL though the sample has none. `times`: of each kind of change; `seconds`: after these no more is begun.
    `discreet`: an error is told by its kind alone, as its text may quote a value.
    The same sample gives the same answer, unless time was up. Raises SampleError.
    """
    until = time.monotonic() + seconds
    try:
        base, again = _seen(run(sample)), _seen(run(sample))
    except Exception as error:  # whatever an author's function raises
        text = f"it cannot be run over the sample: {_shown(_told(error), discreet)}"
        if discreet:  # what it came from would be shown with it
            raise SampleError(text) from None
        raise SampleError(text) from error
    unsteady = {name for name in base.columns if base.columns[name] != again.columns.get(name)}
    steady = base.columns.keys() - unsteady
    reactions: list[Reaction] = []
    failed: dict[str, str] = {}
    tried: list[str] = []
    unfinished = False
    for source in _columns(sample):
        if time.monotonic() > until:
            unfinished = True
            break
        found = _of_column(run, sample, source, base, steady, nullable(source), times, until)
        if found.runs:
            tried.append(f"{source[0].sql}.{source[1]}")
        elif found.error:
            failed[f"{source[0].sql}.{source[1]}"] = _shown(found.error, discreet)
        reactions += _reactions(source, found)
    rows = {name.sql: table.num_rows for name, table in sample.items()}
    order = {name: at for at, name in enumerate(base.columns)}
    reactions.sort(key=lambda each: (order[each.column], each))
    return Permuted(
        tuple(base.columns), tuple(reactions), rows, tuple(tried), tuple(sorted(unsteady)), failed, unfinished
    )


def _of_column(
    run: Run,
    sample: Mapping[TableName, "pa.Table"],
    source: Column,
    base: _Seen,
    steady: set[str],
    nullable: bool,
    times: int,
    until: float,
) -> _Found:
    found = _Found()
    values = _values(sample, source)
    if len(values) == 0:
        return found
    _note_shifts(run, sample, source, base, found)
    may_be_null = nullable or values.null_count > 0
    for change in perturbations(values, f"{source[0].sql}.{source[1]}", times, may_be_null=may_be_null):
        if (found.reacted >= steady and found.decides) or time.monotonic() > until:
            break
        _note(run, _with(sample, {source: change.column}), base, found)
    found.reacted &= steady
    return found


def _note_shifts(run: Run, sample: Mapping[TableName, "pa.Table"], source: Column, base: _Seen, found: _Found) -> None:
    """Moves all values, alone and with those columns that hold the same ones: what matches by the column sees the
    first and not the second, what is computed from it sees both.
    """
    alone = shifted(_values(sample, source))
    if alone is None:
        return
    moved = {source: alone}
    seen = _note(run, _with(sample, moved), base, found)
    for partner in _partners(sample, source):
        if (with_it := shifted(_values(sample, partner))) is not None:
            moved[partner] = with_it
    if len(moved) > 1:
        together = _note(run, _with(sample, moved), base, _Found())
        seen = seen and together and seen & together
    found.direct = seen or set()


def _note(run: Run, changed: Mapping[TableName, "pa.Table"], base: _Seen, found: _Found) -> set[str]:
    """Adds what reacts to a change; returns what reacts while there are as many rows."""
    try:
        seen = _seen(run(changed))
    except Exception as error:  # noqa: BLE001 # values that an author's function has never met
        found.error = found.error or _told(error)
        return set()
    found.runs += 1
    reacted = {name for name, values in base.columns.items() if seen.columns.get(name) != values}
    found.reacted |= reacted
    if seen.rows != base.rows:
        found.decides = True
        return set()
    return reacted


def _reactions(source: Column, found: _Found) -> Iterator[Reaction]:
    for column in sorted(found.reacted):
        direct = column in found.direct
        if direct:
            yield Reaction(*source, column, "direct")
        if found.decides or not direct:
            yield Reaction(*source, column, "indirect")


def _partners(sample: Mapping[TableName, "pa.Table"], source: Column) -> list[Column]:
    """Other columns of the same kind that share at least half of the values of the one that has fewer."""
    values = _values(sample, source)
    own = _distinct(values)
    found = []
    for other in _columns(sample):
        if other != source:
            others = _distinct(_values(sample, other))
            if own and others and 2 * len(own & others) >= min(len(own), len(others)):
                found.append(other)
    return found


def _distinct(values: "pa.Array") -> set[Any]:
    return {repr(value) for value in values.to_pylist() if value is not None}


def _columns(sample: Mapping[TableName, "pa.Table"]) -> list[Column]:
    """All but those that are the platform's own."""
    return [(table, name) for table, rows in sample.items() for name in rows.column_names if not name.startswith("_")]


def _values(sample: Mapping[TableName, "pa.Table"], column: Column) -> "pa.Array":
    return sample[column[0]][column[1]].combine_chunks()


def _with(sample: Mapping[TableName, "pa.Table"], columns: Mapping[Column, "pa.Array"]) -> dict[TableName, "pa.Table"]:
    changed = dict(sample)
    for (table, name), values in columns.items():
        rows = changed[table]
        changed[table] = rows.set_column(rows.column_names.index(name), rows.field(name), values)
    return changed


def _seen(output: "pa.Table") -> _Seen:
    columns = {}
    for name in output.column_names:
        if name.startswith("_"):
            continue
        # As a multiset: in which order rows come is nobody's promise.
        columns[name] = hash(tuple(sorted(map(_text, output[name].to_pylist()))))
    return _Seen(output.num_rows, columns)


def _text(value: Any) -> str:
    if isinstance(value, float):
        return "nan" if math.isnan(value) else f"{value:.{_DIGITS}g}"
    if isinstance(value, Decimal):
        return str(value.normalize())
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_text, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_text(each)}' for key, each in value.items())}}}"
    return repr(value)


def _told(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:200]}"


def _shown(told: str, discreet: bool) -> str:
    return told.partition(":")[0] if discreet else told
