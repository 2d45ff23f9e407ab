"""Models that are Python functions go the way of SQL models: same contract, same account, same commit."""

import pytest

from data_platform.steps.audit import AuditFailed
from data_platform.steps.errors import StepError
from data_platform_tests.planning.town import rain, told
from data_platform_tests.small_dataset import FILES, SmallDataset

_ARROW = """\
import pyarrow.compute as pc


def daily_rain(readings):
    days = readings.append_column("reading_date", pc.cast(readings["read_at"], "date32"))
    found = days.group_by(["place", "reading_date"]).aggregate([("rain_mm", "count"), ("rain_mm", "sum")])
    return found.rename_columns(["place", "reading_date", "readings", "rain_mm"])
"""
_PANDAS = """\
def daily_rain(readings):
    frame = readings.to_pandas()
    frame["reading_date"] = frame["read_at"].dt.date
    groups = frame.groupby(["place", "reading_date"])["rain_mm"]
    return groups.agg(readings="count", rain_mm="sum").reset_index()
"""
_STAGED = """\
def readings(readings, places):
    names = dict(zip(places["place_id"].to_pylist(), places["name"].to_pylist()))
    frame = readings.to_pandas()
    frame["place"] = frame["place_id"].map(names)
    return frame.rename(columns={"value": "rain_mm"}).drop(columns="place_id")
"""


def _curated(small: SmallDataset, text: str) -> None:
    contract = FILES["curated/daily_rain.yaml"]
    small.write(
        {
            "curated/daily_rain.sql": None,
            "curated/daily_rain.py": text,
            "curated/daily_rain.yaml": f"inputs: [staged.readings]\n{contract}",
        }
    )


def _staged(small: SmallDataset, text: str) -> None:
    contract = FILES["staged/readings.yaml"]
    small.write(
        {
            "staged/readings.sql": None,
            "staged/readings.py": text,
            "staged/readings.yaml": f"inputs: [raw.readings, staged.places]\n{contract}",
        }
    )


@pytest.mark.parametrize("text", [_ARROW, _PANDAS], ids=["arrow", "pandas"])
def test_a_function_makes_what_the_select_made(built_town: SmallDataset, text: str) -> None:
    before = built_town.rows("curated.daily_rain")
    _curated(built_town, text)
    assert told(built_town) == [f"curated/daily_rain 2024-0{month}: code changed" for month in (1, 2)]
    built_town.run()
    assert built_town.rows("curated.daily_rain") == before


def test_another_text_of_a_function_is_another_code(built_town: SmallDataset) -> None:
    _curated(built_town, _ARROW)
    built_town.run()
    assert told(built_town) == []
    built_town.write({"curated/daily_rain.py": _ARROW.replace('"sum"', '"max"')})
    assert len(told(built_town)) == 2


def test_what_a_function_makes_is_audited_like_a_select(built_town: SmallDataset) -> None:
    _curated(built_town, _ARROW.replace('("rain_mm", "sum")', '("rain_mm", "min")'))
    before = built_town.rows("curated.daily_rain")
    rain(built_town, "2024-02", 3, *[4] * 28)
    built_town.receive("readings", "2024-02")
    built_town.built("staged.readings", "2024-02")
    with pytest.raises(AuditFailed, match="reconciles: rain"):
        built_town.build("curated.daily_rain", "2024-02")
    assert built_town.rows("curated.daily_rain") == before


def test_a_staged_function_accounts_for_every_row(built_town: SmallDataset) -> None:
    before = built_town.rows("staged.readings"), built_town.quarantine("staged.readings")
    _staged(built_town, _STAGED)
    built_town.run()
    assert (built_town.rows("staged.readings"), built_town.quarantine("staged.readings")) == before


def test_a_staged_function_that_loses_a_row_is_not_committed(built_town: SmallDataset) -> None:
    _staged(built_town, _STAGED.replace("readings.to_pandas()", "readings.slice(1).to_pandas()"))
    with pytest.raises(AuditFailed, match=r"3 rows arrived, 2 found again \(1 lost\)"):
        built_town.build("staged.readings", "2024-01")


def test_a_staged_function_that_forgets_where_rows_came_from_is_told_so(built_town: SmallDataset) -> None:
    _staged(built_town, _STAGED.replace('drop(columns="place_id")', 'drop(columns=["place_id", "_source_row"])'))
    with pytest.raises(StepError, match=r"readings.py: readings\(\) must hand on _source_row with each row"):
        built_town.build("staged.readings", "2024-01")


def test_a_function_that_returns_something_else_is_told_what_to_return(built_town: SmallDataset) -> None:
    _curated(built_town, "def daily_rain(readings):\n    return readings.num_rows\n")
    with pytest.raises(StepError, match=r"daily_rain.py: daily_rain\(\) returned int; return a pyarrow Table"):
        built_town.build("curated.daily_rain", "2024-01")
