"""Rules of curated tables that warn: told by a check of their own, which blocks nothing."""

from pathlib import Path

import dagster as dg
import pytest

from data_platform.contracts.errors import ContractError
from data_platform_tests.components.small_dagster import MONTH, SmallDagster, key
from data_platform_tests.small_dataset import FILES, reading, small_dataset

CONTRACT = FILES["curated/daily_rain.yaml"]
FLOOD = CONTRACT + "rules:\n  - {name: flood, warn: rain_mm > 50}\n"


def _told(result: dg.ExecuteInProcessResult) -> dg.AssetCheckEvaluation:
    (found,) = (e for e in result.get_asset_check_evaluations() if e.check_name == "nothing_to_warn_of")
    return found


def test_what_a_contract_warns_of_is_committed_and_told(tmp_path: Path) -> None:
    small = small_dataset(tmp_path, {"curated/daily_rain.yaml": FLOOD})
    small.put(MONTH, [reading(1, value=60.0), reading(2, place_id=2, value=70.0)])
    with dg.DagsterInstance.ephemeral() as instance:
        dagster = SmallDagster(small, instance)
        result = dagster.run_month()
        assert result.success
        told = _told(result)
        assert (told.passed, told.severity) == (False, dg.AssetCheckSeverity.WARN)
        assert "flood: 2 rows where rain_mm > 50" in (told.description or "")
        assert len(small.rows("curated.daily_rain")) == 2
        again = _told(dagster.run("curated/daily_rain"))
        assert not again.passed, "what was warned of stands, and so does the warning"


def test_where_there_is_nothing_to_warn_of_the_check_passes(tmp_path: Path) -> None:
    small = small_dataset(tmp_path, {"curated/daily_rain.yaml": FLOOD})
    small.put(MONTH, [reading(1, value=1.0)])
    with dg.DagsterInstance.ephemeral() as instance:
        assert _told(SmallDagster(small, instance).run_month()).passed


def test_a_table_that_warns_of_nothing_has_no_such_check(tmp_path: Path) -> None:
    small = small_dataset(tmp_path)
    small.put(MONTH, [reading(1)])
    with dg.DagsterInstance.ephemeral() as instance:
        checks = SmallDagster(small, instance).run_month().get_asset_check_evaluations()
    assert "nothing_to_warn_of" not in {e.check_name for e in checks if e.asset_key == key("curated/daily_rain")}


def test_a_staged_table_flags_and_does_not_warn(tmp_path: Path) -> None:
    small = small_dataset(tmp_path)
    small.write({"staged/readings.yaml": FILES["staged/readings.yaml"].replace("flag:", "warn:")})
    with pytest.raises(ContractError, match=r"rule 'heavy': warnings are of curated tables; in a staged one write"):
        _ = small.catalog
