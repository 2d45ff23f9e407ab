"""What a Python model's contract declares of its lineage: read, and checked against the columns that there are."""

from collections.abc import Mapping, Sequence

from data_platform.contracts.errors import ContractError, Gathering, nearest
from data_platform.contracts.yaml_file import YamlFile
from data_platform.lake.names import TableName
from data_platform.planning.catalog import ModelTable, PythonModel, RawTable, Table


def parse_column(text: str) -> tuple[TableName, str]:
    """`layer.table.column`. Raises ValueError when it is no such name."""
    layer, _, rest = text.partition(".")
    table, dot, column = rest.partition(".")
    if not dot or not column:
        raise ValueError(f"'{text}' is no column: write layer.table.column, for example staged.trips.total_usd")
    return TableName(layer, table), column


def check_declared(file: YamlFile, table: ModelTable, tables: Mapping[TableName, Table]) -> None:
    """Raises ContractError, or Mistakes, for a declared column that is not there, with the nearest name.

    `tables` has at least those that the model reads.
    """
    declared = table.contract.lineage
    if not declared:
        return
    if not isinstance(table.model, PythonModel):
        text = "lineage is declared for Python models only; that of a SELECT is read from its text: leave it away"
        raise ContractError(file.path, file.line("lineage"), text)
    mistakes = Gathering()
    for column, said in declared.items():
        with mistakes.going_on():
            if column not in table.contract.columns:
                text = f"lineage names '{column}', no column of this table{nearest(column, table.contract.columns)}"
                raise ContractError(file.path, file.line("lineage", column), text)
        for kind, names in (("direct", said.direct), ("indirect", said.indirect)):
            for index, name in enumerate(names):
                with mistakes.going_on():
                    _check_source(file, file.line("lineage", column, kind, index), name, table, tables)
    mistakes.tell()


def _check_source(file: YamlFile, line: int, text: str, table: ModelTable, tables: Mapping[TableName, Table]) -> None:
    try:
        source, column = parse_column(text)
    except ValueError as error:
        raise ContractError(file.path, line, f"lineage: {error}") from error
    if source not in table.reads:
        close = nearest(source.sql, [read.sql for read in table.reads])
        raise ContractError(file.path, line, f"lineage: {source.sql} is no input of this model{close}")
    names = _columns(tables[source])
    if column not in names:
        raise ContractError(file.path, line, f"lineage: {source.sql} has no column '{column}'{nearest(column, names)}")


def _columns(table: Table) -> Sequence[str]:
    return [*table.columns] if isinstance(table, RawTable) else [*table.contract.columns]
