"""The law of the landing zone, over as many histories as CI has time for; `landings` runs others by hand."""

import pytest

from data_platform_tests.proof.landings import check_landings


@pytest.mark.slow
def test_whatever_lands_each_version_is_received_once_and_the_tables_are_those_of_the_final_state() -> None:
    happened = check_landings(6, derandomize=True)
    assert min(happened[each] for each in ("arrivals", "deletions", "crashes", "restarts", "runs")) > 0, happened
