"""Meanings on their way through SELECTs: what each makes, and what no SELECT may do. The tables are in `world`."""

from pathlib import Path

import pytest
import yaml

from data_platform.lake.names import TableName
from data_platform.meaning.declared import Declared
from data_platform.meaning.flow import meanings_of
from data_platform.sql.syntax import SqlError
from data_platform_tests.meaning import world
from data_platform_tests.meaning.right_selects import RIGHT
from data_platform_tests.meaning.world import meant, told
from data_platform_tests.meaning.wrong_selects import WRONG

TRANSFORMS = Path(__file__).parents[1] / "lineage" / "transforms"


@pytest.mark.parametrize(("wanted", "sql"), RIGHT)
def test_a_right_select_is_understood_and_alarms_nobody(wanted: str, sql: str) -> None:
    found = meant(sql)
    meaning = found.columns["x"] if "x" in found.columns else [*found.columns.values()][-1]

    assert [fault.text for fault in found.faults] == []
    assert " ".join(str(each) for each in (meaning.kind or "unknown", meaning.unit) if each is not None) == wanted


@pytest.mark.parametrize(("fault", "sql"), WRONG)
def test_a_wrong_select_has_its_one_fault(fault: str, sql: str) -> None:
    assert told(sql) == [fault]


def test_a_fault_is_told_at_its_line_with_reason_and_repair() -> None:
    sql = "SELECT\n    station,\n    count(*) AS n,\n    sum(\n    entries\n    )\nFROM staged.readings GROUP BY 1"

    (fault,) = meant(sql).faults

    assert fault.line == 4
    assert fault.text == (
        "sum(entries): entries is a counter (a register that only ever grows, per area, unit). Sum its differences: "
        "entries - lag(entries) OVER (PARTITION BY area, unit ORDER BY …) [sum_of_counter]"
    )


def test_a_function_whose_place_the_parser_does_not_keep_is_told_where_it_begins() -> None:
    (fault,) = meant(
        "SELECT\n    quantile_cont(\n        entries,\n        0.5\n    ) AS half\nFROM staged.readings"
    ).faults

    assert (fault.name, fault.line) == ("mean_of_counter", 2)


def test_miles_beside_kilometres_are_told_with_the_factor() -> None:
    (fault,) = meant("SELECT miles + km AS distance FROM staged.trips").faults

    assert "miles is an amount of something in miles, km an amount of something in km" in fault.text
    assert "Convert one: km * 0.621371192" in fault.text


def test_who_has_the_grain_of_a_lookup_has_the_device_that_it_names() -> None:
    tables = {
        **world.tables(),
        TableName("staged", "devices"): {
            name: Declared("VARCHAR", "id").meaning() for name in ("device_id", "area", "unit", "site_id")
        },
    }
    sql = (
        "SELECT max(r.entries) - min(r.entries) AS n FROM staged.readings AS r "
        "JOIN staged.devices AS d ON d.area = r.area AND d.unit = r.unit GROUP BY d.{}"
    )
    grains = {TableName("staged", "devices"): ("device_id",)}

    def faults(key: str) -> list[str]:
        return [fault.name for fault in meanings_of(sql.format(key), tables, grains).faults]

    assert faults("device_id") == []
    assert faults("site_id") == ["counter_outside_key"]


def test_a_column_that_is_not_there_is_an_error_of_the_select() -> None:
    with pytest.raises(SqlError, match="fares"):
        meant("SELECT sum(fares) AS fare FROM staged.trips")


@pytest.mark.parametrize("path", sorted(TRANSFORMS.glob("*.yaml")), ids=lambda path: path.stem)
def test_whatever_columns_mean_a_select_of_any_shape_is_followed_to_its_end(path: Path) -> None:
    """The transforms of the labelled lineage: what they make is not looked at here."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    kinds = [("money", "usd"), ("quantity", "miles"), ("counter", None), ("ratio", "share"), ("id", None), (None, None)]
    for case in content["cases"]:
        for first in range(len(kinds)) if "sql" in case else ():
            tables = {
                TableName.parse(name): {
                    column.lower(): Declared("DOUBLE", *kinds[(first + i) % len(kinds)]).meaning()
                    for i, column in enumerate(table["columns"])
                }
                for name, table in content["tables"].items()
            }
            assert meanings_of(case["sql"], tables).columns
