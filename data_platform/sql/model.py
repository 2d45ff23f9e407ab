"""A model: the one SELECT in a `.sql` file, and what can be said of it without running it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from data_platform.lake.names import TableName
from data_platform.sql import columns, determinism, refusals
from data_platform.sql.relations import Scope
from data_platform.sql.syntax import SqlError, normalised, read


class ModelError(ValueError):
    """A model that cannot be run: `path:line: what is wrong and how to repair it`."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path = path
        self.line = line
        self.message = message


@dataclass(frozen=True)
class Model:
    """`text` ends with the last token of the SELECT: it can be put in parentheses. `tables` are sorted.

    `normalised` is the text as its code version sees it: without comments, layout and the case of keywords.
    """

    path: Path
    text: str
    tables: tuple[TableName, ...]
    normalised: str


@contextmanager
def located(path: Path) -> Iterator[None]:
    """Turns a SqlError at a line into a ModelError in a file."""
    try:
        yield
    except SqlError as fault:
        raise ModelError(path, fault.line, fault.message) from fault


def parse(path: Path, text: str) -> Model:
    """The model that the file at `path` holds.

    Raises ModelError unless it is exactly one SELECT that reads `layer.table`s and its own CTEs only, names each
    column it puts out once, and can be followed from its output to its input (no BY NAME, COLUMNS(…), PIVOT,
    NATURAL JOIN, parameters or functions that read files).
    """
    with located(path):
        body, tables = _checked(text)
    return Model(path, body, tables, normalised(body))


@lru_cache(maxsize=8192)
def _checked(text: str) -> tuple[str, tuple[TableName, ...]]:
    syntax = read(text)
    refusals.check(syntax)
    return syntax.text, refusals.tables(syntax)


def line_of(model: Model, table: TableName) -> int:
    """The line on which the model first names a table that it reads."""
    return refusals.line_of(read(model.text), table)


def line_of_column(model: Model, name: str) -> int:
    """The line of the outermost SELECT on which a column of it stands; that of its `*` where no other has the name."""
    syntax = read(model.text)
    select = columns.first_select(syntax.tree)
    projections = select.expressions if select is not None else []
    named = [each for each in projections if (columns.output_name(each) or "").lower() == name.lower()]
    stars = [each for each in projections if each.is_star]
    return next((syntax.line(each) for each in (*named, *stars)), 1)


def functions(model: Model) -> tuple[determinism.Call, ...]:
    """Every function the model calls, in the order of the text; see `determinism.calls` for what is taken as one."""
    return tuple(determinism.calls(read(model.text)))


def check_deterministic(model: Model, volatile: frozenset[str]) -> None:
    """Raises ModelError at anything that can make two runs over the same inputs differ.

    `volatile` are the names, in lower case, of the engine's functions that are not consistent (random, uuid, now, …).
    Beyond these are refused: CURRENT_DATE and its kind in every spelling; samples; aggregates whose result depends
    on the order of rows (first, last, any_value, list, string_agg, …, and arg_min, arg_max, mode for their ties) unless
    they carry an ORDER BY; row_number, lag, first_value and the like over a window without one; LIMIT and DISTINCT ON
    without one; POSITIONAL JOIN. Whether an ORDER BY decides every tie cannot be seen here, nor can the last
    digits of a parallel sum of DOUBLEs: money is DECIMAL.
    """
    with located(model.path):
        determinism.check(read(model.text), volatile)


@lru_cache(maxsize=8192)
def output_columns(model: Model) -> tuple[str, ...] | None:
    """The columns of the outermost SELECT in order; None if a `*` takes in a table, whose schema is not known here."""
    return columns.names(read(model.text).tree, Scope())
