"""DuckDB's own word on a contract's SQL before there is data."""

import pytest

from data_platform.engines.trial import Trial, constants

TRIAL = Trial((("n", "INTEGER"), ("s", "VARCHAR"), ("d", "DECIMAL(8,2)"), ('o"dd', "DATE")))


@pytest.mark.parametrize("text", ["n < 0", "s = 'x' OR d IS NULL", '"o""dd" > DATE \'2024-01-01\'', "d / 0 > 1"])
def test_a_condition_on_one_row_has_no_fault(text: str) -> None:
    assert TRIAL.conditions([text]) == [None]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("s", "this is VARCHAR, neither true nor false"),
        ("sum(n) > 1", "an aggregate looks at many rows"),
        ("row_number() OVER (ORDER BY n) > 1", "a window looks at many rows"),
        ("nearly(n)", "no function is called 'nearly'"),
        ("s > 1", "Cannot compare values of type VARCHAR"),
        ("n < 0 DESC", 'syntax error at or near "DESC"'),
        ("n < 0 -- no", "syntax error"),
        ("n < 0;", 'syntax error at or near ";"'),
        ("missing > 1", '"missing" not found'),
    ],
)
def test_what_is_no_condition_on_one_row_is_told_in_one_line(text: str, fault: str) -> None:
    good, bad = TRIAL.conditions(["n < 0", text])
    assert good is None
    assert bad is not None
    assert fault in bad
    assert "\n" not in bad


def test_an_order_of_rows_may_go_down_and_is_no_aggregate() -> None:
    assert TRIAL.order("d DESC NULLS LAST") is None
    assert "some of many" in (TRIAL.order("count(*)") or "")


@pytest.mark.parametrize(
    ("text", "by", "fault"),
    [
        ("count(*)", (), None),
        ("sum(d)", ("s", 'year("o""dd") AS year'), None),
        ("d", (), "some of this is of one row"),
        ("max(s)", (), "this is no number"),
        ("sum(s)", (), "No function matches"),
    ],
)
def test_a_total_is_a_number_made_of_many_rows(text: str, by: tuple[str, ...], fault: str | None) -> None:
    found = TRIAL.total(text, by)
    assert found is None if fault is None else fault in (found or "")


def test_constants_are_read_as_their_type() -> None:
    assert constants([]) == []
    assert constants(["CAST('1' AS DOUBLE)"]) == [None]
    good, bad = constants(["CAST('1' AS DOUBLE)", "CAST('2024-02-30' AS DATE)"])
    assert good is None
    assert "2024-02-30" in (bad or "")


def test_a_type_that_duckdb_lacks_is_told() -> None:
    assert TRIAL.types() is None
    assert "no type is called 'FLOATY' (did you mean 'FLOAT'?)" in (Trial((("x", "FLOATY"),)).types() or "")
