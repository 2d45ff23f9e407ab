"""Whether the masks that a contract names can be applied, and leave what else it promises possible."""

from data_platform.contracts.contract import NotReconciled
from data_platform.contracts.errors import ContractError, Gathering
from data_platform.contracts.yaml_file import YamlFile
from data_platform.planning.catalog import ModelTable

_TYPES = {
    "redact": ("VARCHAR",),
    "hash": ("VARCHAR",),
    "truncate": ("VARCHAR", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"),
}


def check_masks(file: YamlFile, table: ModelTable) -> None:
    """Raises ContractError for a mask that cannot be applied, Mistakes for several. `table` has all of its tags."""
    mistakes = Gathering()
    for name, spec in table.contract.columns.items():
        if spec.mask is None:
            continue
        line = file.line("columns", name, "mask")
        with mistakes.going_on():
            if table.is_view:
                text = (
                    f"column '{name}': a view keeps no rows that could be masked; mask in what it reads or who reads it"
                )
                raise ContractError(file.path, line, text)
            if spec.pii is None:
                text = f"column '{name}' holds no personal data that could be masked: write its `pii`, or no mask"
                raise ContractError(file.path, line, text)
            if spec.type not in _TYPES.get(spec.mask, (spec.type,)):
                wanted = " or ".join(_TYPES[spec.mask])
                text = (
                    f"column '{name}' is {spec.type}: `{spec.mask}` is for {wanted}; cast it in the model, or drop it"
                )
                raise ContractError(file.path, line, text)
        if table.name.layer == "curated":
            with mistakes.going_on():
                _check_promises(file, table, name)
    mistakes.tell()


def _check_promises(file: YamlFile, table: ModelTable, name: str) -> None:
    """What is promised of a curated table is asked of what is stored: the masked values."""
    contract, spec = table.contract, table.contract.columns[name]
    empties = spec.mask == "drop" or (spec.mask == "redact" and spec.pii != "free_text")
    if spec.mask == "drop" and spec.required:
        text = f"column '{name}' is required and its mask leaves nothing of it: take one of both away"
        raise ContractError(file.path, file.line("columns", name, "required"), text)
    if empties and name in contract.grain:
        text = f"grain names '{name}', which its mask `{spec.mask}` makes the same in all rows; `hash` keeps them apart"
        raise ContractError(file.path, file.line("grain"), text)
    for index, rule in enumerate(() if isinstance(contract.reconciles, NotReconciled) else contract.reconciles):
        if any(this.strip().strip('"').lower() == name.lower() for this, _, _ in rule.groups):
            text = f"reconcile '{rule.name}' groups by '{name}', masked here and not in {rule.of}: group by another"
            raise ContractError(file.path, file.line("reconciles", index, "by"), text)
