"""Whether a Python model's declared lineage is what permutation sees: a check that warns and blocks nothing."""

from datetime import UTC, datetime

import dagster as dg

from data_platform.components.metadata import asset_key, table_of
from data_platform.lake.errors import LakeError
from data_platform.lineage.graph import column_graph
from data_platform.planning.catalog import ModelTable, PythonModel
from data_platform.steps.errors import StepError
from data_platform.steps.lineage import verified
from data_platform.steps.platform import Platform

CHECK = "lineage_is_declared"


def has_declared_lineage(table: object) -> bool:
    """Whether there is anything to verify."""
    return isinstance(table, ModelTable) and isinstance(table.model, PythonModel) and bool(table.contract.lineage)


def lineage_check(table: ModelTable) -> dg.AssetChecksDefinition:
    """A step of its own, which permutes when the model's code has changed since and else tells what was seen then."""

    @dg.asset_check(
        name=CHECK,
        asset=asset_key(table.name),
        description="Each column reacts to the source columns that the contract declares, and to no others",
        blocking=False,
        required_resource_keys={"platform"},
    )
    def check(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        platform: Platform = context.resources.platform
        try:
            seen = verified(platform, table, now=datetime.now(UTC))
        except (StepError, LakeError) as error:
            return dg.AssetCheckResult(passed=False, severity=dg.AssetCheckSeverity.WARN, description=str(error))
        disputed = column_graph(platform.catalog, {table.name: seen}).disagreements_of(table.name)
        told = "; ".join(each.text for each in disputed[:5]) or "what was declared is what was seen"
        rows = [[f"{each.source.sql}.{each.source_column}", each.column, each.said, each.text] for each in disputed]
        return dg.AssetCheckResult(
            passed=not disputed,
            severity=dg.AssetCheckSeverity.WARN,
            description=told,
            metadata={"disagreements": table_of(["source", "column", "said", "text"], rows)} if rows else {},
        )

    return check
