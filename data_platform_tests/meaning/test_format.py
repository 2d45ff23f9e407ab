"""Values as people read them, by what they mean."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from data_platform.meaning.format import Format, format_of, formatted

MONEY = "DECIMAL(14,2)"
CASES: list[tuple[str | None, str | None, str, Any, str]] = [
    ("money", "usd", MONEY, Decimal("1234.50"), "$1,234.50"),
    ("money", "usd", MONEY, Decimal("-1234.5"), "-$1,234.50"),
    ("money", "usd", "BIGINT", 1234, "$1,234.00"),
    ("money", "chf", MONEY, Decimal("1234.50"), "1,234.50 CHF"),
    ("money", "jpy", MONEY, Decimal("1234.50"), "¥1,235"),
    ("money", "kwd", "DECIMAL(14,3)", Decimal("1.5"), "1.500 KWD"),
    (None, "usd", MONEY, Decimal("0.05"), "$0.05"),
    ("mean", "usd", "DOUBLE", 12.345, "$12.35"),
    ("quantity", "miles", MONEY, Decimal("12345.6"), "12,345.60 miles"),
    ("quantity", "miles", "DOUBLE", 12345.6, "12,345.6 miles"),
    ("quantity", "seconds", "BIGINT", 3600, "3,600 seconds"),
    ("quantity", "cup", "DOUBLE", 2.0, "2 cup"),
    ("quantity", "passenger_miles", "BIGINT", 2000, "2,000 passenger miles"),
    ("mean", "seconds", "DOUBLE", 754.25, "754.3 seconds"),
    ("mean", "trips", "BIGINT", 12, "12.0 trips"),
    ("ratio", "share", "DOUBLE", 0.1234, "12.3%"),
    ("mean", "share", "DOUBLE", -0.5, "-50.0%"),
    ("ratio", "usd/mile", "DOUBLE", 3.14159, "$3.14/mile"),
    ("ratio", "chf/mile", "DOUBLE", 3.14159, "3.14 CHF/mile"),
    ("ratio", "miles/hour", "DOUBLE", 1234.56789, "1,234.568 miles/hour"),
    ("ratio", None, "DOUBLE", 0.5, "0.5"),
    ("counter", None, "BIGINT", 1234567, "1,234,567"),
    ("counter", "persons", "BIGINT", 1234567, "1,234,567 persons"),
    ("id", None, "BIGINT", 1234567, "1234567"),
    ("id", None, "VARCHAR", "0012", "0012"),
    (None, None, "INTEGER", 2014, "2014"),
    (None, None, "DOUBLE", 1234.5, "1,234.5"),
    (None, None, "DATE", date(2014, 11, 2), "2014-11-02"),
    (None, None, "BOOLEAN", True, "true"),
    ("money", "usd", MONEY, None, ""),
    ("quantity", "miles", "DOUBLE", float("nan"), "nan"),
]


@pytest.mark.parametrize(("semantic", "unit", "type_", "value", "text"), CASES)
def test_a_value_is_written_by_what_it_means(
    semantic: str | None, unit: str | None, type_: str, value: Any, text: str
) -> None:
    assert formatted(value, format_of(semantic, unit, type_)) == text


def test_a_browser_gets_the_same_as_a_format_of_d3() -> None:
    assert format_of("money", "usd", MONEY) == Format(",.2f", prefix="$")
    assert format_of("quantity", "miles", "BIGINT") == Format(",d", suffix=" miles")
    assert format_of("ratio", "share", "DOUBLE") == Format(".1%")
    assert format_of("id", None, "BIGINT") == Format()


def test_what_rounds_to_nothing_has_no_sign() -> None:
    assert formatted(Decimal("-0.001"), format_of("money", "usd", MONEY)) == "$0.00"
