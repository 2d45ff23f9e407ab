"""Statistics of an add action: a reader that prunes by them never misses a row."""

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_platform.lake.lake import Lake
from data_platform.lake.schema import Column, to_delta
from data_platform.lake.stats import add_stats
from data_platform_tests.lake.writing import TRIPS, fingerprint, write


def stats_of(path: Path, select: str, types: dict[str, str]) -> dict[str, Any]:
    target = str(path / "x.parquet").replace("'", "''")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        copied = connection.execute(f"COPY ({select}) TO '{target}' (FORMAT parquet, RETURN_STATS)").fetchone()
    assert copied is not None
    found: dict[str, Any] = json.loads(add_stats(copied[1], copied[4], {n: to_delta(t) for n, t in types.items()}))
    return found


@pytest.mark.parametrize(
    ("value", "type_text", "bound"),
    [
        ("1", "BIGINT", 1),
        ("-5", "TINYINT", -5),
        ("1.5", "DOUBLE", 1.5),
        ("0.1", "FLOAT", 0.10000000149011612),
        ("12.50", "DECIMAL(12,2)", 12.5),
        ("DATE '2024-02-29'", "DATE", "2024-02-29"),
        ("TIMESTAMP '2024-01-01 10:00:00.123456'", "TIMESTAMP", "2024-01-01T10:00:00.123456"),
        ("TIMESTAMPTZ '2024-01-01 10:00:00+02'", "TIMESTAMP WITH TIME ZONE", "2024-01-01T08:00:00Z"),
        ("'it''s \"ö\"'", "VARCHAR", 'it\'s "ö"'),
    ],
)
def test_a_bound_is_the_value_itself(tmp_path: Path, value: str, type_text: str, bound: Any) -> None:
    found = stats_of(tmp_path, f"SELECT {value}::{type_text} AS c", {"c": type_text})
    assert found == {"numRecords": 1, "minValues": {"c": bound}, "maxValues": {"c": bound}, "nullCount": {"c": 0}}


@pytest.mark.parametrize(
    ("value", "type_text"),
    [
        ("true", "BOOLEAN"),
        ("'\\xAA'", "BLOB"),
        ("'nan'", "DOUBLE"),
        ("'inf'", "DOUBLE"),
        ("TIMESTAMP 'infinity'", "TIMESTAMP"),
        ("DATE '0044-03-15 (BC)'", "DATE"),
        ("DATE '12024-01-01'", "DATE"),
        ("12345678901234567890.12", "DECIMAL(38,2)"),
        ("NULL", "BIGINT"),
    ],
)
def test_a_bound_that_could_be_misread_is_left_out(tmp_path: Path, value: str, type_text: str) -> None:
    found = stats_of(tmp_path, f"SELECT {value}::{type_text} AS c", {"c": type_text})
    assert (found["minValues"], found["maxValues"]) == ({}, {})
    assert found["nullCount"] == {"c": int(value == "NULL")}


def test_a_long_text_has_a_short_lower_bound_and_no_upper_one(tmp_path: Path) -> None:
    found = stats_of(tmp_path, f"SELECT '{'x' * 100}' AS c", {"c": "VARCHAR"})
    assert found["minValues"] == {"c": "x" * 32}
    assert found["maxValues"] == {}


def test_nested_columns_are_left_out_and_odd_names_kept(tmp_path: Path) -> None:
    found = stats_of(
        tmp_path,
        """SELECT [1, 2] AS l, {'q': 1} AS s, 3::BIGINT AS "we""ird.n" """,
        {"l": "BIGINT[]", "s": "STRUCT(q INTEGER)", 'we"ird.n': "BIGINT"},
    )
    assert found == {
        "numRecords": 1,
        "minValues": {'we"ird.n': 3},
        "maxValues": {'we"ird.n': 3},
        "nullCount": {'we"ird.n': 0},
    }


@pytest.mark.parametrize(
    ("text", "delta"),
    [
        ("2024-01-01 10:00:00+02", "timestamp"),
        ("2024-01-01 10:00:00", "timestamp"),
        ("2024-01-01 10:00:00+00", "timestamp_ntz"),
    ],
)
def test_a_time_of_which_the_zone_is_not_certain_is_left_out(text: str, delta: str) -> None:
    texts = {"min": text, "max": text, "null_count": "0"}
    assert json.loads(add_stats(1, {'"c"': texts}, {"c": delta}))["minValues"] == {}


def test_a_bound_that_is_not_exact_is_left_out() -> None:
    texts = {"min": "a", "max": "b", "max_is_exact": "false", "null_count": "0"}
    assert json.loads(add_stats(1, {'"c"': texts}, {"c": "string"}))["maxValues"] == {}


VALUES = st.fixed_dictionaries(
    {
        "n": st.none() | st.integers(-(2**63), 2**63 - 1),
        "d": st.none() | st.floats(),
        "m": st.none() | st.decimals(-(10**9), 10**9, places=2, allow_nan=False),
        "t": st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        "w": st.none() | st.datetimes(),
    }
)
TYPES = {"n": "BIGINT", "d": "DOUBLE", "m": "DECIMAL(12,2)", "t": "VARCHAR", "w": "TIMESTAMP"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(VALUES, min_size=1, max_size=5))
def test_every_value_lies_within_the_bounds(tmp_path: Path, values: list[dict[str, Any]]) -> None:
    target = str(tmp_path / "law.parquet").replace("'", "''")
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(f"CREATE TABLE x ({', '.join(f'{n} {t}' for n, t in TYPES.items())})")
        connection.executemany(
            "INSERT INTO x VALUES (?, ?, ?, ?, ?)", [[value[name] for name in TYPES] for value in values]
        )
        copied = connection.execute(f"COPY x TO '{target}' (FORMAT parquet, RETURN_STATS)").fetchone()
    assert copied is not None
    found = json.loads(add_stats(copied[1], copied[4], {n: to_delta(t) for n, t in TYPES.items()}))

    assert found["numRecords"] == len(values)
    for name in TYPES:
        present = [value[name] for value in values if value[name] is not None]
        assert found["nullCount"][name] == len(values) - len(present)
        if name in found["minValues"]:
            assert all(bound_of(found["minValues"][name], name) <= comparable(v) for v in present)
        if name in found["maxValues"]:
            assert all(bound_of(found["maxValues"][name], name) >= comparable(v) for v in present)


def comparable(value: Any) -> Any:
    """Texts compare by their bytes in Parquet and Delta, not by Python's order."""
    return value.encode() if isinstance(value, str) else value


def bound_of(bound: Any, name: str) -> Any:
    if name == "m":
        return Decimal(repr(bound))
    if name == "w":
        return datetime.fromisoformat(bound)
    return comparable(bound)


def test_deltalake_prunes_by_the_statistics(lake: Lake) -> None:
    import deltalake

    table = lake.table(TRIPS)
    base = table.begin(["low", "high"])
    files = [
        write(lake, "low", "SELECT range::BIGINT AS a, DATE '2024-01-01' AS day FROM range(0, 10)"),
        write(lake, "high", "SELECT range::BIGINT AS a, DATE '2024-06-01' AS day FROM range(100, 110)"),
    ]
    table.commit(
        base,
        files,
        columns=[Column("a", "BIGINT"), Column("day", "DATE")],
        fingerprints={p: fingerprint(p) for p in base.partitions},
        provenance={},
    )
    theirs = deltalake.DeltaTable(lake.storage.delta_uri(str(TRIPS)))
    for predicate in ("a > 50", "day > '2024-03-01'"):
        (uri,) = theirs.file_uris(file_pruning_predicate=predicate)
        assert "_partition=high" in uri
