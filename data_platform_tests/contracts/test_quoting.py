"""Whatever a name or a value holds, DuckDB reads it as that."""

from hypothesis import given, settings
from hypothesis import strategies as st

from data_platform.contracts.quoting import identifier, literal, string_list
from data_platform.engines.duckdb import scratch

# DuckDB's SQL text ends at a NUL.
TEXT = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=12)


@settings(max_examples=60, deadline=None)
@given(TEXT, TEXT.filter(bool))
def test_values_and_names_come_back_as_they_were(value: str, name: str) -> None:
    result = scratch().execute(f"SELECT {literal(value)} AS {identifier(name)}, {string_list([value, name])}")
    assert next(column[0] for column in result.description or ()) == name
    assert result.fetchone() == (value, [value, name])
