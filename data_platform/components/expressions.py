"""Whether the SQL in a contract (bounds, rules, orders, reconciles) can run over its columns, before there is data."""

from collections.abc import Iterator, Mapping, Sequence

from data_platform.contracts.contract import Contract, NotReconciled
from data_platform.contracts.errors import ContractError, nearest
from data_platform.contracts.raw import RawColumn
from data_platform.contracts.rules import conditions, values
from data_platform.contracts.yaml_file import YamlFile
from data_platform.engines.duckdb import volatile_functions
from data_platform.engines.trial import Trial, constants
from data_platform.lake.errors import LakeError
from data_platform.lake.names import TableName
from data_platform.lake.schema import TYPES, Column, fields
from data_platform.sql.expressions import columns_of
from data_platform.sql.syntax import SqlError

Columns = tuple[tuple[str, str], ...]
Place = tuple[str | int, ...]
# What a rule or an order of a staged table may name besides its columns.
_IDENTITY: Columns = (("_source_file", "VARCHAR"), ("_source_row", "BIGINT"))


def check_raw_types(file: YamlFile, at: Sequence[str], columns: Mapping[str, RawColumn]) -> None:
    """Raises ContractError for a declared type that DuckDB does not know."""
    declared = tuple((name, column.type) for name, column in columns.items())
    if Trial(declared).types() is None:
        return
    for name, type_ in declared:
        fault = Trial(((name, type_),)).types()
        if fault:
            raise ContractError(file.path, file.line(*at, "columns", name), f"column '{name}': {fault}")


def check_columns(file: YamlFile, name: TableName, contract: Contract) -> None:
    """Raises ContractError for a column that the lake cannot store and for a bound that is not of its type."""
    for column, spec in contract.columns.items():
        try:
            fields(str(name), [Column(column, spec.type)])
        except LakeError as error:
            close = nearest(spec.type, TYPES) if "is no type" in str(error) else ""
            raise ContractError(file.path, file.line("columns", column), f"{error}{close}") from error
    bounds = values(contract)
    for (column, value, _), fault in zip(bounds, constants([sql for *_, sql in bounds]), strict=True):
        if fault:
            type_ = contract.columns[column].type
            text = f"column '{column}' is {type_}, its bound '{value}' is not: {fault}"
            raise ContractError(file.path, file.line("columns", column), text)


def check_rules(file: YamlFile, name: TableName, contract: Contract) -> None:
    """Raises ContractError for a rule that is no condition on one row, and for too many rules."""
    try:
        conditions(contract, None)
    except ValueError as error:
        raise ContractError(file.path, file.line("rules"), str(error)) from error
    texts = [rule.condition for rule in contract.rules]
    columns = _columns(contract) + (_IDENTITY if name.layer == "staged" else ())
    for index, text in enumerate(texts):
        _check_names(file, ("rules", index), text, columns)
    for index, fault in enumerate(Trial(columns).conditions(texts)):
        if fault:
            raise ContractError(file.path, file.line("rules", index), f"'{texts[index]}': {fault}")


def check_order(file: YamlFile, contract: Contract) -> None:
    """Raises ContractError for a part of `deduplicate.first_by` that does not order rows."""
    columns = _columns(contract) + _IDENTITY
    for index, text in enumerate(contract.deduplicate.first_by if contract.deduplicate else ()):
        place = ("deduplicate", "first_by", index)
        _check_names(file, place, text, columns)
        fault = Trial(columns).order(text)
        if fault:
            raise ContractError(file.path, file.line(*place), f"'{text}': {fault}")


def check_reconciles(file: YamlFile, contract: Contract, inputs: Mapping[TableName, Columns]) -> None:
    """Raises ContractError for a reconcile whose two sides are not numbers over the table and its input.

    `inputs` are the tables that the model reads, with their columns.
    """
    if isinstance(contract.reconciles, NotReconciled):
        return
    for index, rule in enumerate(contract.reconciles):
        sides = (("this", rule.this, _columns(contract)), ("that", rule.that, inputs[TableName.parse(rule.of)]))
        keys: Sequence[str | int] = list(rule.by) if isinstance(rule.by, dict) else range(len(rule.groups))
        for place, (side, text, columns) in enumerate(sides):
            _check_names(file, ("reconciles", index, side), text, columns)
            groups = [group[place] for group in rule.groups]
            for key, by in zip(keys, groups, strict=True):
                _check_names(file, ("reconciles", index, "by", key), by, columns)
            fault = Trial(columns).total(text, groups)
            if fault:
                line = file.line("reconciles", index, side)
                raise ContractError(file.path, line, f"reconcile '{rule.name}': {side}: '{text}': {fault}")


def _columns(contract: Contract) -> Columns:
    return tuple((name, spec.type) for name, spec in contract.columns.items())


def _check_names(file: YamlFile, place: Place, text: str, columns: Columns) -> None:
    """Names are looked up here rather than by DuckDB, which would not say where in the file and what was meant."""
    known = {name.lower() for name, _ in columns}
    try:
        names = columns_of(text, volatile_functions())
    except SqlError as error:
        raise ContractError(file.path, file.line(*place), f"'{text}': {error.message}") from error
    for name in names:
        if name.lower() not in known:
            what = f"'{text}' names '{name}', no column of this table{nearest(name, _shown(columns))}"
            raise ContractError(file.path, file.line(*place), what)


def _shown(columns: Columns) -> Iterator[str]:
    return (name for name, _ in columns if (name, _) not in _IDENTITY)
