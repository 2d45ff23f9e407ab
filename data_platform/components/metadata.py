"""What the Dagster UI shows of a table and of each materialization."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from data_platform.contracts.contract import ColumnSpec
from data_platform.contracts.raw import RawColumn
from data_platform.lake.names import TableName
from data_platform.planning.catalog import ModelTable, PythonModel, RawTable
from data_platform.sources.address import redact
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
    """Columns, and the files in which a table is defined."""
    if isinstance(table, RawTable):
        columns = [
            dg.TableColumn(name, column.type, column.description, constraints=_constraints(_meant(column)))
            for name, column in table.columns.items()
        ]
        return {
            "dagster/column_schema": dg.TableSchema(columns=columns),
            "dagster/code_references": _references((table.path, table.line)),
            "source": ", ".join(source.shown for source in table.sources),
        }
    columns = [_column(name, spec) for name, spec in table.contract.columns.items()]
    found: dict[str, Any] = {
        "dagster/column_schema": dg.TableSchema(columns=columns),
        "dagster/code_references": _references((table.model.path, 1), (table.path, 1)),
    }
    if table.contract.grain:
        found["grain"] = ", ".join(table.contract.grain)
    if not isinstance(table.model, PythonModel):
        found["sql"] = dg.MetadataValue.md(f"```sql\n{table.model.text}\n```")
    return found


def _references(*places: tuple[Path, int]) -> dg.CodeReferencesMetadataValue:
    """Links to files and lines; the UI opens them in an editor."""
    return dg.CodeReferencesMetadataValue(
        code_references=[
            dg.LocalFileCodeReference(file_path=str(path.absolute()), line_number=line, label=path.name)
            for path, line in places
        ]
    )


def _meant(spec: ColumnSpec | RawColumn) -> list[str]:
    """What its values mean."""
    found = [f"{key}: {value}" for key, value in (("meaning", spec.semantic), ("unit", spec.unit)) if value]
    per = spec.per if isinstance(spec, ColumnSpec) else ()
    return [*found, f"per {', '.join(per)}"] if per else found


def _constraints(other: list[str]) -> dg.TableColumnConstraints | None:
    return dg.TableColumnConstraints(other=other) if other else None


def _column(name: str, spec: ColumnSpec) -> dg.TableColumn:
    other = _meant(spec)
    if spec.accepted is not None:
        other.append(f"one of {', '.join(map(str, spec.accepted))}")
    if spec.min is not None and spec.max is not None:
        other.append(f"from {spec.min} to {spec.max}")
    elif spec.min is not None or spec.max is not None:
        other.append(f"at least {spec.min}" if spec.max is None else f"at most {spec.max}")
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
        "files": table_of(
            ["records", "unparsed", "bytes", "seen_at", "source", "version", "sha256", "read_as"],
            [
                [
                    one.records or 0,
                    one.unparsed or 0,
                    one.bytes,
                    one.seen_at.isoformat(),
                    redact(one.uri),
                    one.version,
                    one.sha256 or "",
                    one.read_as or "",
                ]
                for one in files[:_MOST_FILES]
            ],
        ),
    }


def built_metadata(built: Built) -> dict[str, Any]:
    """Of a new commit: what people look for first comes first."""
    found = {"outcome": f"commit {built.version}", "dagster/row_count": built.rows}
    if built.account is not None:
        found |= _account(built.account.as_json())
    found |= {
        **_flagged(built.flagged),
        "preview": dg.MetadataValue.md(_markdown(built.preview)),
        "sql_that_ran": dg.MetadataValue.md("\n\n".join(f"```sql\n{sql}\n```" for sql in built.statements)),
        "commit": built.version,
        "files": built.files,
        **_cost(built.bytes, built.cost.wall_seconds, built.cost.cpu_seconds, built.cost.peak_mb),
    }
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
    """Of a partition that already stands as it should: the account and the cost of the commit that made it."""
    told = found.state.provenance
    return {
        "outcome": f"unchanged since commit {found.state.version}",
        "dagster/row_count": told["rows"],
        **(_account(told["account"]) if "account" in told else {}),
        **_flagged(told["flagged"]),
        "commit": found.state.version,
        "committed_at": dg.MetadataValue.timestamp(found.state.committed_at),
        **_cost(told["bytes_written"], told["wall_seconds"], told["cpu_seconds"], told["peak_mb"]),
    }


def _cost(bytes_written: int, wall_seconds: float, cpu_seconds: float, peak_mb: float) -> dict[str, Any]:
    return {
        "bytes": bytes_written,
        "wall_seconds": wall_seconds,
        "cpu_seconds": cpu_seconds,
        "peak_memory_mb": peak_mb,
    }


def _account(account: Mapping[str, Any]) -> dict[str, Any]:
    """A row account as kept in a commit, in full: one line a source file, and rows by rule."""
    sides = ("arrived", "clean", "rejected", "dropped")
    lines: list[list[str | int]] = [
        [*(file.get(side, {}).get("rows", 0) for side in sides), file["source_file"]]
        for file in account["files"][:_MOST_FILES]
    ]
    rules: list[list[str | int]] = []
    for outcome in ("rejected", "dropped"):
        counts: Mapping[str, int] = account[f"{outcome}_by"]
        rules += [[rows, name, outcome] for name, rows in sorted(counts.items(), key=lambda item: -item[1])]
    return {
        **{f"rows_{side}": account[side] for side in ("arrived", "rejected", "dropped")},
        # The file comes last: its long name would push the numbers out of sight.
        "account": table_of([*sides, "source_file"], lines),
        **({"rows_by_rule": table_of(["rows", "rule", "outcome"], rules)} if rules else {}),
    }


def _flagged(flagged: Mapping[str, int]) -> dict[str, Any]:
    rows: list[list[str | int]] = [[count, name] for name, count in sorted(flagged.items(), key=lambda item: -item[1])]
    return {"flagged": table_of(["rows", "flag"], rows)} if rows else {}


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


def table_of(columns: Sequence[str], rows: Sequence[Sequence[str | int]]) -> dg.TableMetadataValue:
    """A table that the UI shows in full: who has many rows shows the first of them."""
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
