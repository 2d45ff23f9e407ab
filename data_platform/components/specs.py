"""A table's place in the asset graph: its spec and the specs of its checks. What they do is in the `*_assets`."""

import dagster as dg

from data_platform.components import metadata
from data_platform.components.metadata import asset_key
from data_platform.components.partitions import mapping, partitions_def
from data_platform.contracts.contract import NotReconciled
from data_platform.planning.catalog import Catalog, ModelTable, PythonModel, RawTable
from data_platform.planning.versions import code_version
from data_platform.sources.slot import Source
from data_platform.steps.audit import WARNS


def raw_spec(catalog: Catalog, table: RawTable) -> dg.AssetSpec:
    return dg.AssetSpec(
        asset_key(table.name),
        description=table.description,
        group_name=table.dataset,
        owners=list(table.owners),
        kinds=_raw_kinds(table),
        tags={"layer": table.name.layer},
        metadata=metadata.definition_metadata(table),
        skippable=True,
        partitions_def=partitions_def(catalog, table.name),
    )


def _raw_kinds(table: RawTable) -> set[str]:
    """Layer, format where there is one, and where the bytes come from; an asset has three kinds at most."""
    places = [_place(source) for source in table.sources]
    return set([table.name.layer, *([table.format] if table.format else []), *places][:3])


def _place(source: Source) -> str:
    if source.origin != "http_file":
        return source.origin
    return "file" if source.is_local else "http"


def model_spec(catalog: Catalog, table: ModelTable) -> dg.AssetSpec:
    return dg.AssetSpec(
        asset_key(table.name),
        description=table.contract.description,
        group_name=table.dataset,
        owners=list(table.owners),
        kinds=_kinds(table),
        tags={"layer": table.name.layer},
        metadata=metadata.definition_metadata(table),
        skippable=True,
        partitions_def=partitions_def(catalog, table.name),
        deps=[
            dg.AssetDep(asset_key(read), partition_mapping=mapping(table, catalog.tables[read])) for read in table.reads
        ],
        code_version=code_version(catalog, table)[:12],
    )


def _kinds(table: ModelTable) -> set[str]:
    """The layer is one of them: the graph shows only the last part of a key, and `raw` and `staged` share names."""
    if table.is_view:
        return {table.name.layer, "view", "duckdb"}
    return {table.name.layer, "python" if isinstance(table.model, PythonModel) else "sql", "duckdb"}


def raw_checks(catalog: Catalog, table: RawTable) -> list[dg.AssetCheckSpec]:
    return [
        _check(catalog, table, "schema_drift", "The source has the declared columns and no others", blocking=False),
        _check(catalog, table, "source_is_readable", "What the source has is what it claims to be", blocking=False),
    ]


def model_checks(catalog: Catalog, table: ModelTable) -> list[dg.AssetCheckSpec]:
    contract = table.contract
    bounds = "Rejected rows and row counts stay within the contract's bounds"
    found = []
    if table.name.layer == "staged":
        text = "Every row that arrived is clean, quarantined or dropped by name: compared by identity per source file"
        found.append(_check(catalog, table, "rows_accounted_for", text, blocking=True))
    else:
        bounds = "Every column keeps what the contract says of it"
    found.append(_check(catalog, table, "contract_bounds", bounds, blocking=True))
    if contract.grain:
        text = f"No two rows share {', '.join(contract.grain)}"
        found.append(_check(catalog, table, "grain_is_unique", text, blocking=True))
    if contract.reconciles and not isinstance(contract.reconciles, NotReconciled):
        text = "; ".join(f"{rule.name}: {rule.this} = {rule.that} of {rule.of}" for rule in contract.reconciles)
        found.append(_check(catalog, table, "reconciles", text, blocking=True))
    if warned := [f"{rule.name}: {rule.condition}" for rule in contract.rules if rule.kind == "warn"]:
        found.append(_check(catalog, table, WARNS, f"No row has: {'; '.join(warned)}", blocking=False))
    return found


def _check(
    catalog: Catalog, table: RawTable | ModelTable, name: str, description: str, *, blocking: bool
) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        name,
        asset=asset_key(table.name),
        description=description,
        blocking=blocking,
        partitions_def=partitions_def(catalog, table.name),
    )
