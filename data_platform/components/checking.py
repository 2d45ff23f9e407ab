"""What each kind of table may read and promise: checked before anything runs."""

from collections.abc import Sequence

from data_platform.components.expressions import check_columns, check_order, check_rules
from data_platform.contracts.contract import NotReconciled
from data_platform.contracts.errors import ContractError, nearest
from data_platform.contracts.rules import rejecting
from data_platform.contracts.yaml_file import YamlFile
from data_platform.engines.duckdb import volatile_functions
from data_platform.lake.names import TableName
from data_platform.planning.catalog import ModelTable
from data_platform.sql.identity import row_sources, thread
from data_platform.sql.model import Model, check_deterministic

_NO_RECONCILES = "reconciles are for curated tables; a staged one has its row account"
_MAY_READ = {"staged": ("raw", "staged"), "curated": ("staged", "curated")}


def check_staged(file: YamlFile, table: ModelTable) -> None:
    """Raises ContractError or ModelError for what a staged table may not be."""
    _check_model(file, table)
    if table.contract.reconciles:
        line = file.line("reconciles")
        raise ContractError(file.path, line, f"{_NO_RECONCILES}: leave them away")
    if isinstance(table.model, Model):
        _check_rows_of(file, table, thread(table.model).driving)
    for index, rule in enumerate(table.contract.rules):
        if rule.kind == "warn":
            text = (
                f"rule '{rule.name}': warnings are of curated tables; in a staged one write `flag`, which counts rows"
            )
            raise ContractError(file.path, file.line("rules", index), text)
    check_rules(file, table.name, table.contract)
    check_order(file, table.contract)
    known = (*rejecting(table.contract), "any")
    for name in table.contract.audit.max_rejection_age_days:
        if name not in known:
            line = file.line("audit", "max_rejection_age_days", name)
            text = f"max_rejection_age_days: no rule '{name}' rejects rows here{nearest(name, known)}"
            raise ContractError(file.path, line, text)


def check_curated(file: YamlFile, table: ModelTable) -> None:
    """Raises ContractError or ModelError for what a curated table may not be."""
    _check_model(file, table)
    for index, rule in enumerate(table.contract.rules):
        if rule.kind not in ("flag", "warn"):
            text = (
                f"rule '{rule.name}': a curated row has no source row that could be quarantined; "
                "reject in staged, use `flag` here, or bound a column (min, max, accepted), which fails the audit"
            )
            raise ContractError(file.path, file.line("rules", index), text)
    if table.contract.rows_of:
        text = "rows_of is for staged tables and views, which hand on rows; write reconciles"
        raise ContractError(file.path, file.line("rows_of"), text)
    if table.contract.deduplicate is not None:
        raise ContractError(file.path, file.line("deduplicate"), "deduplicate in staged; here GROUP BY the grain")
    for key in ("max_rejected_share", "max_rejection_age_days"):
        if key in table.contract.audit.model_fields_set:
            text = "a curated table rejects no rows; what breaks a bound fails the audit"
            raise ContractError(file.path, file.line("audit", key), text)
    check_rules(file, table.name, table.contract)
    _check_reconciles(file, table)


def check_view(file: YamlFile, table: ModelTable) -> None:
    """Raises ContractError or ModelError for what a view may not be."""
    _check_model(file, table)
    if not isinstance(table.model, Model):
        raise ContractError(
            file.path, file.line("view"), "a view is a SELECT; a Python model makes a table: leave `view` away"
        )
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
    # Nobody accounts for a view's rows: what it left out would be missing on both sides of its readers' reconciles.
    _check_rows_of(file, table, row_sources(table.model))


def _check_rows_of(file: YamlFile, table: ModelTable, found: Sequence[TableName]) -> None:
    """Whether the rows come from the tables that the contract says: a UNION ALL branch that got lost is missed."""
    said, found_names = table.contract.rows_of, [name.sql for name in found]
    if said and sorted(said) != sorted(found_names):
        text = (
            f"the SELECT takes its rows from {', '.join(found_names)}, not from {', '.join(said)}; make both the same"
        )
        raise ContractError(file.path, file.line("rows_of"), text)


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
        text = "inputs are for Python models; SQL names what it reads: leave them away"
        raise ContractError(file.path, file.line("inputs"), text)
    check_deterministic(table.model, volatile_functions())


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
