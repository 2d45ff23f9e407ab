"""Values as they are in the database: each is received as the server itself writes it, with all of its digits."""

import json
import math
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_platform_tests.databases import Database
from data_platform_tests.sources.database.asking import fetched, places, source

# Type, value as SQL has it, and what is received.
POSTGRESQL: tuple[tuple[str, str, Any], ...] = (
    ("smallint", "-32768", -32768),
    ("integer", "2147483647", 2147483647),
    ("bigint", "-9223372036854775808", -9223372036854775808),
    ("numeric(38,10)", "1234567890123456789012345678.0123456789", "1234567890123456789012345678.0123456789"),
    ("numeric", "1e-20", "0.00000000000000000001"),
    ("numeric", "'NaN'", "NaN"),
    ("numeric", f"{'9' * 50}.5", f"{'9' * 50}.5"),
    ("real", "0.1", pa.scalar(0.1, pa.float32()).as_py()),
    ("double precision", "0.1", 0.1),
    ("double precision", "'Infinity'", math.inf),
    ("double precision", "'-Infinity'", -math.inf),
    ("double precision", "'NaN'", math.nan),
    ("double precision", "5e-324", 5e-324),
    ("boolean", "true", True),
    ("boolean", "false", False),
    ("text", "''", ""),
    ("text", r"E'\t\r\n\\N \\. \\0'", "\t\r\n\\N \\. \\0"),
    ("text", "'\ufeffmark'", "\ufeffmark"),
    ("text", "'a\"b,c;\u0085 🙂 é e\u0301'", 'a"b,c;\u0085 🙂 é e\u0301'),
    ("char(5)", "'ab'", "ab   "),
    ("bytea", "'\\x00ff22'", b"\x00\xff\x22"),
    ("bytea", "''", b""),
    ("date", "'0044-03-15 BC'", "0044-03-15 BC"),
    ("date", "'infinity'", "infinity"),
    ("timestamp", "'2024-02-29 23:59:59.999999'", "2024-02-29 23:59:59.999999"),
    ("timestamp", "'-infinity'", "-infinity"),
    ("timestamp", "'294276-12-31 23:59:59'", "294276-12-31 23:59:59"),
    ("timestamptz", "'2024-01-01 00:00:00.5+05:45'", "2023-12-31 18:15:00.5+00"),
    ("time", "'24:00:00'", "24:00:00"),
    ("timetz", "'12:34:56.7+02'", "12:34:56.7+02"),
    ("interval", "'1 mon -2 days 03:00:00.5'", "1 mon -2 days +03:00:00.5"),
    ("uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ("json", '\'{"a":  1.0, "a": [null]}\'', '{"a":  1.0, "a": [null]}'),
    ("jsonb", '\'{"b": 1.00, "a": "🙂"}\'', '{"a": "🙂", "b": 1.00}'),
    ("integer[]", "'{1,NULL,3}'", "{1,NULL,3}"),
    ("text[]", '\'{"a,\\"b",NULL,"NULL",""}\'', '{"a,\\"b",NULL,"NULL",""}'),
    ("inet", "'10.0.0.1/8'", "10.0.0.1/8"),
    ("bit(3)", "B'101'", "101"),
    ("money", "12.34", "$12.34"),
    ("int4range", "'[1,3)'", "[1,3)"),
    ("xml", "'<a>1</a>'", "<a>1</a>"),
)
MARIADB: tuple[tuple[str, str, Any], ...] = (
    ("TINYINT", "-128", -128),
    ("BOOLEAN", "TRUE", 1),
    ("MEDIUMINT UNSIGNED", "16777215", 16777215),
    ("BIGINT UNSIGNED", "18446744073709551615", 18446744073709551615),
    ("BIGINT", "-9223372036854775808", -9223372036854775808),
    ("DECIMAL(38,10)", "1234567890123456789012345678.0123456789", "1234567890123456789012345678.0123456789"),
    ("FLOAT", "16777216", 16777216.0),
    ("FLOAT", "0.1", pa.scalar(0.1, pa.float32()).as_py()),
    ("DOUBLE", "0.1e0 + 0.2e0", 0.1 + 0.2),
    ("DOUBLE", "1.7976931348623157e308", 1.7976931348623157e308),
    ("BIT(5)", "b'10101'", 21),
    ("BIT(64)", f"b'{'1' * 64}'", 2**64 - 1),
    ("VARCHAR(20)", "''", ""),
    ("VARCHAR(20)", "'a\\0b\\r\\n\\\\N'", "a\0b\r\n\\N"),
    ("VARCHAR(20) CHARACTER SET latin1", "'Zürich'", "Zürich"),
    ("TEXT", "'\ufeff\"🙂\",'", '\ufeff"🙂",'),
    ("BLOB", "x'00ff22'", b"\x00\xff\x22"),
    ("BINARY(3)", "x'01'", b"\x01\0\0"),
    ("DATE", "'0000-00-00'", "0000-00-00"),
    ("DATE", "'2024-02-30'", "0000-00-00"),
    ("DATETIME(6)", "'0001-01-01 00:00:00.000001'", "0001-01-01 00:00:00.000001"),
    ("DATETIME(6)", "'9999-12-31 23:59:59.999999'", "9999-12-31 23:59:59.999999"),
    ("DATETIME", "'2024-00-00'", "2024-00-00 00:00:00"),
    ("TIME(6)", "'-838:59:58.5'", "-838:59:58.500000"),
    ("YEAR", "2024", "2024"),
    ("ENUM('a', 'b,\"c')", "'b,\"c'", 'b,"c'),
    ("SET('a', 'b')", "'a,b'", "a,b"),
    ("JSON", "'{\"a\":  1.0}'", '{"a":  1.0}'),
    ("UUID", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ("INET6", "'::1'", "::1"),
    (
        "POINT",
        "ST_GeomFromText('POINT(1 2)')",
        bytes.fromhex("0000000001010000000000" + "00000000F03F0000000000000040"),
    ),
)
SQLITE: tuple[tuple[str, str, Any], ...] = (
    ("INTEGER", "-9223372036854775808", "-9223372036854775808"),
    ("INTEGER", "'not a number'", "not a number"),
    ("REAL", "0.1", "0.1"),
    ("REAL", "9e999", "inf"),
    ("REAL", "1", "1.0"),
    ("DECIMAL(38,10)", "1234567.0123456789", "1234567.0123456789"),
    ("TEXT", "''", ""),
    ("TEXT", "'\ufeff\"🙂\",\r\n'", '\ufeff"🙂",\r\n'),
    ("TEXT", "'a' || char(0) || 'b'", "a\0b"),
    ("BLOB", "x'00ff22'", b"\x00\xff\x22"),
    ("BLOB", "'text'", b"text"),
    ("TEXT", "x'00ff'", "X'00FF'"),
    ("BOOLEAN", "TRUE", "1"),
    ("", "1.5", "1.5"),
)
_VALUES = {"postgresql": POSTGRESQL, "mariadb": MARIADB, "sqlite": SQLITE}


def test_each_type_arrives_as_it_is(database: Database, tmp_path: Path) -> None:
    values = _VALUES[database.kind]
    names = [f"c{number}" for number in range(len(values))]
    types = ", ".join(f"{name} {kind}" for name, (kind, _, _) in zip(names, values, strict=True))
    nulls = ", ".join("NULL" for _ in values)
    with closing(database.connect(autocommit=True)) as connection, closing(connection.cursor()) as cursor:
        if database.kind == "mariadb":
            # Zeros in dates are from times when the server let them in.
            cursor.execute("SET sql_mode = ''")
        cursor.execute(f"CREATE TABLE t (n INTEGER, {types})")
        cursor.execute(f"INSERT INTO t VALUES (1, {', '.join(value for _, value, _ in values)})")
        cursor.execute(f"INSERT INTO t VALUES (2, {nulls})")
    asked = source(database, "t", *names, key=("n",))
    found, table = fetched(asked, tmp_path / "f")
    full, empty = (list(row.values()) for row in table.to_pylist())
    for (kind, written, wanted), value in zip(values, full, strict=True):
        assert value == wanted or (value != value and wanted != wanted), (kind, written, value, wanted)
    assert empty == [None] * len(values)
    # The sums that were added up on the way are those that the server has.
    assert [place.version and place.version.text for place in places(asked)] == [found.version]


def test_names_with_quotes_dots_blanks_and_any_letters_work(database: Database, tmp_path: Path) -> None:
    mark = "`" if database.kind == "mariadb" else '"'
    table, key, column = (
        'we.ird "t`able',
        "the key%s",
        'Größe "in" `cm`, 🙂' if database.kind != "mariadb" else 'Größe "`cm',
    )
    quoted = [mark + name.replace(mark, mark * 2) + mark for name in (table, key, column)]
    database.run(f"CREATE TABLE {quoted[0]} ({quoted[1]} INTEGER, {quoted[2]} VARCHAR(9))")
    database.insert(quoted[0], [(2, "b"), (1, "a")])
    asked = source(database, table, column, key=(key,))
    found, rows = fetched(asked, tmp_path / "f", places(asked)[0].uri)
    assert rows.to_pylist() == [{column: "a"}, {column: "b"}]
    assert found.version == getattr(places(asked)[0].version, "text", None)


def test_a_table_of_another_schema_is_read_by_both_names(database: Database, tmp_path: Path) -> None:
    schema = {"postgresql": "other", "mariadb": f"{database.name}_other", "sqlite": "main"}[database.kind]
    if database.kind != "sqlite":
        database.run(f"CREATE SCHEMA {schema}")
    database.run(f"CREATE TABLE {schema}.t (n INTEGER)", f"INSERT INTO {schema}.t VALUES (1)")
    _, rows = fetched(source(database, "t", "n", names=(schema, "t")), tmp_path / "f")
    assert rows.num_rows == 1
    if database.kind == "mariadb":
        database.run(f"DROP SCHEMA {schema}")


_TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
_ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.floats(allow_nan=False, allow_infinity=False),
        st.none() | st.decimals(-(10**20), 10**20, places=8, allow_nan=False),
        st.none() | _TEXTS,
        st.none() | st.binary(max_size=20),
    ),
    min_size=1,
    max_size=8,
)
_COLUMNS = {
    "postgresql": "n INTEGER, i BIGINT, f DOUBLE PRECISION, d NUMERIC(38,8), t TEXT, b BYTEA",
    "mariadb": "n INTEGER, i BIGINT, f DOUBLE, d DECIMAL(38,8), t TEXT, b BLOB",
    "sqlite": "n INTEGER, i INTEGER, f REAL, d TEXT, t TEXT, b BLOB",
}


