"""Rows in a page: the numbers that were read, in few bytes."""

import base64
import gzip
import math
from datetime import date, datetime

import duckdb
import pyarrow as pa
import pytest

from data_platform.site.dashboards.packing import packed
from data_platform_tests.site.dashboards.drawn import unpacked


def test_values_come_back_as_the_page_shows_them() -> None:
    with duckdb.connect() as connection:
        table = connection.sql("""
            SELECT * FROM (VALUES
                (1, 2.50, 0.1::DOUBLE, true, '2024-02-29'::DATE, '2024-01-01 04:00'::TIMESTAMP, 'é 🚇', [1]),
                (NULL, NULL, 'nan'::DOUBLE, NULL, NULL, NULL, NULL, NULL),
                (9007199254740991, -3.00, 1e300, false, '1999-01-01', '2024-01-01'::TIMESTAMP, '</script>', [])
            ) AS t(whole, money, share, yes, day, moment, name, listed)
        """).to_arrow_table()
    first, empty, last = unpacked(packed(table))
    assert first == {
        "whole": 1,
        "money": 2.5,
        "share": 0.1,
        "yes": True,
        "day": "2024-02-29",
        "moment": "2024-01-01T04:00:00",
        "name": "é 🚇",
        "listed": [1],
    }
    assert set(empty.values()) == {None}
    assert (last["whole"], last["money"], last["share"], last["name"]) == (2**53 - 1, -3, 1e300, "</script>")


def test_the_same_rows_are_the_same_text() -> None:
    table = pa.table({"day": [date(2024, 1, 1)] * 3, "at": [datetime(2024, 1, 1)] * 3, "x": [math.pi, 1.0, math.inf]})
    header = base64.b64decode(packed(table))[:10]
    assert header[4:8] == bytes(4), "the time of packing is in it"
    assert packed(table) == packed(table)
    assert [row["x"] for row in unpacked(packed(table))] == [math.pi, 1, None]


def test_a_year_of_days_of_many_stations_takes_few_bytes() -> None:
    days = [date.fromordinal(738000 + day) for day in range(366) for _ in range(50)]
    stations = [f"STATION {place} · ACE · IND" for _ in range(366) for place in range(50)]
    table = pa.table({"day": days, "station": stations, "entries": [(i * 7919) % 10_000 for i in range(len(days))]})
    text = packed(table)
    assert len(text) < 5 * len(days)
    # Also unpacked, since a browser holds it: each day and each name once.
    assert len(gzip.decompress(base64.b64decode(text))) < 20 * len(days)


def test_no_rows_are_no_rows() -> None:
    assert unpacked(packed(pa.table({"x": pa.array([], pa.int64()), "d": pa.array([], pa.date32())}))) == []


def test_two_columns_of_one_name_are_refused() -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["x", "x"])
    with pytest.raises(ValueError, match="two columns of one name among x, x"):
        packed(table)
