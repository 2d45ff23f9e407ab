"""What became of rows between two makings of a partition: compared by identity, from the written files alone."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from data_platform.contracts.quoting import string_list
from data_platform.engines.inputs import table_select

_IDENTITY = (("_source_file", "VARCHAR"), ("_source_row", "BIGINT"))
_REJECTED = (*_IDENTITY, ("_rules", "VARCHAR[]"))
_MATCHES = "a._source_file = b._source_file AND a._source_row = b._source_row"
# Of each combination of rules, so that a frequent one does not hide the others; and of all together.
_EXAMPLES_EACH, _MOST_EXAMPLES = 3, 30


@dataclass(frozen=True)
class Side:
    """The files of one making: clean rows, and quarantined ones."""

    clean: Sequence[Path]
    rejected: Sequence[Path]


@dataclass(frozen=True)
class Example:
    """A row that moves, and the rules that it broke (or would); `uri` is what its source called the file, if known."""

    source_file: str
    row: int
    rules: tuple[str, ...]
    uri: str = ""


@dataclass(frozen=True)
class Moved:
    """Rows that go from one side to the other: how many, how many by rule, and some of them."""

    rows: int
    by_rule: dict[str, int]
    examples: tuple[Example, ...]


def moved(connection: duckdb.DuckDBPyConnection, quarantined: Side, clean: Side) -> Moved:
    """The rows that one making quarantined and the other has as clean ones, by the rules that the former names."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE moved AS SELECT a.* FROM ({table_select(_REJECTED, quarantined.rejected)}) AS a "
        f"SEMI JOIN ({table_select(_IDENTITY, clean.clean)}) AS b ON {_MATCHES}"
    )
    ((rows,),) = connection.execute("SELECT count(*) FROM moved").fetchall()
    by_rule = connection.execute(
        "SELECT rule, count(*) FROM (SELECT unnest(_rules) AS rule FROM moved) GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    examples = connection.execute(
        "SELECT _source_file, _source_row, _rules FROM moved QUALIFY row_number() OVER "
        f"(PARTITION BY _rules ORDER BY _source_file, _source_row) <= {_EXAMPLES_EACH} "
        f"ORDER BY _rules, _source_file, _source_row LIMIT {_MOST_EXAMPLES}"
    ).fetchall()
    return Moved(int(rows), dict(by_rule), tuple(Example(file, row, tuple(rules)) for file, row, rules in examples))


def missing(connection: duckdb.DuckDBPyConnection, here: Side, there: Side, files: Collection[str]) -> int:
    """How many rows of these source files only `here` has, as clean ones or quarantined."""
    one, other = (table_select(_IDENTITY, [*side.clean, *side.rejected]) for side in (here, there))
    ((rows,),) = connection.execute(
        f"SELECT count(*) FROM ({one}) AS a ANTI JOIN ({other}) AS b ON {_MATCHES} "
        f"WHERE list_contains({string_list(sorted(files))}, a._source_file)"
    ).fetchall()
    return int(rows)
