"""Types of columns in a target: which one a type of ours becomes, exactly, and which existing ones can hold it."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlalchemy as sa

_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_WHOLE = {"TINYINT": 2, "SMALLINT": 2, "INTEGER": 4, "BIGINT": 8}
_OTHERS = ("BOOLEAN", "FLOAT", "DOUBLE", "VARCHAR", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "BLOB")
_TEXTS = re.compile(r"text|character varying|varchar.*|clob", re.IGNORECASE)
# SQLite has no types but affinities, by what a declaration contains. A text with digits in a column of any other
# affinity would become a floating point number.
_SQLITE = {
    "whole": re.compile(r".*INT.*|BOOL.*", re.IGNORECASE),
    "text": re.compile(r"(?!.*INT).*(CHAR|CLOB|TEXT).*", re.IGNORECASE),
    "float": re.compile(r"(?!.*(INT|CHAR|CLOB|TEXT)).*(REAL|FLOA|DOUB).*", re.IGNORECASE),
    "time": re.compile(r"DATE|DATETIME|TIMESTAMP.*|.*TEXT.*|.*CHAR.*", re.IGNORECASE),
    "bytes": re.compile(r"(?!.*INT).*BLOB.*", re.IGNORECASE),
}


def is_known(type_: str) -> bool:
    """Whether values of a type of ours can be written back."""
    return type_ in _WHOLE or type_ in _OTHERS or _DECIMAL.fullmatch(type_) is not None


def column_type(dialect: str, type_: str) -> "sa.types.TypeEngine[Any]":
    """What a column gets that is made for values of a type of ours: each value comes back as it was written."""
    import sqlalchemy as sa

    if found := _DECIMAL.fullmatch(type_):
        return _exact_text() if dialect == "sqlite" else sa.Numeric(int(found[1]), int(found[2]))
    if type_ == "TIMESTAMP WITH TIME ZONE":
        return _moment_text() if dialect == "sqlite" else sa.DateTime(timezone=True)
    made: dict[str, sa.types.TypeEngine[Any]] = {
        "BOOLEAN": sa.Boolean(),
        "TINYINT": sa.SmallInteger(),
        "SMALLINT": sa.SmallInteger(),
        "INTEGER": sa.Integer(),
        "BIGINT": sa.BigInteger(),
        "FLOAT": sa.Double(),
        "DOUBLE": sa.Double(),
        "VARCHAR": sa.Text(),
        "DATE": sa.Date(),
        "TIMESTAMP": sa.DateTime(),
        "BLOB": sa.LargeBinary(),
    }
    return made[type_]


def holds(dialect: str, declared: str, type_: str) -> bool:
    """Whether an existing column, by how its database declares it, holds every value of a type of ours unchanged."""
    return _sqlite_holds(declared, type_) if dialect == "sqlite" else _postgresql_holds(declared.lower(), type_)


def _postgresql_holds(declared: str, type_: str) -> bool:
    if type_ in _WHOLE:
        sizes = {"smallint": 2, "integer": 4, "bigint": 8}
        return sizes.get(declared, 0) >= _WHOLE[type_] or declared == "numeric"
    if found := _DECIMAL.fullmatch(type_):
        digits, scale = int(found[1]), int(found[2])
        size = re.fullmatch(r"numeric(?:\((\d+), ?(\d+)\))?", declared)
        if size is None or size[1] is None:
            return size is not None
        return int(size[2]) >= scale and int(size[1]) - int(size[2]) >= digits - scale
    wanted = {
        "BOOLEAN": r"boolean",
        "FLOAT": r"double precision",
        "DOUBLE": r"double precision",
        "VARCHAR": _TEXTS.pattern + r"(\(\d+\))?",
        "DATE": r"date",
        "TIMESTAMP": r"timestamp( without time zone)?",
        "TIMESTAMP WITH TIME ZONE": r"timestamp with time zone",
        "BLOB": r"bytea",
    }
    return re.fullmatch(wanted[type_], declared) is not None


def _sqlite_holds(declared: str, type_: str) -> bool:
    if type_ in _WHOLE or type_ == "BOOLEAN":
        kind = "whole"
    elif type_ in ("FLOAT", "DOUBLE"):
        kind = "float"
    elif type_ in ("DATE", "TIMESTAMP"):
        kind = "time"
    else:
        kind = "bytes" if type_ == "BLOB" else "text"
    return _SQLITE[kind].fullmatch(declared) is not None


def _exact_text() -> "sa.types.TypeEngine[Any]":
    """A decimal as the text of its digits: SQLite has floating point only."""
    import sqlalchemy as sa

    class ExactText(sa.types.TypeDecorator[Decimal]):
        impl = sa.Text
        cache_ok = True

        def process_bind_param(self, value: Decimal | None, _: object) -> str | None:
            return None if value is None else f"{value:f}"

        def process_result_value(self, value: str | None, _: object) -> Decimal | None:
            return None if value is None else Decimal(value)

    return ExactText()


def _moment_text() -> "sa.types.TypeEngine[Any]":
    """A moment as text in UTC: SQLite knows no time zones."""
    import sqlalchemy as sa

    class MomentText(sa.types.TypeDecorator[datetime]):
        impl = sa.Text
        cache_ok = True

        def process_bind_param(self, value: datetime | None, _: object) -> str | None:
            return None if value is None else value.astimezone(UTC).isoformat(" ")

        def process_result_value(self, value: str | None, _: object) -> datetime | None:
            return None if value is None else datetime.fromisoformat(value)

    return MomentText()
