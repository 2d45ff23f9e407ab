"""What can be said about a model and its contract before anything runs: columns, rules, reads, determinism."""

from collections.abc import Iterable

from data_platform.contracts.contract import NotReconciled
from data_platform.contracts.errors import ContractError, nearest
from data_platform.contracts.rules import conditions
from data_platform.contracts.yaml_file import YamlFile
from data_platform.engines.duckdb import volatile_functions
from data_platform.lake.names import TableName
from data_platform.planning.catalog import ModelTable
from data_platform.sql.expressions import columns_of
from data_platform.sql.model import Model, check_deterministic, output_columns
from data_platform.sql.syntax import SqlError

_MAY_READ = {"staged": ("raw", "staged"), "curated": ("staged", "curated")}


def check_staged(file: YamlFile, table: ModelTable) -> None:
    """Raises ContractError or ModelError for what a staged table may not be."""
    _check_model(file, table)
    if table.contract.reconciles:
        line = file.line("reconciles")
        raise ContractError(file.path, line, "reconciles are for curated tables; a staged one has its row account")
    _check_rules(file, table)
    _check_expressions(
        file,
        table,
        ("deduplicate", "first_by"),
        table.contract.deduplicate.first_by if table.contract.deduplicate else (),
    )


def check_curated(file: YamlFile, table: ModelTable) -> None:
    """Raises ContractError or ModelError for what a curated table may not be."""
    _check_model(file, table)
    for index, rule in enumerate(table.contract.rules):
        if rule.kind != "flag":
            text = (
                f"rule '{rule.name}': a curated row has no source row that could be quarantined; "
                "reject in staged, use `flag` here, or bound a column (min, max, accepted), which fails the audit"
            )
            raise ContractError(file.path, file.line("rules", index), text)
    if table.contract.deduplicate is not None:
        raise ContractError(file.path, file.line("deduplicate"), "deduplicate in staged; here GROUP BY the grain")
    _check_rules(file, table)
    _check_reconciles(file, table)


def check_view(file: YamlFile, table: ModelTable) -> None:
    """Raises ContractError or ModelError for what a view may not be."""
    _check_model(file, table)
    if not isinstance(table.model, Model):
        raise ContractError(file.path, file.line("view"), "a view is a SELECT; a Python model makes a table")
    for part in ("rules", "grain", "deduplicate", "reconciles", "audit", "partitions"):
        if part in table.contract.model_fields_set:
            text = f"a view keeps no rows of its own: '{part}' belongs to the tables that it reads, or to its readers"
            raise ContractError(file.path, file.line(part), text)


def _check_model(file: YamlFile, table: ModelTable) -> None:
    allowed = _MAY_READ[table.name.layer]
    for read in table.reads:
        if read.layer not in allowed:
            what = f"reads {read.sql}; a {table.name.layer} table reads {' and '.join(allowed)} tables"
            raise ContractError(table.model.path, 1, what)
    if not isinstance(table.model, Model):
        return
    if table.contract.inputs:
        raise ContractError(file.path, file.line("inputs"), "inputs are for Python models; SQL names what it reads")
    check_deterministic(table.model, volatile_functions())
    _check_columns(file, table, table.model)


def _check_columns(file: YamlFile, table: ModelTable, model: Model) -> None:
    given = output_columns(model)
    if given is None:
        return
    folded = {name.lower() for name in given}
    for name in table.contract.columns:
        if name.lower() not in folded:
            text = f"column '{name}' is not in the SELECT{nearest(name, given)}. Add it there or drop it here"
            raise ContractError(file.path, file.line("columns", name), text)
    contracted = {name.lower() for name in table.contract.columns}
    for name in given:
        if name.lower() not in contracted:
            text = f"the SELECT gives '{name}', which {file.path.name} lacks{nearest(name, table.contract.columns)}"
            raise ContractError(table.model.path, 1, f"{text}. Describe it there or leave it out here")


def _check_rules(file: YamlFile, table: ModelTable) -> None:
    try:
        conditions(table.contract, None)
    except ValueError as error:
        raise ContractError(file.path, file.line("rules"), str(error)) from error
    for index, rule in enumerate(table.contract.rules):
        _check_expressions(file, table, ("rules", index), [rule.condition])


def _check_expressions(file: YamlFile, table: ModelTable, at: tuple[str | int, ...], texts: Iterable[str]) -> None:
    known = {name.lower() for name in table.contract.columns} | {"_source_row", "_source_file"}
    for text in texts:
        try:
            names = columns_of(text, volatile_functions())
        except SqlError as error:
            raise ContractError(file.path, file.line(*at), f"'{text}': {error.message}") from error
        for name in names:
            if name.lower() not in known:
                close = nearest(name, table.contract.columns)
                raise ContractError(
                    file.path, file.line(*at), f"'{text}' names '{name}', no column of this table{close}"
                )


def _check_reconciles(file: YamlFile, table: ModelTable) -> None:
    reconciles = table.contract.reconciles
    if isinstance(reconciles, NotReconciled):
        return
    if not reconciles:
        text = (
            "has no reconciles: say which sums must agree with the inputs, for example "
            '`- {name: rows, this: "sum(trips)", of: staged.trips, that: "count(*)"}`, or `reconciles: {none: "why"}`'
        )
        raise ContractError(file.path, 1, text)
    for index, rule in enumerate(reconciles):
        line = file.line("reconciles", index)
        try:
            of = TableName.parse(rule.of)
        except ValueError as error:
            raise ContractError(file.path, line, str(error)) from error
        if of not in table.reads:
            close = nearest(rule.of, [read.sql for read in table.reads])
            raise ContractError(file.path, line, f"reconcile '{rule.name}': the model does not read {rule.of}{close}")
        _check_expressions(file, table, ("reconciles", index), [rule.this])
