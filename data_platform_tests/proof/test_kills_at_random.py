"""Two hundred kills at random moments, one after the other in one home; by hand there are thousands, see `kills`."""

from pathlib import Path

import pytest

from data_platform_tests.proof.kill_series import series


@pytest.mark.slow
def test_two_hundred_kills_of_runs_without_dagster(tmp_path: Path) -> None:
    with series(tmp_path, "work", seed=1, rows=100) as of:
        tally = of.run(200)
    assert tally.killed == 200
    assert tally.changed > 20, "kills that hit nothing prove nothing"
