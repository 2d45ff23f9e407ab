"""The laws, over as many cases as CI has time for, the same ones each time; `laws` runs others by hand."""

import pytest

from data_platform_tests.proof.laws import check_accounts, check_histories, some


@pytest.mark.slow
def test_whatever_the_contract_and_the_rows_each_row_is_where_plain_python_says() -> None:
    tally = check_accounts(some(150, derandomize=True))
    counted = {each: tally[each] for each in ("clean rows", "rejected rows", "dropped rows", "duplicates", "flags")}
    assert min(counted.values()) > 20, counted


@pytest.mark.slow
def test_whatever_happened_the_tables_are_those_of_a_build_from_scratch() -> None:
    happened = check_histories(some(8, derandomize=True))
    assert min(happened["runs"], happened["crashes"], happened["corrections"], happened["code changes"]) > 0
