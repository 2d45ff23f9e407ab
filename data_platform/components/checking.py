"""What each kind of table may read and promise: checked before anything runs."""

from data_platform.components.expressions import check_columns, check_order, check_rules
from data_platform.contracts.contract import NotReconciled
from data_platform.contracts.errors import ContractError, nearest
from data_platform.contracts.yaml_file import YamlFile
from data_platform.engines.duckdb import volatile_functions
from data_platform.lake.names import TableName
from data_platform.planning.catalog import ModelTable
from data_platform.sql.model import Model, check_deterministic, line_of_column, output_columns

_MAY_READ = {"staged": ("raw", "staged"), "curated": ("staged", "curated")}


def check_staged(file: YamlFile, table: ModelTable) -> None:
    """Raises ContractError or ModelError for what a staged table may not be."""
    _check_model(file, table)
    if table.contract.reconciles:
        line = file.line("reconciles")
        raise ContractError(file.path, line, "reconciles are for curated tables; a staged one has its row account")
    check_rules(file, table.name, table.contract)
    check_order(file, table.contract)


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
    if "max_rejected_share" in table.contract.audit.model_fields_set:
        line = file.line("audit", "max_rejected_share")
        raise ContractError(file.path, line, "a curated table rejects no rows; what breaks a bound fails the audit")
    check_rules(file, table.name, table.contract)
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
    for name, spec in table.contract.columns.items():
        if spec.has_bounds:
            text = f"column '{name}': nobody checks a view's rows; write the bound in the tables that it reads"
            raise ContractError(file.path, file.line("columns", name), text)
    for read in table.reads:
        if read.layer == "raw":
            text = f"reads {read.sql}; a view of raw rows would go round every contract: make it a table"
            raise ContractError(*table.mention(read), text)


def _check_model(file: YamlFile, table: ModelTable) -> None:
    allowed = _MAY_READ[table.name.layer]
    for read in table.reads:
        if read.layer not in allowed:
            what = f"reads {read.sql}; a {table.name.layer} table reads {' and '.join(allowed)} tables"
            raise ContractError(*table.mention(read), what)
    check_columns(file, table.name, table.contract)
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
            line = line_of_column(model, name)
            raise ContractError(model.path, line, f"{text}. Describe it there or leave it out here")


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
        try:
            of = TableName.parse(rule.of)
        except ValueError as error:
            raise ContractError(file.path, file.line("reconciles", index, "of"), str(error)) from error
        if of not in table.reads:
            close = nearest(rule.of, [read.sql for read in table.reads])
            text = f"reconcile '{rule.name}': the model does not read {rule.of}{close}"
            raise ContractError(file.path, file.line("reconciles", index, "of"), text)
