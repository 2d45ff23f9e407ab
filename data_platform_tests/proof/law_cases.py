"""Random raw files, a model over them and a contract, within what an author may write. Values are the odd ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from data_platform.contracts.contract import Contract
from data_platform_tests.proof.law_casts import DAY, FLOATING, days, microseconds
from data_platform_tests.proof.law_conditions import Condition, conditions

_JANUARY = [microseconds(text) for text in ("2024-01-01", "2024-01-31 23:59:59.999999", "2024-01-15 12:30:00")]
_PLAIN = (0, 1, "1", True, days("2024-01-15"), _JANUARY[0], _JANUARY[2], _JANUARY[2] * 1000)
_NO_NUMBERS = (float("nan"), float("inf"), -float("inf"))
# What decides only where all else of a row is in order.
_OFTEN: Mapping[str, Sequence[Any]] = {
    "DOUBLE": [float("nan")] * 8,
    "FLOAT": [float("nan")] * 8,
    "DATE": [1_800_000_000] * 2,
}
# What stands in files: the Arrow type, and values that have made trouble somewhere.
FOUND: Mapping[str, tuple[pa.DataType, Sequence[Any]]] = {
    "TINYINT": (pa.int8(), [0, 1, -128, 127]),
    "INTEGER": (pa.int32(), [0, 1, 5, -1, 2**31 - 1]),
    "BIGINT": (pa.int64(), [0, 1, 2, -1, 128, 2**31, 2**53 + 1, -(2**63), 2**63 - 1]),
    "UBIGINT": (pa.uint64(), [0, 1, 5, 2**63, 2**64 - 1]),
    "FLOAT": (pa.float32(), [0.0, -0.0, 1.0, 1.5, 0.125, -3.75, float("nan"), float("inf"), 2.0**100]),
    "DOUBLE": (
        pa.float64(),
        [0.0, -0.0, 1.0, 1.5, 0.1, 0.125, -0.125, 2.25, 9999.996, 2.0**53, 2.0**63, 1e300, *_NO_NUMBERS],
    ),
    "DECIMAL(10,4)": (
        pa.decimal128(10, 4),
        list(
            map(Decimal, ["0.0000", "1.0000", "1.2500", "-0.0050", "1.0050", "0.1000", "999999.9999", "-999999.9999"])
        ),
    ),
    "DECIMAL(38,10)": (
        pa.decimal128(38, 10),
        list(map(Decimal, ["0", "1", "0.1", "12345678.91", "1234567890123456.7800000001", "-0.0000000001"])),
    ),
    "VARCHAR": (
        pa.string(),
        [
            *("", " ", "1", " 7 ", "-2", "1.5", "1e3", "0.125", "128", "9007199254740993", "1234567890123456.784"),
            *("1e400", "nan", "inf", "N/A", "true", "F", "it's", "é", "e\u0301", "\U0001f6b2", "a\nb", "{}"),
            *("2024-01-15", "2024-01-31 23:59:59.999999", "2024-02-01", "0001-01-01", "2024-02-30"),
        ],
    ),
    "DATE": (pa.date32(), [0, -1, days("2024-01-15"), days("2024-02-01"), days("0001-01-01"), 1_800_000_000]),
    "TIMESTAMP": (
        pa.timestamp("us"),
        [*_JANUARY, microseconds("2024-02-01"), -1, microseconds("0001-01-01"), 290_000 * 365 * DAY],
    ),
    "TIMESTAMP_NS": (pa.timestamp("ns"), [*(moment * 1000 for moment in _JANUARY), _JANUARY[2] * 1000 + 1, -1]),
    "BOOLEAN": (pa.bool_(), [True, False]),
}
_NUMBERS = ["TINYINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL(6,2)", "DECIMAL(18,2)", "BOOLEAN", "VARCHAR"]
BECOMES: Mapping[str, list[str]] = {
    **dict.fromkeys(("TINYINT", "INTEGER", "BIGINT", "UBIGINT", "DOUBLE", "DECIMAL(10,4)", "DECIMAL(38,10)"), _NUMBERS),
    **dict.fromkeys(("DECIMAL(6,2)", "DECIMAL(18,2)"), _NUMBERS),
    # How a text of a FLOAT or of a far year looks is the engine's affair.
    "FLOAT": [type_ for type_ in _NUMBERS if type_ != "VARCHAR"],
    "VARCHAR": [*_NUMBERS, "DATE", "TIMESTAMP"],
    "DATE": ["DATE", *["TIMESTAMP"] * 9],
    "TIMESTAMP": ["TIMESTAMP", "DATE"],
    "TIMESTAMP_NS": ["TIMESTAMP", "DATE"],
    "BOOLEAN": ["BOOLEAN", "TINYINT", "BIGINT", "DOUBLE", "DECIMAL(6,2)", "VARCHAR"],
}
DECLARED = ["BIGINT", "INTEGER", "DOUBLE", "DECIMAL(6,2)", "VARCHAR", "DATE", "TIMESTAMP", "BOOLEAN"]
# Bounds and constants of conditions. Those of dates are written as dates in a contract.
CONSTANTS: Mapping[str, Sequence[Any]] = {
    "TINYINT": [0, 1],
    "INTEGER": [0, 1, 5],
    "BIGINT": [0, 1, 2**53],
    "FLOAT": [0.0, 1.5],
    "DOUBLE": [0.0, 1.5, 2.25],
    "DECIMAL(6,2)": [Decimal("0.00"), Decimal("1.25"), Decimal("0.13")],
    "DECIMAL(18,2)": [Decimal("0.00"), Decimal("1.25")],
    "VARCHAR": ["", "1", "it's", "é"],
    "DATE": [days("2024-01-15"), days("2024-02-01")],
    "TIMESTAMP": [_JANUARY[0], _JANUARY[2]],
    "BOOLEAN": [True, False],
}
_KINDS = ("reject", "drop", "flag", "flag")  # flags are counted of clean rows alone, and these are few
_GRAINS: Sequence[tuple[str, ...]] = [(), ("x",), ("x", "y"), ("z",), ("y", "z")]
ZONES: Mapping[int | None, str | None] = {0: "zero", 1: "one", 5: None, 2**53 + 1: "é", None: "nowhere"}
"""A lookup: its key and what it tells. A NULL key matches nothing."""


@dataclass(frozen=True)
class File:
    """A raw file: `found` are the types of its columns, None where it lacks one; `rows` have a value for each."""

    name: str
    found: Mapping[str, str | None]
    rows: tuple[tuple[Any, ...], ...]
    group: int

    def write(self, folder: Path) -> Path:
        columns = {}
        for place, (name, type_) in enumerate(self.found.items()):
            if type_ is not None:
                values = [row[place] for row in self.rows]
                # Through integers: Python's own dates end at the year 9999.
                kept = pa.array(values, _KEPT.get(type_, FOUND[type_][0]))
                columns[name] = kept.cast(FOUND[type_][0]) if type_ in _KEPT else kept
        table = pa.table({**columns, "unknown": pa.nulls(len(self.rows))})
        path = folder / f"{self.name}.parquet"
        with pq.ParquetWriter(path, table.schema) as writer:
            for batch in table.to_batches(max_chunksize=self.group):
                writer.write_batch(batch)
        return path


_KEPT = {"DATE": pa.int32(), "TIMESTAMP": pa.int64(), "TIMESTAMP_NS": pa.int64()}


@dataclass(frozen=True)
class Order:
    """One part of `deduplicate.first_by`."""

    column: str
    descending: bool = False
    nulls_first: bool = False

    @property
    def sql(self) -> str:
        return f"{self.column}{' DESC' * self.descending}{' NULLS FIRST' * self.nulls_first}"


@dataclass(frozen=True)
class Case:
    """Raw tables of columns k, a, b; a model that makes x of a, y of b and z of k; and what is promised of them."""

    declared: Mapping[str, str]
    files: Mapping[str, tuple[File, ...]]
    """Raw table → its files."""
    shape: str
    instead: Mapping[str, Any]
    """Output column → the constant that takes the place of a NULL."""
    contract: Contract
    rules: tuple[tuple[str, str, Condition], ...]
    """Name, kind and condition of each of the contract's own rules."""
    first_by: tuple[Order, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    """Output column → its contracted type."""

    @property
    def records(self) -> dict[str, int]:
        return {file.name: len(file.rows) for files in self.files.values() for file in files}

    @property
    def looks_up(self) -> bool:
        return self.shape == "lookup"


def nan_above_a_min() -> Case:
    """What random cases come to too seldom to rely on: rows of NaN in which nothing but a `min` alone is broken."""
    nan = float("nan")
    file = File("t0", {"k": "BIGINT", "a": "DOUBLE", "b": "FLOAT"}, ((0, nan, 1.0), (1, 1.0, nan), (5, 1.0, 1.0)), 1)
    types = {"x": "DOUBLE", "y": "FLOAT", "z": "BIGINT"}
    columns = {name: {"type": type_} if name == "z" else {"type": type_, "min": 0.0} for name, type_ in types.items()}
    audit = {"max_rejected_share": 1}
    contract = Contract.model_validate({"description": "No NaN.", "columns": columns, "audit": audit})
    declared = {"k": "BIGINT", "a": "DOUBLE", "b": "DOUBLE"}
    return Case(declared, {"t": (file,)}, "plain", {}, contract, (), types=types)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Any case. Small pools of values make repeated grains and broken rules likely."""
    declared = {"k": "BIGINT", "a": draw(st.sampled_from(DECLARED)), "b": draw(st.sampled_from(DECLARED))}
    shape = draw(st.sampled_from(["plain", "nested", "lookup", "union"]))
    tables = ("t", "u") if shape == "union" else ("t",)
    files = {table: draw(_files(table, declared)) for table in tables}
    types = {
        "x": draw(st.sampled_from([*[declared["a"]] * 5, *BECOMES[declared["a"]]])),
        "y": draw(st.sampled_from([*[declared["b"]] * 5, *BECOMES[declared["b"]]])),
        "z": "VARCHAR" if shape == "lookup" else "BIGINT",
    }
    instead = {
        name: draw(st.sampled_from(CONSTANTS[declared[raw]]))
        for name, raw in (("x", "a"), ("y", "b"))
        if draw(st.integers(0, 3)) == 0
    }
    rules = tuple(
        (f"rule_{number}", draw(st.sampled_from(_KINDS)), draw(conditions(types, CONSTANTS)))
        for number in range(draw(st.integers(1, 4)))
    )
    grain = draw(st.sampled_from(_GRAINS))
    first_by: tuple[Order, ...] = ()
    if len(grain) and draw(st.integers(0, 3)):
        first_by = draw(_orders(types))
    contract = {
        "description": "Any promise.",
        "columns": {name: draw(_promises(type_)) for name, type_ in types.items()},
        "rules": [{"name": name, kind: condition.sql} for name, kind, condition in rules],
        "grain": grain,
        "deduplicate": {"first_by": [order.sql for order in first_by]} if first_by else None,
        "audit": {"max_rejected_share": 1},
    }
    return Case(declared, files, shape, instead, Contract.model_validate(contract), rules, first_by, types)


@st.composite
def _files(draw: st.DrawFn, table: str, declared: Mapping[str, str]) -> tuple[File, ...]:
    return tuple(draw(_file(f"{table}{number}", declared)) for number in range(draw(st.sampled_from([1, 2, 3, 0]))))


@st.composite
def _file(draw: st.DrawFn, name: str, declared: Mapping[str, str]) -> File:
    found = {column: draw(_found(type_)) for column, type_ in declared.items()}
    values = [st.none() if type_ is None else _values(type_) for type_ in found.values()]
    rows = draw(st.lists(st.tuples(*values), max_size=12))
    return File(name, found, tuple(rows), draw(st.integers(1, 12)))


def _found(declared: str) -> st.SearchStrategy[str | None]:
    """A type that a file may have for a declared one: mostly the same, sometimes none at all."""
    others = [type_ for type_, becomes in BECOMES.items() if declared in becomes and type_ in FOUND]
    same = [declared] * 20 if declared in FOUND else []
    return st.sampled_from([*same, *others, None])


def _values(type_: str) -> st.SearchStrategy[Any]:
    # More of the plain ones: a row with nothing but odd ones is rejected, and says no more.
    plain = [value for value in FOUND[type_][1] if value in _PLAIN]
    odd = st.sampled_from([*plain * 8, *FOUND[type_][1], *_OFTEN.get(type_, ()), None])
    if type_ == "DOUBLE":
        # Multiples of 1/64 are exact as they are, and have more digits than a DECIMAL(6,2).
        return odd | st.integers(-(2**20), 2**20).map(lambda n: n / 64)
    return odd


@st.composite
def _promises(draw: st.DrawFn, type_: str) -> dict[str, Any]:
    spec: dict[str, Any] = {"type": type_, "required": draw(st.integers(0, 5)) == 0}
    written = [_written(value, type_) for value in CONSTANTS[type_]]
    low, high = {"min": written[0]}, {"max": written[-1]}
    if type_ in FLOATING:
        # Without a max, only a rule of its own keeps NaN out.
        spec |= draw(st.sampled_from([{}, low, low, high, {**low, **high}]))
    elif draw(st.integers(0, 2)) == 0 and type_ not in ("BOOLEAN", "VARCHAR"):
        spec |= draw(st.sampled_from([{}, low, high, {**low, **high}]))
    elif draw(st.integers(0, 7)) == 0:
        spec["accepted"] = written
    if type_ in ("DATE", "TIMESTAMP"):
        spec["within_partition"] = draw(st.booleans())
    return spec


def _written(value: Any, type_: str) -> Any:
    """A constant as an author writes it in YAML."""
    if type_ in ("DATE", "TIMESTAMP"):
        moment = datetime(1970, 1, 1) + timedelta(microseconds=value * DAY if type_ == "DATE" else value)
        return moment.date() if type_ == "DATE" else moment
    return float(value) if isinstance(value, Decimal) else value


def _orders(types: Mapping[str, str]) -> st.SearchStrategy[tuple[Order, ...]]:
    order = st.builds(Order, st.sampled_from([*types, "_source_row"]), st.booleans(), st.booleans())
    return st.lists(order, min_size=1, max_size=2, unique_by=lambda each: each.column).map(tuple)
