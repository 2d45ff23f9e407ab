"""All tables of all datasets and how they read each other. Knows files' contents, never their places in the lake."""

import graphlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from data_platform.contracts.contract import ColumnSpec, Contract
from data_platform.contracts.errors import Gathering, nearest
from data_platform.contracts.partitions import Partitions
from data_platform.contracts.raw import RawColumn
from data_platform.contracts.yaml_file import YamlFile
from data_platform.lake.names import TableName
from data_platform.privacy.discretion import without_values
from data_platform.sinks.target import Target
from data_platform.sources.options import ReadOptions
from data_platform.sources.slot import Source
from data_platform.sql.identity import Threaded
from data_platform.sql.model import Model, line_of

UnknownColumns = Literal["keep", "warn", "refuse"]


@dataclass(frozen=True)
class Expected:
    """When a partition should exist at its source, and how many of the latest ones are asked for corrections.

    `after_days` None: nobody can tell whether anything comes, as of what others push when they like.
    """

    after_days: int | None = 0
    recheck_last: int | Literal["all"] = "all"


@dataclass(frozen=True)
class RawTable:
    """Bytes as received from one or several sources."""

    name: TableName
    dataset: str
    path: Path
    line: int
    """Where the dataset's YAML declares it."""
    description: str
    owners: tuple[str, ...]
    partitions: Partitions | None
    sources: tuple[Source, ...]
    format: str | None
    """As people are told: written, or by what the address ends in; None where each file's name says it. How files are
    read: see `read`."""
    columns: Mapping[str, RawColumn]
    expected: Expected
    check_every: str | None
    reads: tuple[TableName, ...] = ()
    read: ReadOptions = field(default_factory=ReadOptions)
    unknown_columns: UnknownColumns = "warn"
    """What becomes of a file with columns that are not declared: kept, kept and told, refused."""

    @property
    def is_personal(self) -> bool:
        """Whether any of its columns holds personal data."""
        return any(column.personal for column in self.columns.values())

    def told(self, reason: str, error: BaseException | None = None, *, keep: str = "") -> str:
        """Why something of it was refused, as it may be told: see `without_values`."""
        return without_values(reason, error, keep=keep) if self.is_personal else reason

    @property
    def names(self) -> tuple[str, ...]:
        """All names by which its columns may be called."""
        return tuple(name for column, spec in self.columns.items() for name in (column, *spec.aliases))


@dataclass(frozen=True)
class PythonModel:
    """A pure function from its inputs (keyword arguments, Arrow tables) to an Arrow table or a DataFrame."""

    path: Path
    text: str
    function: Callable[..., Any]
    packages: Mapping[str, str]
    """Installed version of each distribution that the module imports: part of its code version."""
    modules: Mapping[str, str] = field(default_factory=dict)
    """Text of each module of its own dataset that it imports, by name: part of its code version."""
    in_batches: frozenset[str] = frozenset()
    """Inputs that it takes as a RecordBatchReader instead of a table."""


@dataclass(frozen=True)
class ModelTable:
    """A staged or curated table or view: a SELECT (or a Python function) and its contract."""

    name: TableName
    dataset: str
    path: Path
    """The contract's YAML file."""
    contract: Contract
    model: Model | PythonModel
    reads: tuple[TableName, ...]
    threaded: Threaded | None
    """The SELECT with row identity: staged SQL tables only."""
    driving: tuple[TableName, ...]
    """The raw tables whose rows a staged table accounts for."""
    partitions: Partitions | None
    owners: tuple[str, ...]
    sink: Target | None = None
    """Where its rows are written back to."""

    @property
    def is_view(self) -> bool:
        return self.contract.view

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """(name, type) as contracted."""
        return tuple((name, spec.type) for name, spec in self.contract.columns.items())

    def conceals(self, column: str) -> bool:
        """Whether stored values of a column may not be shown: personal ones, unless they were masked before."""
        spec = self.contract.columns[column]
        return spec.personal and not (self.name.layer == "curated" and spec.mask is not None)

    def offsets(self, read: TableName) -> tuple[int, ...]:
        """Which partitions of a table that it reads belong to one of its own: 0 the same one, -1 the one before."""
        return self.contract.reads.get(read.sql, (0,))

    def mention(self, read: TableName) -> tuple[Path, int]:
        """The file and line that name a table which this one reads."""
        if isinstance(self.model, Model):
            return self.model.path, line_of(self.model, read)
        return self.path, YamlFile.read(self.path).line("inputs", self.reads.index(read))


Table = RawTable | ModelTable


class CatalogError(ValueError):
    """Tables that cannot stand together: a missing input, a circle, a name used twice."""