def test_whatever_is_written_is_received(database: Database, tmp_path: Path) -> None:
    database.run(f"CREATE TABLE t ({_COLUMNS[database.kind]})")
    asked = source(database, "t", "i", "f", "d", "t", "b", key=("n",))
    with asked.connected() as connected:

        @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
        @given(_ROWS)
        def law(rows: list[tuple[Any, ...]]) -> None:
            database.run("DELETE FROM t")
            database.insert("t", [(n, *_bound(database, row)) for n, row in enumerate(rows)])
            _, found = fetched(connected, tmp_path / "f")
            # As text, in which a zero has its sign.
            assert repr([tuple(row.values()) for row in found.to_pylist()]) == repr(
                [_wanted(database, r) for r in rows]
            )

        law()


def _bound(database: Database, row: tuple[Any, ...]) -> tuple[Any, ...]:
    i, f, d, t, b = row
    return i, f, d if database.kind != "sqlite" or d is None else f"{d:f}", t, b


def _wanted(database: Database, row: tuple[Any, ...]) -> tuple[Any, ...]:
    i, f, d, t, b = row
    decimal = None if d is None else f"{d:f}"
    if database.kind == "sqlite":
        # SQLite keeps no zero with a sign.
        return None if i is None else str(i), None if f is None else repr(f + 0.0), decimal, t, b
    return i, f, decimal if d != 0 else f"{abs(d):f}", t, b


