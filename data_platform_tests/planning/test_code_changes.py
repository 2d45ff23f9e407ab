"""Changed models and contracts: what depends on them is made again, and nothing else."""

from data_platform.lake.names import TableName
from data_platform_tests.planning.town import told
from data_platform_tests.small_dataset import SmallDataset

_MODEL_SQL = "curated/daily_rain.sql"


def test_another_select_is_a_reason_for_its_table_and_what_reads_it(built_town: SmallDataset) -> None:
    text = (built_town.folder / _MODEL_SQL).read_text()
    built_town.write({_MODEL_SQL: text.replace("sum(rain_mm)", "2 * sum(rain_mm) / 2")})
    assert told(built_town) == [
        "curated/daily_rain 2024-01: code changed",
        "curated/daily_rain 2024-02: code changed",
    ]
    done = built_town.run()
    assert done == ["curated.daily_rain 2024-01", "curated.daily_rain 2024-02", "curated.record_days all"]


def test_another_promise_of_a_contract_is_another_code(built_town: SmallDataset) -> None:
    contract = (built_town.folder / "staged/readings.yaml").read_text()
    built_town.write({"staged/readings.yaml": contract.replace("max: 500", "max: 2")})
    assert told(built_town) == ["staged/readings 2024-01: code changed", "staged/readings 2024-02: code changed"]
    done = built_town.run()
    assert not any("snow" in line or "raw" in line for line in done)
    assert len(built_town.quarantine("staged.readings", "2024-02")) == 1


def test_another_declared_raw_column_is_another_code_of_what_reads_it(built_town: SmallDataset) -> None:
    defs = (built_town.folder / "defs.yaml").read_text()
    built_town.write({"defs.yaml": defs.replace("depth_mm: {type: DOUBLE}", "depth_mm: {type: FLOAT}")})
    assert told(built_town) == ["staged/snow 2024-02: code changed"]


def test_a_comment_or_a_description_is_no_reason_for_anything(built_town: SmallDataset) -> None:
    text = (built_town.folder / _MODEL_SQL).read_text()
    contract = (built_town.folder / "staged/readings.yaml").read_text()
    view = (built_town.folder / "staged/weather.sql").read_text()
    built_town.write(
        {
            _MODEL_SQL: f"-- Days as the gauges see them.\n{text.replace(', ', ' , ')}",
            "staged/weather.sql": f"/* one shape */ {view}",
            "staged/readings.yaml": contract.replace("unit: mm", "unit: millimetres, description: Rain").replace(
                "description: One row", "owners: ['team:rain']\ndescription: A row"
            ),
        }
    )
    assert built_town.catalog.model(TableName("staged", "readings")).contract.columns["rain_mm"].description == "Rain"
    assert told(built_town) == []


def test_another_view_reaches_all_that_read_it_and_nothing_else(built_town: SmallDataset) -> None:
    view = (built_town.folder / "staged/weather.sql").read_text()
    built_town.write({"staged/weather.sql": view.replace("depth_mm AS mm", "depth_mm / 10 AS mm")})
    assert built_town.run() == ["curated.monthly_weather 2024-01", "curated.monthly_weather 2024-02"]
    assert {str(row["mm"]) for row in built_town.rows("curated.monthly_weather", "2024-02")} == {"3.00", "1.00"}
