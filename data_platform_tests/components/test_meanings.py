"""What columns mean, from a contract to its readers: escapes, views, other datasets, and what is looked at again."""

import shutil
from pathlib import Path

import pytest

import data_platform.datasets
from data_platform.components.datasets import MISTAKES, read_datasets
from data_platform.lake.names import TableName
from data_platform.settings import Settings
from data_platform_tests.small_dataset import FILES, SmallDataset, reading, small_dataset

_YAML, _DAILY, _DAILY_YAML = "staged/readings.yaml", "curated/daily_rain.sql", "curated/daily_rain.yaml"
_RAIN = '{type: "DECIMAL(8,2)", unit: mm, required: true, min: 0, max: 500}'
REGISTER = FILES[_YAML].replace(_RAIN, '{type: "DECIMAL(8,2)", semantic: counter, unit: mm, per: [place]}')
AMOUNT = FILES[_YAML].replace(_RAIN, '{type: "DECIMAL(8,2)", semantic: quantity, unit: mm}')
YEARLY = {
    "curated/yearly_rain.sql": "SELECT place, {} AS rain FROM curated.daily_rain GROUP BY place\n",
    "curated/yearly_rain.yaml": "description: Rain per place.\ngrain: [place]\npartitions: none\ncolumns:\n"
    "  place: {type: VARCHAR}\n  rain: {type: DOUBLE}\nreconciles: {none: it is only an example}\n",
}


def said(small: SmallDataset, files: dict[str, str]) -> list[str]:
    """The mistakes that are told of a dataset with other files."""
    small.write(files)
    try:
        _ = small.catalog
    except MISTAKES as mistake:
        lines = str(mistake).splitlines()
        return lines[1:] if len(lines) > 1 else lines
    return []


def _without_reconciles(contract: str) -> str:
    return f"{contract.partition('reconciles')[0]}reconciles: {{none: it is only an example}}\n"


def yearly(expression: str) -> dict[str, str]:
    return {**YEARLY, "curated/yearly_rain.sql": YEARLY["curated/yearly_rain.sql"].format(expression)}


@pytest.fixture
def small(tmp_path: Path) -> SmallDataset:
    return small_dataset(tmp_path)


def allowing(*escapes: str) -> dict[str, str]:
    """Contracts in which the sum of a register is allowed, as the escapes say."""
    listed = "".join(f"  - {{{escape}, because: the gauges start anew each day}}\n" for escape in escapes)
    return {_YAML: REGISTER, _DAILY_YAML: f"{FILES[_DAILY_YAML]}arithmetic:\n{listed}"}


def test_an_escape_silences_its_fault_on_its_column_in_the_select_and_in_the_contract(small: SmallDataset) -> None:
    assert len(said(small, {_YAML: REGISTER})) == 2
    assert said(small, allowing("allow: sum_of_counter, on: rain_mm")) == []


def test_an_escape_for_another_fault_or_column_silences_nothing(small: SmallDataset) -> None:
    for escape in ("allow: mean_of_counter, on: rain_mm", "allow: sum_of_counter, on: readings"):
        told = said(small, allowing(escape))
        assert [line.split(" ")[-1] for line in told] == ["[sum_of_counter]", "[sum_of_counter]", "away"]


def test_a_column_that_says_nothing_hands_on_what_its_select_makes(small: SmallDataset) -> None:
    files = {_YAML: AMOUNT, _DAILY: FILES[_DAILY].replace("sum(rain", "avg(rain"), **yearly("sum(rain_mm)")}

    (told,) = said(small, {**files, _DAILY_YAML: _without_reconciles(FILES[_DAILY_YAML])})

    assert "curated/yearly_rain.sql:1: sum(rain_mm): rain_mm is a mean" in told


