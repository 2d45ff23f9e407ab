"""What counts as another version of code, and which partitions of an input a partition reads."""

import pytest

from data_platform.lake.names import TableName
from data_platform.planning.versions import code_version, combined, fingerprint, input_partitions
from data_platform_tests.planning.tables import model, raw
from data_platform_tests.small_dataset import FILES, SmallDataset, small_dataset

_PLACES = {
    "defs.yaml": FILES["defs.yaml"].replace(
        "name: {type: VARCHAR}", "description: {type: VARCHAR}\n        owners: {type: VARCHAR}"
    ),
    "staged/places.yaml": """\
description: One row per place with a gauge.
columns:
  place_id: {type: INTEGER}
  description: {type: VARCHAR}
  owners: {type: VARCHAR}
""",
    "staged/readings.sql": None,
    "staged/readings.yaml": None,
    "curated/daily_rain.sql": None,
    "curated/daily_rain.yaml": None,
}


def _code(small: SmallDataset, table: str) -> str:
    catalog = small.catalog
    return code_version(catalog, catalog.model(TableName.parse(table)))


@pytest.fixture
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallDataset:
    return small_dataset(tmp_path_factory.mktemp("versions"))


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("staged/readings.sql", "r.value", "r.value + 0"),
        ("staged/readings.yaml", "DECIMAL(8,2)", "DECIMAL(9,2)"),
        ("staged/readings.yaml", "within_partition: true", "within_partition: false"),
        ("staged/readings.yaml", "max: 500", "max: 501"),
        ("staged/readings.yaml", "grain: [reading_id]", "grain: [reading_id, read_at]"),
        ("staged/readings.yaml", "rain_mm > 100", "rain_mm > 101"),
        ("staged/readings.yaml", "name: heavy", "name: wet"),
        ("staged/readings.yaml", "flag:", "reject:"),
        ("staged/readings.yaml", "max_rejected_share: 1", "max_rejected_share: 0.5"),
        ("staged/readings.yaml", "audit:", "deduplicate: {first_by: [_source_row]}\naudit:"),
        ("defs.yaml", "aliases: [comment]", "aliases: [remark]"),
        ("defs.yaml", "value: {type: DOUBLE}", "value: {type: FLOAT}"),
    ],
)
def test_what_may_change_a_row_or_its_audit_is_another_code(small: SmallDataset, file: str, old: str, new: str) -> None:
    before = _code(small, "staged.readings"), _code(small, "staged.places")
    text = (small.folder / file).read_text()
    assert old in text
    small.write({file: text.replace(old, new)})
    assert _code(small, "staged.readings") != before[0]
    assert _code(small, "staged.places") == before[1]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("staged/readings.sql", "SELECT", "-- why\nSELECT  "),
        ("staged/readings.yaml", "unit: mm", "unit: millimetres"),
        ("staged/readings.yaml", "place: {type: VARCHAR}", "place: {type: VARCHAR, description: Where}"),
        ("staged/readings.yaml", "note: {type: VARCHAR}", "note: {type: TEXT, pii: name, mask: hash}"),
        ("staged/readings.yaml", "description: One", "owners: ['team:rain']\ndescription: A"),
        ("defs.yaml", "value: {type: DOUBLE}", "value: {type: DOUBLE, description: In millimetres}"),
        ("defs.yaml", "description: Readings of all gauges", "description: Readings"),
        ("defs.yaml", "team:weather", "team:water"),
    ],
)
def test_what_is_only_told_to_people_is_the_same_code(small: SmallDataset, file: str, old: str, new: str) -> None:
    before = _code(small, "staged.readings")
    text = (small.folder / file).read_text()
    assert old in text
    small.write({file: text.replace(old, new)})
    assert _code(small, "staged.readings") == before


@pytest.mark.parametrize("column", ["description", "owners"])
def test_a_column_may_be_called_like_a_word_of_the_contract(
    tmp_path_factory: pytest.TempPathFactory, column: str
) -> None:
    small = small_dataset(tmp_path_factory.mktemp("names"), _PLACES)
    before = _code(small, "staged.places")
    contract = _PLACES["staged/places.yaml"] or ""
    small.write({"staged/places.yaml": contract.replace(f"{column}: {{", f"{column}: {{required: true, ")})
    required = _code(small, "staged.places")
    small.write(
        {"defs.yaml": (_PLACES["defs.yaml"] or "").replace(f"{column}: {{type", f"{column}: {{optional: true, type")}
    )
    assert len({before, required, _code(small, "staged.places")}) == 3


def test_a_fingerprint_tells_code_and_inputs_apart_and_fits_a_delta_transaction() -> None:
    first = fingerprint("code", {"raw/a": "1"})
    assert len(first) == 15
    assert int(first, 16) < 2**63
    assert first == fingerprint("code", {"raw/a": "1"})
    others = [fingerprint("edoc", {"raw/a": "1"}), fingerprint("code", {"raw/a": "2"}), fingerprint("code", {})]
    assert len({first, *others}) == 4
    assert combined({"2024-01": "1", "2024-02": "2"}) != combined({"2024-01": "2", "2024-02": "1"})


def test_a_partition_reads_its_own_partition_the_only_one_or_all() -> None:
    months, place = raw("rain", "monthly"), raw("places")
    monthly, over_all = model("staged.rain", "raw.rain", kind="monthly"), model("curated.sums", "staged.rain")
    present = {"2024-02": "b", "2024-01": "a"}
    assert input_partitions(monthly, "2024-02", months, present) == ["2024-02"]
    assert input_partitions(monthly, "2024-02", place, {"all": "c"}) == ["all"]
    assert input_partitions(over_all, "all", months, present) == ["2024-01", "2024-02"]
    assert input_partitions(monthly, "2023-12", months, present) == []


def test_neighbours_are_read_where_they_are_there() -> None:
    months = raw("rain", "monthly")
    steps = model("curated.steps", "staged.rain", kind="monthly", offsets={"staged.rain": (-1, 0, 1)})
    rain = model("staged.rain", "raw.rain", kind="monthly")
    present = {"2024-01": "a", "2024-02": "b", "2024-04": "d"}
    assert input_partitions(steps, "2024-02", rain, present) == ["2024-01", "2024-02"]
    assert input_partitions(steps, "2024-03", rain, present) == ["2024-02", "2024-03", "2024-04"]
    assert input_partitions(steps, "2024-01", rain, present) == ["2024-01", "2024-02"]
    assert input_partitions(steps, "2024-02", months, present) == ["2024-02"]
