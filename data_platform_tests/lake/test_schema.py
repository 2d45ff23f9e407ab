"""DuckDB's types in Delta's terms: what goes through and comes back, what is refused and what to use instead."""

from typing import Any

import duckdb
import pytest

from data_platform.lake.errors import SchemaConflict, UnsupportedType
from data_platform.lake.schema import Column, additions, columns_of, fields, partition_fields, to_delta, to_duckdb

STRUCT = {"name": "q", "type": "integer", "nullable": True, "metadata": {}}


@pytest.mark.parametrize(
    ("duckdb_type", "delta"),
    [
        ("BOOLEAN", "boolean"),
        ("TINYINT", "byte"),
        ("SMALLINT", "short"),
        ("INTEGER", "integer"),
        ("BIGINT", "long"),
        ("FLOAT", "float"),
        ("DOUBLE", "double"),
        ("VARCHAR", "string"),
        ("BLOB", "binary"),
        ("DATE", "date"),
        ("TIMESTAMP", "timestamp_ntz"),
        ("TIMESTAMP WITH TIME ZONE", "timestamp"),
        ("DECIMAL(12,2)", "decimal(12,2)"),
        ("VARCHAR[]", {"type": "array", "elementType": "string", "containsNull": True}),
        ('STRUCT("q" INTEGER)', {"type": "struct", "fields": [STRUCT]}),
        (
            "MAP(VARCHAR, BIGINT)",
            {"type": "map", "keyType": "string", "valueType": "long", "valueContainsNull": True},
        ),
    ],
)
def test_a_type_goes_to_delta_and_comes_back(duckdb_type: str, delta: Any) -> None:
    assert to_delta(duckdb_type) == delta
    assert to_duckdb(delta) == duckdb_type


@pytest.mark.parametrize(
    "duckdb_type",
    [
        'STRUCT("a ""b"")" DECIMAL(4,0)[], "select" MAP(VARCHAR, STRUCT("x" DATE)))[][]',
        "DECIMAL(38,38)",
        "DECIMAL(18,3)",
    ],
)
def test_duckdb_itself_reads_what_comes_back(duckdb_type: str) -> None:
    back = to_duckdb(to_delta(duckdb_type))
    with duckdb.connect() as connection:
        described = connection.execute(f"DESCRIBE SELECT NULL::{back} AS c").fetchone()
    assert described is not None
    assert to_delta(described[1]) == to_delta(duckdb_type)


@pytest.mark.parametrize(
    ("synonym", "name"),
    [
        ("int", "INTEGER"),
        ("text", "VARCHAR"),
        ("timestamptz", "TIMESTAMP WITH TIME ZONE"),
        ("numeric(5,1)", "DECIMAL(5,1)"),
        ("DECIMAL", "DECIMAL(18,3)"),
        ("DECIMAL(9)", "DECIMAL(9,0)"),
        ("decimal( 12 , 2 )", "DECIMAL(12,2)"),
    ],
)
def test_a_synonym_is_the_type_it_stands_for(synonym: str, name: str) -> None:
    assert to_duckdb(to_delta(synonym)) == name


@pytest.mark.parametrize(
    ("refused", "instead"),
    [
        ("UBIGINT", r"DECIMAL\(20,0\)"),
        ("UINTEGER", "BIGINT"),
        ("USMALLINT", "INTEGER"),
        ("UTINYINT", "SMALLINT"),
        ("HUGEINT", "BIGINT"),
        ("UHUGEINT", r"DECIMAL\(38,0\)"),
        ("TIMESTAMP_NS", "TIMESTAMP"),
        ("TIME", "VARCHAR"),
        ("TIME WITH TIME ZONE", "VARCHAR"),
        ("INTERVAL", "BIGINT seconds"),
        ("UUID", "VARCHAR"),
        ("JSON", "VARCHAR"),
        ("ENUM('a', 'b')", "."),
        ("HUGEINT[]", "BIGINT"),
        ("STRUCT(a UBIGINT)", "DECIMAL"),
        ("INTEGER[3]", r"T\[\]"),
    ],
)
def test_a_type_that_delta_would_change_is_refused_with_another(refused: str, instead: str) -> None:
    with pytest.raises(UnsupportedType, match=instead):
        to_delta(refused)


@pytest.mark.parametrize(
    "wrong", ["", "VARCHAR[", "DECIMAL(40,2)", "DECIMAL(2,5)", "MAP(VARCHAR)", "STRUCT()", "NOPE", "BIGINT BIGINT"]
)
def test_what_is_no_type_is_refused(wrong: str) -> None:
    with pytest.raises(UnsupportedType):
        to_delta(wrong)


def test_an_unsupported_column_is_named() -> None:
    with pytest.raises(UnsupportedType, match="staged/t: column 'total': Delta has no HUGEINT; use BIGINT"):
        fields("staged/t", [Column("total", "HUGEINT")])


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["_partition"], "'_partition' belongs to the lake"),
        (["a b"], "'a b' cannot be stored"),
        ([""], "cannot be stored"),
        (["fare", "Fare"], "'fare' and 'Fare' are one name"),
        (["fare", "fare"], "'fare' and 'fare' are one name"),
    ],
)
def test_a_name_that_readers_would_stumble_over_is_refused(names: list[str], said: str) -> None:
    with pytest.raises(SchemaConflict, match=said):
        fields("staged/t", [Column(name, "BIGINT") for name in names])


HAS = (*fields("t", [Column("a", "BIGINT"), Column("tip", "DECIMAL(12,2)")]), *partition_fields())


def test_new_columns_are_additions_wherever_they_stand() -> None:
    wanted = fields("t", [Column("new", "VARCHAR"), Column("tip", "DECIMAL(12,2)"), Column("a", "BIGINT")])
    assert columns_of(additions("t", HAS, wanted)) == (Column("new", "VARCHAR"),)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (
            [Column("a", "DOUBLE"), Column("tip", "DECIMAL(12,2)")],
            "'a' is BIGINT in the table and DOUBLE in this commit",
        ),
        ([Column("a", "BIGINT"), Column("tip", "DECIMAL(12,4)")], r"'tip' is DECIMAL\(12,2\) .* DECIMAL\(12,4\)"),
        ([Column("A", "BIGINT"), Column("tip", "DECIMAL(12,2)")], "'A' is called 'a' in the table"),
        ([Column("a", "BIGINT")], "'tip' is in the table and not in this commit"),
    ],
)
def test_any_other_difference_is_refused(wanted: list[Column], said: str) -> None:
    with pytest.raises(SchemaConflict, match=said):
        additions("t", HAS, fields("t", wanted))