def test_what_a_contract_says_goes_before_what_its_select_makes(small: SmallDataset) -> None:
    scaled = FILES[_DAILY].replace("sum(rain_mm)", "sum(rain_mm) / 25.4")
    inches = FILES[_DAILY_YAML].replace('"DECIMAL(18,2)", unit: mm', "DOUBLE, semantic: quantity, unit: inches")
    files = {
        _YAML: AMOUNT,
        _DAILY: scaled,
        _DAILY_YAML: _without_reconciles(inches),
        **yearly("sum(d.rain_mm) + sum(r.rain_mm)"),
    }
    files["curated/yearly_rain.sql"] = (
        "SELECT r.place, sum(d.rain_mm + r.rain_mm) AS rain\nFROM curated.daily_rain AS d\n"
        "JOIN staged.readings AS r ON r.place = d.place\nGROUP BY r.place\n"
    )

    (told,) = said(small, files)

    assert "d.rain_mm is an amount of something in inches, r.rain_mm an amount of something in mm" in told


def test_meanings_go_through_views_and_tables_that_pass_on_raw_ones(small: SmallDataset) -> None:
    defs = FILES["defs.yaml"].replace("value: {type: DOUBLE}", "value: {type: DOUBLE, semantic: ratio, unit: share}")
    files = {
        "defs.yaml": defs,
        "staged/wet.sql": "SELECT place, rain_mm AS wetness FROM staged.readings\n",
        "staged/wet.yaml": "description: A view.\nview: true\ncolumns:\n  place: {type: VARCHAR}\n"
        '  wetness: {type: "DECIMAL(8,2)"}\n',
        "curated/wettest.sql": "SELECT place, sum(wetness) AS wetness\nFROM staged.wet GROUP BY place\n",
        "curated/wettest.yaml": "description: Sums.\ngrain: [place]\ncolumns:\n  place: {type: VARCHAR}\n"
        "  wetness: {type: DOUBLE}\nreconciles: {none: it is only an example}\n",
    }

    told = said(small, files)

    assert any(
        "curated/wettest.sql:1: sum(wetness): wetness is a ratio (one amount per another) in share" in line
        for line in told
    )
    assert all("[sum_of_ratio]" in line for line in told)


def declaring(expression: str, column: str) -> dict[str, str]:
    """A table whose one column is made by an expression over readings, and is said to be something."""
    contract = f"description: One.\ngrain: [place]\ncolumns:\n  place: {{type: VARCHAR}}\n  one: {{{column}}}\n"
    return {
        _YAML: AMOUNT,
        "curated/one.sql": f"SELECT place, {expression} AS one FROM staged.readings\n",
        "curated/one.yaml": f"{contract}reconciles: {{none: it is only an example}}\n",
    }


@pytest.mark.parametrize(
    ("expression", "column"),
    [
        ("sum(rain_mm) OVER (PARTITION BY place ORDER BY read_at)", "type: DOUBLE, semantic: counter, per: [place]"),
        ("rain_mm / 25.4", "type: DOUBLE, semantic: quantity, unit: inches"),
        ("rain_mm / 7", "type: DOUBLE, semantic: mean, unit: mm"),
        ("avg(rain_mm) OVER ()", "type: DOUBLE, semantic: mean, unit: millimeters"),
    ],
)
def test_a_contract_may_say_more_than_its_select_tells(small: SmallDataset, expression: str, column: str) -> None:
    assert said(small, declaring(expression, column)) == []


@pytest.mark.parametrize(
    ("expression", "column"),
    [
        ("rain_mm / 25.4", "type: DOUBLE, semantic: id"),
        ("rain_mm", "type: DOUBLE, semantic: counter, per: [place]"),
        ("rain_mm", "type: DOUBLE, semantic: quantity, unit: inches"),
        ("avg(rain_mm) OVER ()", "type: DOUBLE, semantic: quantity, unit: mm"),
    ],
)
def test_a_contract_may_not_say_otherwise(small: SmallDataset, expression: str, column: str) -> None:
    (told,) = said(small, declaring(expression, column))

    assert "curated/one.yaml:5: column 'one' is" in told
    assert told.endswith("[declared_otherwise]")


def test_a_noun_that_one_dataset_counts_is_a_unit_in_all(small: SmallDataset) -> None:
    gauge = FILES[_YAML].replace(_RAIN, '{type: "DECIMAL(8,2)", semantic: quantity, unit: hailstones}')
    assert "'hailstones' is no unit" in said(small, {_YAML: gauge})[0]

    other = small.folder.parent / "hail" / "defs.yaml"
    other.parent.mkdir()
    other.write_text(
        "type: data_platform.components.dataset.Dataset\nattributes:\n  description: Hail.\n  units: [hailstones]\n"
    )
    assert said(small, {}) == []


