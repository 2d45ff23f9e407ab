"""Commits as OpenLineage events: a COMPLETE run each, with what it read, what it made and where columns come from.

What a run did is told by its commit; columns and their lineage only where the commit's code is the code of now.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from data_platform.contracts.contract import ColumnSpec
from data_platform.contracts.raw import RawColumn
from data_platform.lake.names import TableName
from data_platform.lake.tables import Commit
from data_platform.lineage.edges import Edge
from data_platform.lineage.graph import ColumnGraph, made_by
from data_platform.planning.catalog import Catalog, ModelTable, RawTable, Table
from data_platform.planning.versions import code_version
from data_platform.sql.column_flow import How
from data_platform.sql.model import Model

if TYPE_CHECKING:
    from openlineage.client import event_v2, facet_v2
    from openlineage.client.generated import column_lineage_dataset

PRODUCER = "urn:data_platform"
_IDS = uuid.UUID("5c1f3a52-53c0-5a0e-9d5e-0c2a0f6a4b71")
# OpenLineage's own words; it has none for DISTINCT, which groups by all columns.
_SUBTYPES: Mapping[How, str] = {
    "value": "TRANSFORMATION",
    "filter": "FILTER",
    "join": "JOIN",
    "group": "GROUP_BY",
    "window": "WINDOW",
    "order": "SORT",
    "distinct": "GROUP_BY",
}


@dataclass(frozen=True)
class Exporter:
    """Makes the events of one catalog. `namespace` is that of jobs and datasets alike; `hashed_with` is the lake's."""

    catalog: Catalog
    graph: ColumnGraph
    namespace: str
    hashed_with: Callable[[], str] = str

    def event(self, commit: Commit) -> "event_v2.RunEvent":
        """The event of a commit: equal for equal commits, whenever and however often it is made."""
        from openlineage.client import event_v2

        table = self.catalog.model(commit.table)
        current = commit.provenance.get("code") == code_version(self.catalog, table, self.hashed_with)
        return event_v2.RunEvent(
            eventTime=commit.committed_at.isoformat(),
            producer=PRODUCER,
            eventType=event_v2.RunState.COMPLETE,
            run=event_v2.Run(run_id(self.namespace, commit), self._run_facets(commit)),
            job=event_v2.Job(self.namespace, commit.table.sql, self._job_facets(table, current=current)),
            inputs=[self._input(name, version) for name, version in _inputs(commit)],
            outputs=[self._output(table, commit, current=current)],
        )

    def _run_facets(self, commit: Commit) -> "dict[str, facet_v2.RunFacet]":
        from openlineage.client.facet_v2 import processing_engine_run

        name, _, version = str(commit.provenance.get("engine", "duckdb")).partition(" ")
        engine = processing_engine_run.ProcessingEngineRunFacet(version=version, name=name, producer=PRODUCER)
        return {"processing_engine": engine}

    def _job_facets(self, table: ModelTable, *, current: bool) -> "dict[str, facet_v2.JobFacet]":
        from openlineage.client.facet_v2 import documentation_job, job_type_job, ownership_job, sql_job

        found: dict[str, facet_v2.JobFacet] = {
            "documentation": documentation_job.DocumentationJobFacet(table.contract.description, producer=PRODUCER),
            "jobType": job_type_job.JobTypeJobFacet("BATCH", "DATA_PLATFORM", jobType="MODEL", producer=PRODUCER),
            "ownership": ownership_job.OwnershipJobFacet(
                [ownership_job.Owner(name=owner, type="OWNER") for owner in table.owners], producer=PRODUCER
            ),
        }
        if current and isinstance(table.model, Model):
            found["sql"] = sql_job.SQLJobFacet(table.model.text, dialect="duckdb", producer=PRODUCER)
        return found

    def _input(self, name: TableName, version: str) -> "event_v2.InputDataset":
        from openlineage.client import event_v2
        from openlineage.client.facet_v2 import dataset_version_dataset

        facets: dict[str, facet_v2.DatasetFacet] = {
            "version": dataset_version_dataset.DatasetVersionDatasetFacet(version, producer=PRODUCER)
        }
        if name in self.catalog.tables:
            facets |= _about(self.catalog.tables[name])
        return event_v2.InputDataset(self.namespace, name.sql, facets=facets)

    def _output(self, table: ModelTable, commit: Commit, *, current: bool) -> "event_v2.OutputDataset":
        from openlineage.client import event_v2
        from openlineage.client.facet_v2 import (
            data_quality_metrics_dataset,
            dataset_version_dataset,
            output_statistics_output_dataset,
        )

        rows, size = commit.provenance.get("rows"), commit.provenance.get("clean_bytes")
        facets: dict[str, facet_v2.DatasetFacet] = {
            "version": dataset_version_dataset.DatasetVersionDatasetFacet(str(commit.version), producer=PRODUCER),
            "dataQualityMetrics": data_quality_metrics_dataset.DataQualityMetricsDatasetFacet(
                {}, rowCount=rows, bytes=size, producer=PRODUCER
            ),
        }
        if current:
            facets |= _about(table)
            facets["columnLineage"] = self._column_lineage(table)
        counted = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
            rowCount=rows, size=size, producer=PRODUCER
        )
        return event_v2.OutputDataset(
            self.namespace, table.name.sql, facets=facets, outputFacets={"outputStatistics": counted}
        )

    def _column_lineage(self, table: ModelTable) -> "column_lineage_dataset.ColumnLineageDatasetFacet":
        from openlineage.client.facet_v2 import column_lineage_dataset as facet

        by_column: dict[str | None, dict[tuple[TableName, str], dict[str, facet.Transformation]]] = {}
        for edge in dict.fromkeys(self._stored(table.name)):
            kind = "DIRECT" if edge.how == "value" else "INDIRECT"
            subtype = "IDENTITY" if edge.how == "value" and _hands_on(edge) else _SUBTYPES[edge.how]
            way = facet.Transformation(kind, subtype=subtype, description=edge.sql, masking=False)
            source = by_column.setdefault(edge.column, {}).setdefault((edge.source, edge.source_column), {})
            source.setdefault(f"{subtype} {edge.sql}", way)

        def fields(column: str | None) -> list[facet.InputField]:
            return [
                facet.InputField(self.namespace, name.sql, source_column, list(ways.values()))
                for (name, source_column), ways in by_column.get(column, {}).items()
            ]

        named = {column: facet.Fields(fields(column)) for column in table.contract.columns if column in by_column}
        return facet.ColumnLineageDatasetFacet(named, fields(None), producer=PRODUCER)

    def _stored(self, name: TableName) -> Iterator[Edge]:
        """The edges into a table from stored ones: a view has no commits, so that it is looked through."""
        for edge in self.graph.into(name):
            if made_by(self.catalog.tables[edge.source]) != "view":
                yield edge
                continue
            for inner in self._stored(edge.source):
                if inner.column is None or inner.column.lower() == edge.source_column.lower():
                    how = inner.how if edge.how == "value" else edge.how
                    decides = inner.column is None or inner.how != "value"
                    column = None if inner.column is None else edge.column
                    text = inner if decides or edge.how == "value" else edge
                    yield Edge(
                        *(inner.source, inner.source_column, name, column, inner.how if decides else how),
                        *(text.sql, text.file, text.line, edge.found),
                    )
        for read in self.catalog.tables[name].reads:
            if made_by(self.catalog.tables[read]) == "view":  # what decides about its rows does so for a count(*) too
                for inner in self._stored(read):
                    if inner.column is None:
                        yield Edge(
                            *(inner.source, inner.source_column, name, None, inner.how),
                            *(inner.sql, inner.file, inner.line, inner.found),
                        )


