"""What the Dagster UI shows of a table and of each materialization."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from data_platform.contracts.account import RowAccount
from data_platform.contracts.contract import ColumnSpec
from data_platform.lake.names import TableName
from data_platform.planning.catalog import ModelTable, PythonModel, RawTable
from data_platform.sql.lineage import ColumnLineage
from data_platform.steps.build import Built, UpToDate
from data_platform.steps.preview import Preview
from data_platform.steps.receive import Received

# The UI shows a table of source files; thousands of them would drown it.
_MOST_FILES = 50


def asset_key(name: TableName) -> dg.AssetKey:
    """`staged/yellow_trips` is the key of the table of that name."""
    return dg.AssetKey([name.layer, name.table])


def definition_metadata(table: RawTable | ModelTable) -> dict[str, Any]:
    """Columns and the file in which a table is defined."""
    if isinstance(table, RawTable):
        columns = [dg.TableColumn(name, column.type, column.description) for name, column in table.columns.items()]
        return {"dagster/column_schema": dg.TableSchema(columns=columns), "source": table.source.shown}
    columns = [_column(name, spec) for name, spec in table.contract.columns.items()]
    found: dict[str, Any] = {"dagster/column_schema": dg.TableSchema(columns=columns)}
    if table.contract.grain:
        found["grain"] = ", ".join(table.contract.grain)
    if not isinstance(table.model, PythonModel):
        found["sql"] = dg.MetadataValue.md(f"```sql\n{table.model.text}\n```")
    return found


def _column(name: str, spec: ColumnSpec) -> dg.TableColumn:
    other = [f"unit: {spec.unit}"] if spec.unit else []
    if spec.accepted is not None:
        other.append(f"one of {', '.join(map(str, spec.accepted))}")
    if spec.min is not None or spec.max is not None:
        other.append(f"from {'' if spec.min is None else spec.min} to {'' if spec.max is None else spec.max}")
    return dg.TableColumn(
        name,
        spec.type,
        spec.description,
        constraints=dg.TableColumnConstraints(nullable=not spec.required, other=other),
        tags={"personal": ""} if spec.personal else {},
    )


def received_metadata(results: Sequence[Received]) -> dict[str, Any]:
    """Of a raw table's run."""
    files = [sighting for result in results for sighting in result.current]
    return {
        "dagster/row_count": sum(file.records or 0 for file in files),
        "bytes": sum(file.bytes for file in files),
        "outcome": "; ".join(f"{result.partition}: {result.text}" for result in results),
        "files": _table(
            ["source", "version", "sha256", "bytes", "records", "seen_at"],
            [
                [file.uri, file.version, file.sha256 or "", file.bytes, file.records or 0, file.seen_at.isoformat()]
                for file in files[:_MOST_FILES]
            ],
        ),
    }


def built_metadata(built: Built) -> dict[str, Any]:
    """Of a new commit."""
    found: dict[str, Any] = {
        "dagster/row_count": built.rows,
        "commit": built.version,
        "bytes": built.bytes,
        "files": built.files,
        "wall_seconds": built.cost.wall_seconds,
        "cpu_seconds": built.cost.cpu_seconds,
        "peak_memory_mb": built.cost.peak_mb,
        "sql_that_ran": dg.MetadataValue.md("\n\n".join(f"```sql\n{sql}\n```" for sql in built.statements)),
        "preview": dg.MetadataValue.md(_markdown(built.preview)),
    }
    if built.account is not None:
        found |= account_metadata(built.account)
    if built.flagged:
        found["flagged"] = _table(["flag", "rows"], [[name, rows] for name, rows in sorted(built.flagged.items())])
    if built.lineage:
        found["dagster/column_lineage"] = _lineage(built.lineage)
        found["indirect_lineage"] = dg.MetadataValue.json(
            {
                name: [f"{source.table}.{source.column}" for source in sorted(lineage.indirect)]
                for name, lineage in built.lineage.items()
                if lineage.indirect
            }
        )
    return found


def unchanged_metadata(found: UpToDate) -> dict[str, Any]:
    """Of a partition that already stands as it should."""
    return {
        "dagster/row_count": found.state.provenance.get("rows", 0),
        "commit": found.state.version,
        "committed_at": dg.MetadataValue.timestamp(found.state.committed_at),
        "outcome": f"unchanged since commit {found.state.version}",
    }


def account_metadata(account: RowAccount) -> dict[str, Any]:
    """The row account: one line a source file, and rows by rule."""
    lines: list[list[str | int]] = [
        [
            file.source_file,
            file.arrived.rows,
            file.clean.rows,
            file.rejected.rows,
            file.dropped.rows,
            "yes" if file.closes else "NO",
        ]
        for file in account.files[:_MOST_FILES]
    ]
    rules: list[list[str | int]] = []
    for outcome, counts in (("quarantined", account.rejected_by), ("dropped", account.dropped_by)):
        rules += [[name, outcome, rows] for name, rows in sorted(counts.items())]
    return {
        "rows_arrived": account.arrived,
        "rows_quarantined": account.rejected,
        "rows_dropped": account.dropped,
        "account": _table(["source_file", "arrived", "clean", "quarantined", "dropped", "closes"], lines),
        **({"rows_by_rule": _table(["rule", "outcome", "rows"], rules)} if rules else {}),
    }


def _lineage(lineage: Mapping[str, ColumnLineage]) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        {
            name: [
                dg.TableColumnDep(asset_key=asset_key(source.table), column_name=source.column)
                for source in sorted(columns.direct)
            ]
            for name, columns in lineage.items()
        }
    )


def _table(columns: Sequence[str], rows: Sequence[Sequence[str | int]]) -> dg.TableMetadataValue:
    schema = dg.TableSchema(
        columns=[
            dg.TableColumn(name, "int" if rows and isinstance(rows[0][at], int) else "string")
            for at, name in enumerate(columns)
        ]
    )
    return dg.MetadataValue.table([dg.TableRecord(dict(zip(columns, row, strict=True))) for row in rows], schema=schema)


def _markdown(preview: Preview) -> str:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    rule = "|" + " --- |" * len(preview.columns)
    return "\n".join([line(preview.columns), rule, *(line(row) for row in preview.rows)])