@pytest.mark.parametrize("database", ["postgresql", "mariadb"], indirect=True)
def test_a_reader_gets_the_text_that_the_server_writes(database: Database, tmp_path: Path) -> None:
    """Compared with the server's own text, and not with what we think it is."""
    kinds = {
        "postgresql": ("numeric(38,10)", "timestamp", "jsonb"),
        "mariadb": ("DECIMAL(38,10)", "DATETIME(6)", "JSON"),
    }
    types = ", ".join(f"c{number} {kind}" for number, kind in enumerate(kinds[database.kind]))
    database.run(f"CREATE TABLE t (n INTEGER, {types})")
    rows = [
        (n, Decimal(n).exp().quantize(Decimal("1e-10")), f"2024-01-{n + 1:02} 01:02:03.{n:06}", json.dumps([n / 7]))
        for n in range(28)
    ]
    database.insert("t", rows)
    _, found = fetched(source(database, "t", "c0", "c1", "c2", key=("n",)), tmp_path / "f")
    cast = "CAST(c{0} AS CHAR)" if database.kind == "mariadb" else "c{0}::text"
    own = database.rows(f"SELECT {', '.join(cast.format(n) for n in range(3))} FROM t ORDER BY n")
    assert [tuple(row.values()) for row in found.to_pylist()] == own


def test_the_same_rows_give_the_same_bytes_in_any_order_without_a_key(database: Database, tmp_path: Path) -> None:
    database.run("CREATE TABLE a (n INTEGER, t VARCHAR(9))", "CREATE TABLE b (n INTEGER, t VARCHAR(9))")
    rows = [(n % 7, str(n * 37 % 11)) for n in range(100)]
    database.insert("a", rows)
    database.insert("b", rows[::-1])
    first, _ = fetched(source(database, "a", "n", "t", batch_rows=9), tmp_path / "a")
    second, _ = fetched(source(database, "b", "n", "t", batch_rows=9), tmp_path / "b")
    assert (first.sha256, first.version) == (second.sha256, second.version)
    # A row that is there twice is not there once.
    database.insert("b", rows[:1])
    assert fetched(source(database, "b", "n", "t"), tmp_path / "b")[0].version != first.version
