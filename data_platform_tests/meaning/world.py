"""A few tables whose columns mean something, for SELECTs in tests."""

from collections.abc import Mapping

from data_platform.lake.names import TableName
from data_platform.meaning.declared import Declared
from data_platform.meaning.flow import Meanings, meanings_of
from data_platform.meaning.value import Meaning

_TABLES: Mapping[str, Mapping[str, Declared]] = {
    "staged.readings": {
        "area": Declared("VARCHAR", "id"),
        "unit": Declared("VARCHAR", "id"),
        "station": Declared("VARCHAR"),
        "at": Declared("TIMESTAMP"),
        "entries": Declared("BIGINT", "counter", "persons", ("area", "unit")),
        "exits": Declared("BIGINT", "counter", "persons", ("area", "unit")),
        "kind": Declared("VARCHAR"),
    },
    "staged.trips": {
        "trip_id": Declared("BIGINT", "id"),
        "zone_id": Declared("INTEGER", "id"),
        "service": Declared("VARCHAR"),
        "day": Declared("DATE"),
        "began_at": Declared("TIMESTAMP"),
        "ended_at": Declared("TIMESTAMP"),
        "fare_usd": Declared("DECIMAL(12,2)", "money", "usd"),
        "tip_usd": Declared("DECIMAL(12,2)", "money", "usd"),
        "toll_eur": Declared("DECIMAL(12,2)", "money", "eur"),
        "usd_per_eur": Declared("DOUBLE", "ratio", "usd/eur"),
        "miles": Declared("DOUBLE", "quantity", "miles"),
        "km": Declared("DOUBLE", "quantity", "km"),
        "seconds": Declared("BIGINT", "quantity", "seconds"),
        "minutes": Declared("DOUBLE", "quantity", "minutes"),
        "persons": Declared("INTEGER", "quantity", "persons"),
        "tip_share": Declared("DOUBLE", "ratio", "share"),
        "rate": Declared("DOUBLE", "ratio", "usd/mile"),
        "other": Declared("DOUBLE"),
        "is_card": Declared("BOOLEAN"),
    },
    "curated.days": {
        "day": Declared("DATE"),
        "zone_id": Declared("INTEGER", "id"),
        "service": Declared("VARCHAR"),
        "trips": Declared("BIGINT", "quantity", "trips"),
        "revenue_usd": Declared("DECIMAL(14,2)", "money", "usd"),
        "mean_fare_usd": Declared("DOUBLE", "mean", "usd"),
        "card_share": Declared("DOUBLE", "ratio", "share"),
        "usd_per_trip": Declared("DOUBLE", "ratio", "usd/trip"),
    },
}


def tables() -> Mapping[TableName, Mapping[str, Meaning]]:
    """The tables with the meanings of their columns."""
    return {
        TableName.parse(name): {column: each.meaning() for column, each in columns.items()}
        for name, columns in _TABLES.items()
    }


def meant(sql: str) -> Meanings:
    """What a SELECT over these tables means."""
    return meanings_of(sql, tables())


def told(sql: str) -> list[str]:
    """The names of its faults, in the order of lines."""
    return [fault.name for fault in meant(sql).faults]


def output(sql: str) -> str:
    """The kind and unit of its first column: `money usd`."""
    found = meant(sql)
    assert not found.faults, found.faults[0].text
    meaning = next(iter(found.columns.values()))
    return " ".join(str(each) for each in (meaning.kind, meaning.unit) if each is not None)
