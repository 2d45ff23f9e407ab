"""`reconsider` on the command line: what is printed, exit codes, and what it leaves to `make run`."""

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from data_platform.cli import quarantine
from data_platform.resources.platform import resources_of
from data_platform_tests.cli.driven import instance_in
from data_platform_tests.small_dataset import FILES, SmallDataset, reading, small_dataset

CONTRACT = "staged/readings.yaml"


@pytest.fixture
def town(tmp_path: Path) -> SmallDataset:
    small = small_dataset(tmp_path)
    small.put("2024-01", [reading(1), reading(2, value=None), reading(3, value=40.0)])
    small.run()
    return small


def _say(small: SmallDataset, *partitions: str) -> tuple[int, str]:
    printed = io.StringIO()
    code = quarantine.say(small.platform, "staged.readings", partitions, Console(file=printed, width=400))
    return code, printed.getvalue()


def _do(small: SmallDataset, partitions: Sequence[str] = ()) -> tuple[int, str]:
    printed = io.StringIO()
    with instance_in(small) as instance:
        platform = small.platform
        console = Console(file=printed, width=400)
        code = quarantine.do(
            instance, resources_of(small.settings, platform), platform, "staged.readings", partitions, console
        )
    return code, printed.getvalue()


def test_asking_prints_counts_rules_and_rows_and_changes_nothing(town: SmallDataset) -> None:
    rule = 'rules:\n  - {name: odd, reject: "rain_mm = 40"}'
    town.write({CONTRACT: FILES[CONTRACT].replace("required: true, min: 0", "min: 0").replace("rules:", rule)})
    before = town.quarantine("staged.readings")

    code, printed = _say(town)

    assert code == 0
    assert ["2024-01", "1", "1", "2", "1"] in [line.split() for line in printed.splitlines()]
    uri = f"{town.source.as_uri()}/readings-2024-01.parquet"
    assert f"row 1 of {uri}: rain_mm_required" in printed
    assert f"row 2 of {uri}: odd" in printed
    assert "Nothing was changed. `--apply` makes 2024-01 again from raw." in printed
    assert town.quarantine("staged.readings") == before


def test_what_would_be_refused_is_told_and_is_an_exit_code(town: SmallDataset) -> None:
    town.write({CONTRACT: FILES[CONTRACT].replace("max_rejected_share: 1", "max_rejected_share: 0.1")})
    code, printed = _say(town)
    assert code == 1
    assert "2024-01 would be refused: contract_bounds: 1 of 3 rows rejected" in printed


def test_an_unchanged_contract_says_that_nothing_would_change(town: SmallDataset) -> None:
    assert _say(town) == (0, "Inputs and code are those of the commits: nothing would change.\n")
    assert _do(town) == (0, "Inputs and code are those of the commits: nothing was made.\n")


def test_applying_prints_what_was_made_and_what_follows(town: SmallDataset) -> None:
    town.write({CONTRACT: FILES[CONTRACT].replace("required: true, min: 0", "min: 0")})

    code, printed = _do(town, ["2024-01"])

    assert code == 0
    assert "Made and committed: 2024-01. What reads it (curated.daily_rain) follows with `make run`." in printed
    assert town.quarantine("staged.readings") == []
    assert town.run() == ["curated.daily_rain 2024-01"]


def test_a_partition_that_cannot_be_made_is_told_and_is_an_exit_code(town: SmallDataset) -> None:
    town.write({CONTRACT: FILES[CONTRACT].replace("max_rejected_share: 1", "max_rejected_share: 0.1")})
    code, printed = _do(town)
    assert code == 1
    assert "staged/readings 2024-01: not committed, the version before stays. contract_bounds" in printed
