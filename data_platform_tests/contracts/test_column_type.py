"""One spelling a type."""

import pytest

from data_platform.contracts.column_type import type_text


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("bigint", "BIGINT"),
        (" Int ", "INTEGER"),
        ("int8", "BIGINT"),
        ("real", "FLOAT"),
        ("double  precision", "DOUBLE"),
        ("text", "VARCHAR"),
        ("string[]", "VARCHAR[]"),
        ("bool", "BOOLEAN"),
        ("datetime", "TIMESTAMP"),
        ("timestamptz", "TIMESTAMP WITH TIME ZONE"),
        ("decimal(12, 2)", "DECIMAL(12,2)"),
        ("NUMERIC ( 12 )", "DECIMAL(12,0)"),
        ("numeric", "DECIMAL(18,3)"),
        ("decimal(6,2)[][]", "DECIMAL(6,2)[][]"),
        ("HUGEINT", "HUGEINT"),
        ("floaty", "FLOATY"),
    ],
)
def test_a_type_has_one_spelling(written: str, meant: str) -> None:
    assert type_text(written) == meant
    assert type_text(meant) == meant


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("BIG-INT", "is no column type: write BIGINT, DOUBLE"),
        ("", "is no column type"),
        ("INTEGER); DROP TABLE x", "is no column type"),
        ("STRUCT(a INTEGER)", "is no column type"),
        ("DECIMAL(39,2)", "at most 38 in all"),
        ("DECIMAL(2,3)", "digits behind the point"),
        ("DECIMAL(8", "is no column type: YAML ends it at the comma, put the type in quotes"),
        ("VARCHAR(10)", "only DECIMAL has a size; write VARCHAR"),
        ("NUMBER(8,2)", "only DECIMAL has a size; write BIGINT, DOUBLE"),
    ],
)
def test_what_is_no_type_is_refused(written: str, words: str) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        type_text(written)
    assert words in str(raised.value)
