"""The laws of staging: each row is found again in one place and breaks what is said of it, whatever the case."""

import json
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data_platform.contracts.partitions import Partitions
from data_platform.contracts.raw import RawColumn
from data_platform.engines.duckdb import Engine
from data_platform.engines.inputs import Input, RawFile, RawInput, TableInput, bind
from data_platform.lake.names import TableName
from data_platform.planning.catalog import ModelTable
from data_platform.privacy.key import PersonalKey
from data_platform.sources.inspect import inspect_parquet
from data_platform.sql.identity import thread
from data_platform.sql.model import parse
from data_platform.steps.making import Made, make
from data_platform.steps.reading import Reading
from data_platform_tests.proof.law_cases import ZONES, Case
from data_platform_tests.proof.law_conditions import ordered, sql_of
from data_platform_tests.proof.law_outcomes import Expected, Judged, Place, expected

_PLACES = TableName("staged", "zones")
_FROM = {
    "plain": "SELECT {x} AS x, {y} AS y, k AS z FROM raw.t",
    "nested": "WITH found AS (SELECT * FROM raw.t) SELECT found.k AS z, {y} AS y, {x} AS x FROM found",
    "lookup": "SELECT {x} AS x, {y} AS y, z.name AS z FROM raw.t AS t LEFT JOIN staged.zones AS z ON z.k = t.k",
    "union": "SELECT {x} AS x, {y} AS y, k AS z FROM raw.t UNION ALL SELECT {x}, {y}, k FROM raw.u",
}
_INTEGERS = {"date32[day]": pa.int32(), "timestamp[us]": pa.int64()}


@dataclass(frozen=True)
class Written:
    """What one run wrote, by place in the source."""

    made: Made
    clean: Mapping[Place, Mapping[str, Any]]
    rejected: Mapping[Place, Mapping[str, Any]]


def check(case: Case) -> Counter[str]:
    """Stages a case twice, the second time with its files in another order, and holds it against every law.

    Returns what became of its rows.
    """
    with tempfile.TemporaryDirectory() as folder:
        first = _run(case, Path(folder))
        turned = replace(case, files={table: files[::-1] for table, files in case.files.items()})
        second = _run(turned, Path(folder))
    want = expected(case)
    _closes(case, want, first)
    _clean_rows_break_nothing(case, want, first)
    _rejected_rows_break_what_they_name(want, first)
    assert _told(first) == _told(second), "a second run, with the files in another order, says something else"
    return Counter(
        {
            "clean rows": len(want.clean),
            "rejected rows": len(want.rejected),
            "dropped rows": len(want.dropped),
            "duplicates": len(want.duplicates),
            "flags": sum(want.flagged.values()),
            "rounded rows": want.flagged.get("rounded", 0),
        }
    )


def _closes(case: Case, want: Expected, found: Written) -> None:
    account = found.made.account
    assert account is not None
    everything = {(name, row) for name, rows in case.records.items() for row in range(rows)}
    assert account.closes, account.gaps
    assert everything == {*want.clean, *want.rejected, *want.dropped}
    _same_places("clean", want.clean, found.clean)
    _same_places("rejected", want.rejected, found.rejected)
    assert (account.arrived, account.clean, account.rejected, account.dropped) == (
        len(everything),
        len(want.clean),
        len(want.rejected),
        len(want.dropped),
    )
    rules = Counter(rule for row in found.rejected.values() for rule in row["_rules"])
    assert account.rejected_by == dict(rules)
    assert account.dropped_by == want.dropped_by
    assert account.flagged == found.made.flagged == want.flagged
    passed = {audit.check: audit.passed for audit in found.made.audits}
    is_unique = not want.repeated or bool(case.first_by)
    assert passed == {
        "rows_accounted_for": True,
        "contract_bounds": True,
        **({"grain_is_unique": is_unique} if case.contract.grain else {}),
    }


def _same_places(side: str, want: Mapping[Place, Judged], found: Mapping[Place, Mapping[str, Any]]) -> None:
    missing = [row for place, row in want.items() if place not in found]
    extra = [row for place, row in found.items() if place not in want]
    assert not missing, f"should be {side}: {missing}"
    assert not extra, f"should not be {side}: {extra}"


