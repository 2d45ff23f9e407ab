"""How a file's columns are matched with what is declared, and what is told of the difference."""

from data_platform.contracts.raw import Drift, Physical, RawColumn, match

DECLARED = {
    "VendorID": RawColumn(type="BIGINT"),
    "airport_fee": RawColumn(type="DOUBLE", aliases=("Airport_fee", "fee"), optional=True),
    "total": RawColumn(type="DOUBLE"),
}


def test_a_file_as_declared_has_no_drift() -> None:
    found = match(DECLARED, [("VendorID", "BIGINT"), ("airport_fee", "DOUBLE"), ("total", "DOUBLE")])
    assert found.drift == Drift()
    assert found.drift.text == ""
    assert found.columns["total"] == Physical("total", "DOUBLE")


def test_an_optional_column_may_be_absent_another_is_missing() -> None:
    found = match(DECLARED, [("VendorID", "BIGINT")])
    assert found.columns == {"VendorID": Physical("VendorID", "BIGINT"), "airport_fee": None, "total": None}
    assert (found.drift.missing, found.drift.absent) == (("total",), ("airport_fee",))
    assert found.drift.text == "missing columns: total; optional columns absent: airport_fee"


def test_a_name_goes_before_an_alias_and_both_before_another_case() -> None:
    def found(*names: str) -> str | None:
        physical = match(DECLARED, [(name, "DOUBLE") for name in names]).columns["airport_fee"]
        return physical.name if physical else None

    assert found("fee", "Airport_fee", "airport_fee") == "airport_fee"
    assert found("FEE", "fee") == "fee"
    assert found("AIRPORT_FEE") == "AIRPORT_FEE"
    assert found("fees") is None


def test_new_renamed_and_retyped_columns_are_told() -> None:
    drift = match(
        DECLARED, [("vendorid", "INTEGER"), ("fee", "NULL"), ("total", "DOUBLE"), ("cbd_fee", "DOUBLE")]
    ).drift
    assert drift.unknown == ("cbd_fee",)
    assert drift.renamed == (("VendorID", "vendorid"), ("airport_fee", "fee"))
    assert drift.retyped == (("VendorID", "BIGINT", "INTEGER"), ("airport_fee", "DOUBLE", "NULL"))
    assert drift.text == (
        "unknown columns: cbd_fee; renamed: VendorID is called vendorid, airport_fee is called fee; "
        "other type: VendorID is INTEGER, declared BIGINT, airport_fee is NULL, declared DOUBLE"
    )


def test_blanks_around_a_name_count_as_little_as_its_case() -> None:
    found = match(DECLARED, [(" vendorid", "BIGINT"), ("FEE ", "DOUBLE"), ("total", "DOUBLE")])
    assert [physical and physical.name for physical in found.columns.values()] == [" vendorid", "FEE ", "total"]
    assert found.drift.missing == ()
