"""Units: what is one, which are the same, and what comes of products and quotients."""

import pytest

from data_platform.meaning.units import UnitError, currency_of, unit_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("miles", "mile"),
        ("mi", "mile"),
        ("persons", "people"),
        ("trips", "trip"),
        ("buses", "bus"),
        ("deliveries", "delivery"),
        ("boxes", "box"),
        ("usd/trip", "usd/trips"),
        ("1/second", "hertz"),
        ("mile/hour", "mph"),
        ("kWh", "kilowatt*hour"),
        ("m**3", "m^3"),
        ("m**3", "m³"),
        ("usd/mile", "usd / miles"),
        ("miles per hour", "mile/hour"),
        ("usd/mile/hour", "usd/hour/mile"),
        ("share", "mile/mile"),
    ],
)
def test_units_of_several_spellings_are_the_same(one: str, other: str) -> None:
    assert unit_of(one).same(unit_of(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [("miles", "km"), ("seconds", "minutes"), ("degC", "kelvin"), ("share", "percent"), ("byte", "bit")],
)
def test_units_of_one_dimension_are_not_the_same(one: str, other: str) -> None:
    assert unit_of(one).convertible(unit_of(other))
    assert not unit_of(one).same(unit_of(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [("miles", "hours"), ("usd", "eur"), ("trips", "persons"), ("trips", "share"), ("bit", "share"), ("usd", "mile")],
)
def test_units_of_different_dimensions_cannot_be_converted(one: str, other: str) -> None:
    assert not unit_of(one).convertible(unit_of(other))


@pytest.mark.parametrize(
    "text", ["usd/mile", "1/trip", "mile**2/hour", "person*mile", "kWh/day/person", "degC", "share"]
)
def test_a_unit_as_it_is_told_is_read_as_the_same(text: str) -> None:
    unit = unit_of(text).times(unit_of("mile")).per(unit_of("mile"))
    assert unit_of(str(unit)).same(unit)


def test_a_factor_converts_units_of_one_dimension() -> None:
    assert unit_of("miles").factor_to(unit_of("km")) == pytest.approx(1.609344)


def test_quotients_and_products_cancel() -> None:
    usd, miles, hours = unit_of("usd"), unit_of("miles"), unit_of("hours")
    rate = usd.per(miles)
    assert str(rate) == "usd/mile"
    assert str(rate.times(miles)) == "usd"
    assert rate.times(miles).currency == "usd"
    assert usd.per(usd).is_share
    assert str(rate.times(hours).per(hours)) == "usd/mile"
    assert str(unit_of("usd/eur").times(unit_of("eur"))) == "usd"


def test_dividing_by_what_is_counted_leaves_a_mean() -> None:
    assert unit_of("usd/trip").uncounted().same(unit_of("usd"))
    assert unit_of("usd/mile").uncounted().same(unit_of("usd/mile"))
    assert str(unit_of("usd/trip").uncounted()) == "usd"


@pytest.mark.parametrize(
    ("text", "close"),
    [
        ("mils_per", None),
        ("secnds", "second"),
        ("persnos", "person"),
        ("usdd", "usd"),
        ("USD", "usd"),
        ("kwh", "kWh"),
        ("usd/mle", "mile"),
        ("shar", "share"),
        ("", None),
        ("usd//mile", None),
        ("3", None),
        ("a b c(", None),
    ],
)
def test_what_is_no_unit_is_told_with_the_nearest(text: str, close: str | None) -> None:
    with pytest.raises(UnitError) as told:
        unit_of(text)
    assert close is None or f"did you mean '{close}'?" in str(told.value)


def test_a_dataset_may_count_what_it_likes() -> None:
    with pytest.raises(UnitError, match="named under `units:`"):
        unit_of("llamas")
    assert unit_of("llamas", frozenset({"llama"})).same(unit_of("llama", frozenset({"llamas"})))


def test_a_currency_is_a_code_of_iso_4217_in_lower_case() -> None:
    assert currency_of("cup").currency == "cup"
    assert unit_of("cup").currency is None
    with pytest.raises(UnitError, match=r"did you mean 'usd'\?"):
        currency_of("USD")
    with pytest.raises(UnitError, match="'miles' is no currency"):
        currency_of("miles")