def _clean_rows_break_nothing(case: Case, want: Expected, found: Written) -> None:
    for place, row in found.clean.items():
        judged = want.clean[place]
        assert not judged.broken["reject"]
        assert not judged.broken["drop"]
        _same(judged, row)
    if case.first_by:
        grains = Counter(tuple(ordered(row[name]) for name in case.contract.grain) for row in found.clean.values())
        assert not grains or max(grains.values()) == 1


def _rejected_rows_break_what_they_name(want: Expected, found: Written) -> None:
    for place, row in found.rejected.items():
        judged, named = want.rejected[place], list(row["_rules"])
        if place in want.duplicates:
            assert named == ["duplicate"]
            assert row["_duplicate_of"] == "{}#{}".format(*want.duplicates[place])
        else:
            certain = [rule for rule in named if rule not in judged.doubtful]
            assert certain == judged.broken["reject"], (judged, named)
            assert row["_duplicate_of"] is None
        told = set(json.loads(row["_original"] or "{}"))
        assert set(judged.lost) <= told <= {*judged.lost, *judged.unknown}
        assert ("castable" in named) == bool(judged.lost)
        _same(judged, row)


def _same(judged: Judged, row: Mapping[str, Any]) -> None:
    for name, value in judged.values.items():
        if name not in judged.unknown:
            assert (value is None) == (row[name] is None), (judged.place, name, value, row[name])
            assert value is None or ordered(value) == ordered(row[name]), (judged.place, name, value, row[name])


def _told(found: Written) -> object:
    return repr((sorted(found.clean.items()), sorted(found.rejected.items()), found.made.account))


def _run(case: Case, folder: Path) -> Written:
    clean, rejected = folder / "clean.parquet", folder / "rejected.parquet"
    clean.unlink(missing_ok=True)
    rejected.unlink(missing_ok=True)
    table = _table(case, folder)
    inputs = _inputs(case, folder)
    with Engine("512MiB", 2, folder / "tmp").connect() as connection:
        bind(connection, inputs)
        reads = Reading(tuple(inputs), case.records, 0)
        key = PersonalKey.given("a-key-for-tests-only")
        made = make(connection, table, "2024-01", reads, key=key, clean=clean, rejected=rejected)
    return Written(made, _rows(clean), _rows(rejected))


def _table(case: Case, folder: Path) -> ModelTable:
    columns = {
        name: f"coalesce({raw}, {sql_of(case.instead[name], case.declared[raw])})" if name in case.instead else raw
        for name, raw in (("x", "a"), ("y", "b"))
    }
    model = parse(folder / "given.sql", _FROM[case.shape].format_map(columns))
    threaded = thread(model)
    return ModelTable(
        name=TableName("staged", "given"),
        dataset="given",
        path=folder / "given.yaml",
        contract=case.contract,
        model=model,
        reads=model.tables,
        threaded=threaded,
        driving=threaded.driving,
        partitions=Partitions("monthly", date(2024, 1, 1), "UTC"),
        owners=(),
    )


def _inputs(case: Case, folder: Path) -> list[Input]:
    declared = {name: RawColumn(type=type_, optional=True) for name, type_ in case.declared.items()}
    inputs: list[Input] = []
    for table, files in case.files.items():
        written = [(file.name, file.write(folder)) for file in files]
        received = tuple(RawFile(path, name, inspect_parquet(path, name).columns) for name, path in written)
        inputs.append(RawInput(TableName("raw", table), declared, received))
    if case.looks_up:
        pq.write_table(pa.table({"k": list(ZONES), "name": list(ZONES.values())}), folder / "zones.parquet")
        inputs.append(TableInput(_PLACES, (("k", "BIGINT"), ("name", "VARCHAR")), (folder / "zones.parquet",)))
    return inputs


def _rows(path: Path) -> dict[Place, Mapping[str, Any]]:
    if not path.exists():
        return {}
    table = pq.ParquetFile(path).read()
    columns = {name: _plain(table[name]) for name in table.column_names}
    rows: Sequence[dict[str, Any]] = [
        dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
    ]
    found: dict[Place, Mapping[str, Any]] = {(row["_source_file"], row["_source_row"]): row for row in rows}
    assert len(found) == len(rows), "a row was written twice"
    return found


def _plain(column: Any) -> list[Any]:
    """Dates and times as the integers that they are kept as: Python's own end at the year 9999."""
    kept = _INTEGERS.get(str(column.type))
    values: list[Any] = (column.cast(kept) if kept else column).to_pylist()
    return values