def test_a_mistake_is_told_again_and_what_was_right_is_looked_at_again_when_an_input_means_something_else(
    small: SmallDataset,
) -> None:
    small.home.mkdir()
    assert said(small, {_YAML: AMOUNT}) == []
    told = said(small, {_YAML: REGISTER})
    assert len(told) == 2
    assert said(small, {}) == told
    assert said(small, {_YAML: AMOUNT}) == []


def test_a_meaning_is_no_reason_to_make_a_table_again(small: SmallDataset) -> None:
    small.put("2024-01", [reading(1)])
    small.run()
    assert said(small, {_YAML: FILES[_YAML].replace("unit: mm", "semantic: quantity, unit: mm")}) == []
    assert small.run() == []


def test_a_meaning_that_checks_more_is_a_reason_to_make_a_table_again(small: SmallDataset) -> None:
    floating = FILES[_YAML].replace(_RAIN, "{type: DOUBLE, unit: mm}")
    small.write({_YAML: floating, _DAILY_YAML: FILES[_DAILY_YAML].replace('"DECIMAL(18,2)"', "DOUBLE")})
    small.put("2024-01", [reading(1)])
    small.run()
    assert small.run() == []

    small.write({_YAML: floating.replace("unit: mm", "semantic: quantity, unit: mm")})
    assert "staged.readings 2024-01" in small.run()


def test_measured_floating_point_that_is_infinite_is_rejected(small: SmallDataset) -> None:
    small.write({_YAML: FILES[_YAML].replace(_RAIN, "{type: DOUBLE, semantic: quantity, unit: mm}")})
    rain = [
        reading(1, value=1.5),
        reading(2, value=float("inf")),
        reading(3, value=float("nan")),
        reading(4, value=-2.0),
    ]
    small.write({_DAILY_YAML: FILES[_DAILY_YAML].replace('"DECIMAL(18,2)"', "DOUBLE")})
    small.put("2024-01", rain)
    small.run()

    assert {row["rain_mm"] for row in small.rows("staged.readings")} == {1.5, -2.0}
    assert {row["reading_id"]: row["_rules"] for row in small.quarantine("staged.readings")} == {
        2: ["rain_mm_finite"],
        3: ["rain_mm_finite"],
    }


def test_who_sums_the_registers_of_the_subway_is_told_to_sum_their_differences(tmp_path: Path) -> None:
    """As a tutorial on this very data does: 63.5 trillion entries where 81.1 million are right."""
    root = tmp_path / "datasets"
    shutil.copytree(Path(data_platform.datasets.__path__[0]) / "mta_turnstile", root / "mta_turnstile")
    model = root / "mta_turnstile/curated/busiest_stations.sql"
    model.write_text(
        "SELECT\n    station,\n    sum(entries) AS total_entries\nFROM staged.turnstile_readings\nGROUP BY station\n"
    )
    model.with_suffix(".yaml").write_text(
        "description: Stations by entries.\ngrain: [station]\ncolumns:\n  station: {type: VARCHAR}\n"
        "  total_entries: {type: BIGINT}\nreconciles: {none: it is only an example}\n"
    )

    with pytest.raises(MISTAKES) as told:
        read_datasets(root, Settings(home=tmp_path))

    assert str(told.value) == (
        f"{model}:3: sum(entries): entries is a counter (a register that only ever grows, per control_area, unit, "
        "scp). Sum its differences: entries - lag(entries) OVER (PARTITION BY control_area, unit, scp ORDER BY …) "
        "[sum_of_counter]"
    )


def test_a_contract_of_a_view_may_say_what_its_columns_mean(small: SmallDataset) -> None:
    view = "description: A view.\nview: true\ncolumns:\n  wetness: {type: DOUBLE, semantic: quantity, unit: mm}\n"
    assert (
        said(small, {"staged/wet.sql": "SELECT rain_mm AS wetness FROM staged.readings\n", "staged/wet.yaml": view})
        == []
    )
    assert TableName("staged", "wet") in small.catalog.tables
