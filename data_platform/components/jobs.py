"""A dataset's job, put together from the dataset's own tables and what these read.

Dagster looks through all tables there are for each job: a sixth of what it takes to load a thousand tables, and the
one part of it that grows with their square. Nothing that is public narrows that.
"""

from typing import Any

import dagster as dg
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition


class DatasetJob(UnresolvedAssetJobDefinition):
    """As `dg.define_asset_job` makes it; see there."""

    def resolve(self, asset_graph: AssetGraph, *arguments: Any, **named: Any) -> dg.JobDefinition:
        own = self.selection.resolve(asset_graph)
        near = {*own, *(parent for key in own for parent in asset_graph.get(key).parent_keys)}
        checks = {check for key in own for check in asset_graph.get(key).check_keys}
        needed: list[dg.AssetKey | dg.AssetCheckKey] = [*sorted(near), *sorted(checks)]
        # Some checks are steps of their own.
        here = AssetGraph.from_assets(list(dict.fromkeys(map(asset_graph.assets_def_for_key, needed))))
        return super().resolve(here, *arguments, **named)
