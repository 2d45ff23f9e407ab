"""What a Python model declares of its lineage: checked when it is loaded, verified by permuting its inputs."""

from datetime import datetime

import pytest

from data_platform.contracts.errors import ContractError, Mistakes
from data_platform.lake.names import TableName
from data_platform.lineage.graph import as_json, column_graph
from data_platform.lineage.seen import all_seen, seen_of
from data_platform.steps.errors import StepError
from data_platform.steps.lineage import permute, verified
from data_platform_tests.small_dataset import FILES, NOW, SmallDataset, reading

DAILY, STAGED = TableName("curated", "daily_rain"), TableName("staged", "readings")
MODEL = """\
def daily_rain(readings):
    frame = readings.to_pandas()
    frame["reading_date"] = frame["read_at"].dt.date
    groups = frame.groupby(["place", "reading_date"])["rain_mm"]
    return groups.agg(readings="count", rain_mm="sum").reset_index()
"""
DECLARED = """\
lineage:
  place: {direct: [staged.readings.place], indirect: [staged.readings.read_at]}
  reading_date: {direct: [staged.readings.read_at], indirect: [staged.readings.place]}
  readings: {indirect: [staged.readings.place, staged.readings.read_at]}
  rain_mm: {direct: [staged.readings.rain_mm], indirect: [staged.readings.place, staged.readings.read_at]}
"""


def python(small: SmallDataset, declared: str = DECLARED) -> None:
    contract = FILES["curated/daily_rain.yaml"]
    small.write(
        {
            "curated/daily_rain.sql": None,
            "curated/daily_rain.py": MODEL,
            "curated/daily_rain.yaml": f"inputs: [staged.readings]\n{contract}{declared}",
        }
    )


def built(small: SmallDataset) -> None:
    places = [1, 2, 1, 2, 1, 1]
    rows = [
        reading(n, place_id=place, read_at=datetime(2024, 1, 1 + n // 2, 3 * n), value=float(n * n + 1))
        for n, place in enumerate(places)
    ]
    small.put("2024-01", rows)
    small.run()


def disputed(small: SmallDataset) -> list[tuple[str, str, str]]:
    catalog = small.catalog
    seen = permute(small.platform, catalog.model(DAILY), now=NOW)
    told = as_json(column_graph(catalog, {DAILY: seen}), catalog, DAILY)["disagreements"]
    return [(each["said"], each["source_column"], each["column"]) for each in told]


def test_what_is_declared_becomes_edges_at_its_line(small: SmallDataset) -> None:
    python(small)
    edges = column_graph(small.catalog).into(DAILY)

    assert ("rain_mm", "value", "rain_mm", ("declared",)) in [
        (e.source_column, e.how, e.column, e.found) for e in edges
    ]
    lines = (small.folder / "curated/daily_rain.yaml").read_text().splitlines()
    assert all(f"{edge.column}: " in lines[edge.line - 1] for edge in edges)
    assert {edge.file for edge in edges} == {"rain/curated/daily_rain.yaml"}


def test_declared_lineage_that_is_right_is_confirmed(small: SmallDataset) -> None:
    python(small)
    built(small)
    assert disputed(small) == []
    edges = column_graph(small.catalog, all_seen(small.catalog, small.platform.lake.notes)).into(DAILY)
    assert {edge.found for edge in edges} == {("declared", "permuted")}


def test_what_is_declared_and_never_seen_is_told_and_what_is_seen_and_not_declared(small: SmallDataset) -> None:
    wrong = DECLARED.replace("{direct: [staged.readings.rain_mm],", "{direct: [staged.readings.reading_id],")
    python(small, wrong)
    built(small)
    assert disputed(small) == [("declared", "reading_id", "rain_mm"), ("permuted", "rain_mm", "rain_mm")]


def test_what_was_seen_is_kept_until_the_code_is_another(small: SmallDataset) -> None:
    python(small)
    built(small)
    table = small.catalog.model(DAILY)
    found = verified(small.platform, table, now=NOW)
    assert seen_of(small.catalog, table, small.platform.lake.notes) is not None
    assert verified(small.platform, table, now=NOW) == found

    small.write({"curated/daily_rain.py": MODEL.replace('"sum"', '"max"')})
    assert all_seen(small.catalog, small.platform.lake.notes) == {}


def test_no_value_is_kept(small: SmallDataset) -> None:
    python(small)
    built(small)
    permute(small.platform, small.catalog.model(DAILY), now=NOW)
    (kept,) = (small.home / "lineage").iterdir()
    assert "Harbour" not in kept.read_text()


def test_what_a_model_raises_over_personal_data_is_told_by_its_kind_alone(small: SmallDataset) -> None:
    python(small)
    contract = FILES["staged/readings.yaml"]
    masked = contract.replace("note: {type: VARCHAR}", "note: {type: VARCHAR, pii: name}")
    small.write({"staged/readings.yaml": masked})
    built(small)
    asking = "    raise ValueError(f\"who is at {readings['place'][0]}?\")\n"
    small.write({"curated/daily_rain.py": f"def daily_rain(readings):\n{asking}"})
    with pytest.raises(StepError, match=r"cannot be run over the sample: ValueError$"):
        permute(small.platform, small.catalog.model(DAILY), now=NOW)


def test_a_select_is_permuted_too(small: SmallDataset) -> None:
    built(small)
    found = permute(small.platform, small.catalog.model(DAILY), now=NOW)
    told = {(each.source_column, each.column, each.kind) for each in found.reactions}
    assert ("rain_mm", "rain_mm", "direct") in told
    assert ("read_at", "readings", "indirect") in told
    assert not any(source in ("note", "reading_id") for source, _, _ in told)


def test_a_sample_is_the_same_rows_each_time(small: SmallDataset) -> None:
    built(small)
    table = small.catalog.model(DAILY)
    few = [permute(small.platform, table, now=NOW, rows=4) for _ in range(2)]
    assert few[0] == few[1]
    assert 2 <= few[0].rows["staged.readings"] <= 4


def test_a_table_that_was_never_built_has_no_sample(small: SmallDataset) -> None:
    with pytest.raises(StepError, match=r"curated/daily_rain: nothing of it is committed yet; run it first"):
        permute(small.platform, small.catalog.model(DAILY), now=NOW)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("staged.readings.rain", r":16: lineage: staged.readings has no column 'rain' \(did you mean 'rain_mm'\?\)"),
        ("staged.reading.rain_mm", r":16: lineage: staged.reading is no input of this model \(did you mean"),
        ("rain_mm", r":16: lineage: 'rain_mm' is no column: write layer.table.column"),
    ],
)
def test_a_source_that_is_not_there_is_told_with_its_line(small: SmallDataset, wrong: str, told: str) -> None:
    python(small, DECLARED.replace("direct: [staged.readings.rain_mm]", f"direct: [{wrong}]"))
    with pytest.raises(ContractError, match=r"curated/daily_rain\.yaml" + told):
        _ = small.catalog


def test_all_that_is_wrong_is_told_at_once(small: SmallDataset) -> None:
    python(small, DECLARED.replace("staged.readings.place", "staged.readings.plce").replace("  rain_mm:", "  rain:"))
    with pytest.raises(Mistakes, match=r"lineage names 'rain', no column of this table \(did you mean 'rain_mm'\?\)"):
        _ = small.catalog


def test_a_select_declares_no_lineage(small: SmallDataset) -> None:
    small.write({"curated/daily_rain.yaml": FILES["curated/daily_rain.yaml"] + DECLARED})
    with pytest.raises(ContractError, match=r"lineage is declared for Python models only"):
        _ = small.catalog
