"""Tries a contract's SQL on one row of NULLs, before there is any data: DuckDB says itself what it refuses."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from data_platform.contracts.quoting import identifier
from data_platform.engines.duckdb import scratch

# What DuckDB says of statements that the author has not written.
_OURS = {
    "cannot contain aggregates": "an aggregate looks at many rows, a rule at one; compute it in the model",
    "cannot contain window functions": "a window looks at many rows, a rule at one; compute it in the model",
    "must appear in the GROUP BY clause": "some of this is of one row and some of many: write sum(…), count(*) or the "
    "like around every column here, and around none where rows are put in order",
    "in COALESCE operator": "this is no number; count or sum something",
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
            return _words(error)
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


def _fault(sql: str) -> str | None:
    try:
        scratch().execute(sql)
    except duckdb.Error as error:
        return _words(error)
    return None


def _words(error: duckdb.Error) -> str:
    """DuckDB's message in one line, without its kind, long lists and the statement that is ours."""
    told = str(error).partition("\n\nLINE ")[0].partition("Candidate functions")[0]
    told = " ".join(told.partition(": ")[2].split())
    return next((ours for theirs, ours in _OURS.items() if theirs in told), told)
