"""The labelled corpus itself: all of it is SQL that DuckDB runs, and labels that say one thing."""

from collections import Counter

import duckdb
import pytest

from data_platform_tests.meaning.corpus_cases import HELD_OUT, Case, cases

FAULTS = frozenset(
    (
        "sum_of_counter",
        "mean_of_counter",
        "counter_outside_key",
        "sum_of_id",
        "mean_of_id",
        "arithmetic_on_id",
        "sum_of_ratio",
        "mean_of_ratio",
        "sum_of_mean",
        "mean_of_mean",
        "mixed_units",
        "mixed_currencies",
        "mixed_kinds",
        "declared_otherwise",
    )
)
KINDS = frozenset(("counter", "money", "quantity", "ratio", "mean", "id"))
CASES = (*cases(), *cases(HELD_OUT))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_runs_and_its_label_is_about_its_own_lines_and_columns(case: Case) -> None:
    with duckdb.connect() as connection:
        for table, columns in case.tables.items():
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {table.partition('.')[0]}")
            listed = ", ".join(f'"{name}" {column["type"]}' for name, column in columns.items())
            connection.execute(f"CREATE TABLE {table} ({listed})")
        made = {column[0] for column in connection.execute(case.sql).description or ()}
    assert set(case.faults) <= FAULTS
    assert set(case.output) <= made
    assert {column["semantic"] for column in case.output.values()} <= KINDS
    assert (case.line is not None) == bool(case.faults)
    assert case.line is None or case.sql.splitlines()[case.line - 1].strip()


def test_the_corpus_has_enough_of_both_labels_and_every_name_once() -> None:
    assert sum(bool(case.faults) for case in CASES) >= 80
    assert sum(not case.faults for case in CASES) >= 80
    assert [name for name, times in Counter(case.name for case in CASES).items() if times > 1] == []
