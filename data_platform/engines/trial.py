"""Tries a contract's SQL on one row of NULLs, before there is any data: DuckDB says itself what it refuses."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

import duckdb

from data_platform.contracts.errors import closest, nearest
from data_platform.contracts.quoting import identifier
from data_platform.engines.duckdb import database, scratch
from data_platform.lake.names import TableName

# What DuckDB says of statements that the author has not written.
_OURS = {
    "cannot contain aggregates": "an aggregate looks at many rows, a rule at one; compute it in the model",
    "cannot contain window functions": "a window looks at many rows, a rule at one; compute it in the model",
    "must appear in the GROUP BY clause": "some of this is of one row and some of many: write sum(…), count(*) or the "
    "like around every column here, and around none where rows are put in order",
    "in COALESCE operator": "this is no number; count or sum something",
}
_LINE = re.compile(r"^LINE (\d+): ", re.MULTILINE)
_NAME = re.compile(r'"((?:[^"]|"")*)"')
_TYPES = re.compile(r"No function matches the given name and argument types '(.+?)'\.")
_UNKNOWN = re.compile(
    r"(?:(?P<type>Type)|.*Function) with name \"?(?P<name>\w+)\"? (?:does not exist|is not in the catalog)"
    r".*?(?:Did you mean \"(?P<close>[^\"]+)\".*)?$"
)
# A value of each kind, to ask whether one kind can become the other at all.
_SAMPLES = {
    **dict.fromkeys(("BOOLEAN",), "true"),
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE"), "1"),
    **dict.fromkeys(("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"), "'2024-01-01'"),
}


def constants(texts: Sequence[str]) -> list[str | None]:
    """What is wrong with each constant, such as `CAST('abc' AS DOUBLE)`; None when it is one."""
    if not texts or _fault(f"SELECT {', '.join(texts)}") is None:
        return [None] * len(texts)
    return [_fault(f"SELECT {text}") for text in texts]


@dataclass(frozen=True)
class Trial:
    """A row of NULLs of some columns (name, type). Each question is answered by a fault in words, or None."""

    columns: tuple[tuple[str, str], ...]

    @property
    def _row(self) -> str:
        nulls = (f"CAST(NULL AS {type_}) AS {identifier(name)}" for name, type_ in self.columns)
        return f"(SELECT {', '.join(nulls)})"

    def types(self) -> str | None:
        """Whether DuckDB knows every type."""
        return _fault(f"SELECT * FROM {self._row}")

    def conditions(self, texts: Sequence[str]) -> list[str | None]:
        """Whether each is a condition on one row: neither an aggregate nor a window, and true or false."""
        if not texts or self._conditions(texts) is None:
            return [None] * len(texts)
        return [self._conditions([text]) for text in texts]

    def _conditions(self, texts: Sequence[str]) -> str | None:
        told = ", ".join(f"({text})" for text in texts)
        anything = " OR ".join(f"({text})" for text in texts)
        try:
            asked = scratch().execute(f"SELECT {told} FROM {self._row} WHERE {anything}")
        except duckdb.Error as error:
            return _words(str(error))
        other = next((str(kind) for _, kind, *_ in asked.description or () if str(kind) != "BOOLEAN"), None)
        return None if other is None else f"this is {other}, neither true nor false; write a comparison"

    def order(self, text: str) -> str | None:
        """Whether rows can be put in this order."""
        return _fault(f"SELECT *, row_number() OVER (ORDER BY {text}) FROM {self._row}")

    def total(self, text: str, by: Sequence[str]) -> str | None:
        """Whether it is a number made of many rows, one for each group."""
        keys = "".join(f"{part}, " for part in by)
        group = f" GROUP BY {', '.join(str(i) for i in range(1, len(by) + 1))}" if by else ""
        return _fault(f"SELECT {keys}abs(coalesce({text}, 0)) FROM {self._row}{group} HAVING true")


class SelectError(ValueError):
    """What DuckDB refuses in a SELECT, and the line of the SELECT's text."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line
        self.message = message


