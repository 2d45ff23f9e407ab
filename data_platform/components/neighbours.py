"""What a table may know of partitions: its neighbours (`reads`), and where its own begins and ends."""

from collections.abc import Iterator, Mapping

from data_platform.contracts.contract import NotReconciled
from data_platform.contracts.errors import ContractError, nearest
from data_platform.contracts.yaml_file import YamlFile
from data_platform.engines.partition import FUNCTIONS
from data_platform.lake.names import TableName
from data_platform.planning.catalog import ModelTable, Table
from data_platform.sql.expressions import functions_of
from data_platform.sql.model import Model, ModelError, functions

_Place = tuple[str | int, ...]


def check_neighbours(file: YamlFile, table: ModelTable, tables: Mapping[TableName, Table]) -> None:
    """Raises ContractError for a neighbour that cannot be meant. `tables` has all that it reads."""
    for text in table.contract.reads:
        line = file.line("reads", text)
        if table.is_view or table.name.layer != "curated":
            told = "neighbours are for curated tables: a staged row comes from the file of its own partition"
            raise ContractError(file.path, line, f"{told}; leave `reads` away")
        read = next((tables[name] for name in table.reads if name.sql == text), None)
        if read is None:
            close = nearest(text, [name.sql for name in table.reads])
            raise ContractError(file.path, line, f"the model does not read {text}{close}")
        if table.partitions is None or read.partitions is None:
            which = table.name.sql if table.partitions is None else text
            told = f"{which} has no partitions, and so no neighbours"
            raise ContractError(file.path, line, f"{told}; leave {text} out of `reads`")
        view = _view_over(table, read, tables)
        if view is not None:
            told = f"the model reads {text} through the view {view.sql}, in its own partition alone"
            raise ContractError(file.path, line, f"{told}; read the table itself, and nothing over it")


def _view_over(table: ModelTable, read: Table, tables: Mapping[TableName, Table]) -> TableName | None:
    """A view that the model reads, and that is or reads a table."""
    for name in table.reads:
        found = tables[name]
        if not isinstance(found, ModelTable) or not found.is_view:
            continue
        if name == read.name or read.name in found.reads or _view_over(found, read, tables) is not None:
            return name
    return None


def check_bounds(file: YamlFile, table: ModelTable) -> None:
    """Raises ContractError or ModelError for `partition_start()` where there is no one partition."""
    if table.partitions is not None and not table.is_view:
        return
    what = "a view is part of its readers" if table.is_view else f"{table.name.sql} has no partitions"
    if isinstance(table.model, Model):
        for call in functions(table.model):
            if call.name in FUNCTIONS:
                text = f"{what}: {call.name}() has no value here; take it from a column"
                raise ModelError(table.model.path, call.line, text)
    for place, expression in _expressions(table):
        for name in functions_of(expression):
            if name in FUNCTIONS:
                text = f"'{expression}': {what}: {name}() has no value here; leave it away"
                raise ContractError(file.path, file.line(*place), text)


def _expressions(table: ModelTable) -> Iterator[tuple[_Place, str]]:
    for index, rule in enumerate(table.contract.rules):
        yield ("rules", index), rule.condition
    if not isinstance(table.contract.reconciles, NotReconciled):
        for index, reconcile in enumerate(table.contract.reconciles):
            yield ("reconciles", index, "this"), reconcile.this
            yield ("reconciles", index, "that"), reconcile.that