def run_id(namespace: str, commit: Commit) -> str:
    """The same for the same commit: who receives an event twice has it once."""
    parts = (namespace, commit.table.sql, commit.version, commit.committed_at.isoformat())
    return str(uuid.uuid5(_IDS, " ".join(map(str, (*parts, *sorted(commit.fingerprints.items()))))))


def _inputs(commit: Commit) -> Iterator[tuple[TableName, str]]:
    for name, version in sorted(dict(commit.provenance.get("inputs", {})).items()):
        yield TableName.parse(name), str(version)


def _about(table: Table) -> "dict[str, facet_v2.DatasetFacet]":
    """Schema, description, and which columns are personal. Never a value."""
    from openlineage.client.facet_v2 import documentation_dataset, schema_dataset, tags_dataset

    columns: Mapping[str, RawColumn | ColumnSpec] = (
        table.columns if isinstance(table, RawTable) else table.contract.columns
    )
    description = table.description if isinstance(table, RawTable) else table.contract.description
    fields = [
        schema_dataset.SchemaDatasetFacetFields(name, spec.type, spec.description or None, ordinal_position=at)
        for at, (name, spec) in enumerate(columns.items(), 1)
    ]
    found: dict[str, facet_v2.DatasetFacet] = {
        "schema": schema_dataset.SchemaDatasetFacet(fields, producer=PRODUCER),
        "documentation": documentation_dataset.DocumentationDatasetFacet(description, producer=PRODUCER),
    }
    personal = [name for name, spec in columns.items() if spec.personal]
    if personal:
        tags = [tags_dataset.TagsDatasetFacetFields("personal", "true", source="USER", field=name) for name in personal]
        found["tags"] = tags_dataset.TagsDatasetFacet(tags, producer=PRODUCER)
    return found


def _hands_on(edge: Edge) -> bool:
    """Whether the fragment is the column alone, under whatever name."""
    written = edge.sql.partition(" AS ")[0].strip()
    return written.rpartition(".")[2].strip('"').lower() == edge.source_column.lower() or written == "*"
