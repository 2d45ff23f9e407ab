"""The job `trace`: which source files and rows are behind a row of a staged or curated table."""

import dagster as dg
from pydantic import Field

from data_platform.components.metadata import asset_key, table_of
from data_platform.lake.errors import LakeError
from data_platform.lineage.personal import personal_of
from data_platform.sql.model import ModelError
from data_platform.steps.errors import StepError
from data_platform.steps.platform import Platform
from data_platform.steps.trace import Traced
from data_platform.steps.trace import trace as traced

# What the UI shows of a file's rows.
_MOST_NUMBERS = 200


class TraceConfig(dg.Config):
    """Whose origin is asked for: values of columns, best those of the table's grain."""

    table: str = Field(description="A staged or curated table, such as curated.daily_revenue")
    key: dict[str, str] = Field(default={}, description="Column: value, as text")
    null: list[str] = Field(default=[], description="Columns that are NULL")
    partition: str = Field(default="", description="Look there only; empty: everywhere")


def trace_job() -> dg.JobDefinition:
    """The job; the answer is on the run and on the table's page."""

    @dg.op(required_resource_keys={"platform"}, out=dg.Out(dg.Nothing))
    def trace_key(context: dg.OpExecutionContext, config: TraceConfig) -> None:
        platform: Platform = context.resources.platform
        key = {**config.key, **dict.fromkeys(config.null)}
        _refuse_personal(platform, config)
        try:
            found = traced(platform, config.table, key, config.partition or None)
        except (StepError, LakeError, ModelError) as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        context.log_event(_observation(found, key))

    @dg.job(description="Says which source files and row numbers are behind a row of a staged or curated table.")
    def trace() -> None:
        trace_key()

    return trace


def _refuse_personal(platform: Platform, config: TraceConfig) -> None:
    """What is asked here is kept with the run: a person is traced in a shell, which keeps nothing."""
    asked = {name.lower() for name in config.key}
    for table in platform.catalog:
        if table.name.sql == config.table and asked & {name.lower() for name in personal_of(table)}:
            text = f"{config.table} is asked for by a personal value, which Dagster keeps with this run. Delete the run"
            raise dg.Failure(f"{text}, and ask in a shell: python -m data_platform trace", allow_retries=False)


def _observation(found: Traced, key: dict[str, str | None]) -> dg.AssetObservation:
    files: list[list[str | int]] = [
        [file.count, _numbers(file.rows, file.count), file.partition, file.through.sql, file.uri]
        for file in found.files
    ]
    kept_out: list[list[str | int]] = [
        [row.row, ", ".join(row.rules), row.partition, row.uri] for row in found.quarantined
    ]
    return dg.AssetObservation(
        asset_key(found.table),
        metadata={
            "traced": ", ".join(f"{name} {'NULL' if value is None else value}" for name, value in key.items()),
            "rows_found": found.matched,
            "source_rows": found.count,
            "files": table_of(["source_rows", "rows", "partition", "through", "file"], files),
            "quarantined": table_of(["row", "rules", "partition", "file"], kept_out),
            "notes": dg.MetadataValue.md("\n".join(f"- {note}" for note in found.notes) or "none"),
        },
    )


def _numbers(rows: tuple[int, ...], count: int) -> str:
    shown = rows[:_MOST_NUMBERS]
    return ", ".join(map(str, shown)) + (" …" if count > len(shown) else "")
