"""Whether each SELECT can be run over the columns of what it reads and keeps its contract, before there is data."""

from collections.abc import Mapping

from data_platform.contracts.errors import ContractError, Gathering, closest, nearest
from data_platform.contracts.yaml_file import YamlFile
from data_platform.engines.trial import EmptyTables, SelectError, can_be_cast
from data_platform.planning.catalog import ModelTable, RawTable, Table
from data_platform.sql.model import Model, ModelError, line_of_column

# What every raw row carries besides its columns, and no column of a contract is called.
_HIDDEN = (("_source_file", "VARCHAR"), ("_source_row", "BIGINT"), ("_uncast", "VARCHAR"))


def columns_of(table: Table) -> tuple[tuple[str, str], ...]:
    """(name, type) of each column that a SELECT may name of a table."""
    if isinstance(table, RawTable):
        return (*((name, column.type) for name, column in table.columns.items()), *_HIDDEN)
    return table.columns


def check_select(table: ModelTable, tables: EmptyTables) -> None:
    """Raises ModelError for a SELECT that DuckDB refuses, ContractError for columns that are not the contract's.

    `tables` offers all that it reads.
    """
    if not isinstance(table.model, Model):
        return
    try:
        given = {name.lower(): (name, type_) for name, type_ in tables.columns(table.model.text, table.reads)}
    except SelectError as fault:
        raise ModelError(table.model.path, fault.line, fault.message) from fault
    contracted = {name.lower() for name, _ in table.columns}
    others = [name for name, _ in given.values() if name.lower() not in contracted and not name.startswith("_")]
    file = YamlFile.read(table.path)
    mistakes = Gathering(ModelError)
    for name, wanted in table.columns:
        with mistakes.going_on():
            _, has = given.get(name.lower(), (name, None))
            if has is None:
                text = f"column '{name}' is not in the SELECT{nearest(name, others or _names(given))}"
                # A misspelt column is one mistake, not a missing one and another.
                others = [other for other in others if other != closest(name, others)]
                raise ContractError(file.path, file.line("columns", name), f"{text}. Add it there or drop it here")
            if not can_be_cast(has, wanted):
                text = f"column '{name}' is {wanted}, the SELECT gives {has}, which never becomes one"
                repair = f"Write {has} here, or another expression there"
                raise ContractError(file.path, file.line("columns", name), f"{text}. {repair}")
    for name in others:
        with mistakes.going_on():
            text = f"the SELECT gives '{name}', which {file.path.name} lacks{nearest(name, table.contract.columns)}"
            line = line_of_column(table.model, name)
            raise ModelError(table.model.path, line, f"{text}. Describe it there or leave it out here")
    mistakes.tell()


def _names(given: Mapping[str, tuple[str, str]]) -> list[str]:
    return [name for name, _ in given.values()]