@dataclass(frozen=True)
class EmptyTables:
    """A database of tables without rows: what a SELECT over them gives, if it can be run at all.

    `offered`: (name, type) of the columns of each table that may be read; it is made when the first SELECT reads it.
    """

    connection: duckdb.DuckDBPyConnection
    offered: dict[TableName, Sequence[tuple[str, str]]] = field(default_factory=dict)

    def columns(self, select: str, reads: Sequence[TableName]) -> list[tuple[str, str]]:
        """(name, type) of what a SELECT gives. Raises SelectError when DuckDB refuses it."""
        for name in reads:
            typed = ", ".join(f"{identifier(column)} {type_}" for column, type_ in self.offered[name])
            self.connection.execute(f"CREATE SCHEMA IF NOT EXISTS {identifier(name.layer)}")
            table = f"{identifier(name.layer)}.{identifier(name.table)}"
            self.connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({typed})")
        try:
            rows = self.connection.execute(f"DESCRIBE {select}").fetchall()
        except duckdb.Error as error:
            raise _select_error(str(error), select) from error
        return [(name, type_) for name, type_, *_ in rows]


@contextmanager
def empty_tables() -> Iterator[EmptyTables]:
    """A database without tables yet."""
    with database() as connection:
        yield EmptyTables(connection)


@cache
def can_be_cast(has: str, wanted: str) -> bool:
    """Whether values of one type can become values of another: some DOUBLEs are INTEGERs, none is a DATE."""
    sample = _SAMPLES.get(has, "1" if has.startswith("DECIMAL") else None)
    return sample is None or "Unimplemented type" not in (_fault(f"SELECT CAST({sample}::{has} AS {wanted})") or "")


def _select_error(told: str, select: str) -> SelectError:
    found = _LINE.search(told)
    names = _NAME.findall(told.partition("\nLINE ")[0])
    line = int(found[1]) if found else select.count("\n", 0, max(0, select.find(names[0]) if names else 0)) + 1
    types = _TYPES.search(told)
    if types:
        return SelectError(line, f"there is no {types[1]}: these types do not go together; cast one with CAST(… AS …)")
    if "does not have a column named" in told:
        return SelectError(line, f"'{names[0]}' has no column '{names[1]}'{_candidate(names[1], names[2:])}")
    if told.startswith("Binder Error: Referenced column "):
        return SelectError(line, f"no table here has a column '{names[0]}'{_candidate(names[0], names[1:])}")
    if told.startswith("Binder Error: Referenced table "):
        return SelectError(line, f"nothing in FROM is called '{names[0]}'{_candidate(names[0], names[1:])}")
    if told.startswith("Binder Error: Ambiguous reference"):
        choice = " or ".join(sorted(re.findall(r"'([^']+)'", told)))
        return SelectError(line, f"several tables here have a column '{names[0]}'; write {choice}")
    if "must appear in the GROUP BY clause" in told:
        repair = "add it to GROUP BY, or write min(…), sum(…) or the like around it"
        return SelectError(line, f"'{names[0]}' is neither grouped nor in an aggregate; {repair}")
    return SelectError(line, _words(told))


def _candidate(name: str, candidates: Sequence[str]) -> str:
    """DuckDB names those that are most like it, not all that there are."""
    close = closest(name, candidates) or next(iter(candidates), None)
    return f" (did you mean '{close}'?)" if close else ""


def _fault(sql: str) -> str | None:
    try:
        scratch().execute(sql)
    except duckdb.Error as error:
        return _words(str(error))
    return None


def _words(error: str) -> str:
    """DuckDB's message in one line, without its kind, long lists and the statement that is ours."""
    told = error.partition("\n\nLINE ")[0].partition("Candidate functions")[0]
    told = " ".join(told.partition(": ")[2].split())
    if unknown := _UNKNOWN.match(told):
        kind, name, close = ("type" if unknown["type"] else "function"), unknown["name"], unknown["close"]
        if kind == "type":
            return f"no type is called '{name}'{nearest(name.upper(), _types())}"
        return f"no function is called '{name}'" + (f" (did you mean '{close}'?)" if close else "")
    return next((ours for theirs, ours in _OURS.items() if theirs in told), told)


@cache
def _types() -> tuple[str, ...]:
    rows = scratch().execute("SELECT DISTINCT upper(type_name) FROM duckdb_types() ORDER BY ALL").fetchall()
    return tuple(name for (name,) in rows)