@dataclass(frozen=True)
class Catalog:
    """Every table of the platform by name, and what each dataset says of itself."""

    tables: Mapping[TableName, Table]
    descriptions: Mapping[str, str] = field(default_factory=dict)
    nouns: frozenset[str] = frozenset()
    """What datasets count beyond the nouns that are units anyway."""

    @classmethod
    def of(
        cls,
        tables: Iterable[Table],
        descriptions: Mapping[str, str] | None = None,
        nouns: frozenset[str] = frozenset(),
    ) -> "Catalog":
        """`descriptions`: of the datasets, by name.

        Raises CatalogError when two tables share a name, one reads an unknown table, or they form a circle.
        """
        found: dict[TableName, Table] = {}
        for table in tables:
            if table.name in found:
                raise CatalogError(
                    f"{table.name} exists in the datasets {found[table.name].dataset} and {table.dataset}; rename one"
                )
            found[table.name] = table
        mistakes = Gathering(CatalogError)
        for table in found.values():
            for read in table.reads:
                with mistakes.going_on():
                    if read not in found:
                        known = nearest(read.sql, [name.sql for name in found])
                        raise CatalogError(f"{_mention(table, read)}: reads {read.sql}, which no dataset has{known}")
        mistakes.tell()
        catalog = cls(found, descriptions or {}, nouns)
        _ = catalog.order
        return catalog

    def __iter__(self) -> Iterator[Table]:
        return (self.tables[name] for name in self.order)

    @cached_property
    def order(self) -> tuple[TableName, ...]:
        """All names, each after those that it reads."""
        graph = {name: sorted(table.reads) for name, table in sorted(self.tables.items())}
        try:
            return tuple(graphlib.TopologicalSorter(graph).static_order())
        except graphlib.CycleError as error:
            circle: list[TableName] = error.args[1]
            told = " → ".join(name.sql for name in circle)
            at = _mention(self.tables[circle[1]], circle[0])
            raise CatalogError(f"{at}: tables read each other in a circle: {told}. Take one of them apart") from error

    def raw(self, name: TableName) -> RawTable:
        table = self.tables[name]
        assert isinstance(table, RawTable), f"{name} is no raw table"
        return table

    def model(self, name: TableName) -> ModelTable:
        table = self.tables[name]
        assert isinstance(table, ModelTable), f"{name} is no model"
        return table

    def stored(self, names: Sequence[TableName]) -> tuple[TableName, ...]:
        """The tables behind some names: views are replaced by what they read. Sorted, each once."""
        found: set[TableName] = set()
        for name in names:
            table = self.tables[name]
            is_view = isinstance(table, ModelTable) and table.is_view
            found.update(self.stored(table.reads) if is_view else [name])
        return tuple(sorted(found))

    def views(self, names: Sequence[TableName]) -> tuple[ModelTable, ...]:
        """The views among some names and below them, each after the views that it reads."""
        found: dict[TableName, ModelTable] = {}
        for name in names:
            table = self.tables[name]
            if isinstance(table, ModelTable) and table.is_view:
                found.update({view.name: view for view in self.views(table.reads)})
                found[name] = table
        return tuple(found.values())

    def personal_names(self, name: TableName) -> frozenset[str]:
        """The names, in lower case, of columns with personal data in a table and in what it reads."""
        tables = [self.tables[name], *(self.tables[read] for read in self.tables[name].reads)]
        return frozenset(column.lower() for table in tables for column, spec in _specs(table) if spec.personal)

    def is_discreet(self, name: TableName) -> bool:
        """Whether a table or what it reads holds personal data: then no message may quote a value."""
        return bool(self.personal_names(name))

    @cached_property
    def by_dataset(self) -> Mapping[str, tuple[Table, ...]]:
        """The tables of each dataset, in order."""
        found: dict[str, list[Table]] = {}
        for table in self:
            found.setdefault(table.dataset, []).append(table)
        return {dataset: tuple(tables) for dataset, tables in found.items()}

    def group(self, name: TableName) -> tuple[str, ...]:
        """Tables of one group can be made in one run: a dataset's tables over the same windows. () if unpartitioned."""
        table = self.tables[name]
        return () if table.partitions is None else (table.dataset, *table.partitions.grid)

    @cached_property
    def group_partitions(self) -> Mapping[tuple[str, ...], Partitions]:
        """All partitions that the tables of a group have together, from the first of any to the last of any."""
        found: dict[tuple[str, ...], Partitions] = {}
        for name, table in self.tables.items():
            if table.partitions is not None:
                group = self.group(name)
                found[group] = found[group].together(table.partitions) if group in found else table.partitions
        return found

    @cached_property
    def reads_neighbours(self) -> bool:
        """Whether any table reads other partitions of an input than its own."""
        return any(isinstance(table, ModelTable) and table.contract.reads for table in self.tables.values())

    @cached_property
    def readers(self) -> Mapping[TableName, tuple[TableName, ...]]:
        """Stored table → the stored tables that read it, directly or through views, in order."""
        found: dict[TableName, list[TableName]] = {name: [] for name in self.order}
        for table in self:
            if isinstance(table, ModelTable) and not table.is_view:
                for read in self.stored(table.reads):
                    found[read].append(table.name)
        return {name: tuple(readers) for name, readers in found.items()}


def _specs(table: Table) -> Iterable[tuple[str, ColumnSpec | RawColumn]]:
    return table.columns.items() if isinstance(table, RawTable) else table.contract.columns.items()


def _mention(table: Table, read: TableName) -> str:
    assert isinstance(table, ModelTable)  # a raw table reads none
    path, line = table.mention(read)
    return f"{path}:{line}"
