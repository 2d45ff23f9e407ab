"""The sink of a curated table's contract as a target: its address and secrets are those of this installation."""

from functools import partial

from data_platform.components.located import located
from data_platform.components.source_kinds.context import Installation
from data_platform.components.templates import path_of, unset_variable
from data_platform.contracts.errors import ContractError
from data_platform.contracts.yaml_file import YamlFile
from data_platform.planning.catalog import ModelTable
from data_platform.sinks.target import Target, check_address, check_name, target_columns


def target_of(table: ModelTable, installation: Installation) -> Target | None:
    """Where a table is written back to, None if nowhere. Raises ContractError with the line of a mistake."""
    if table.contract.sink is None:
        return None
    file = YamlFile.read(table.path)
    at = ("sink", "database")
    if table.name.layer != "curated" or table.is_view:
        text = "only a curated table is written back: a view has no rows of its own, a staged table's are not masked"
        raise ContractError(file.path, file.line("sink"), text)
    spec = table.contract.sink.database
    with located(file, *at, "url"):
        unset = unset_variable(spec.url, installation.variables)
        url = "" if unset else path_of(spec.url, installation.variables)
        if not unset:
            check_address(url)
    with located(file, *at, "table"):
        check_name(spec.table)
    ours = {name: (column.type, column.required) for name, column in table.contract.columns.items()}
    with located(file, *at):
        columns = target_columns(ours, key=spec.key or table.contract.grain, renamed=spec.columns)
    return Target(
        url=url,
        table=spec.table,
        columns=columns,
        schema=spec.db_schema,
        deletes=spec.deletes,
        wait_seconds=spec.wait_seconds,
        user=None if spec.user is None else partial(installation.secret, spec.user.env),
        unset=unset,
        password=None if spec.password is None else partial(installation.secret, spec.password.env),
    )
