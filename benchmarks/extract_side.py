"""A process that writes a table of a database to Parquet in one way, and tells what that took as JSON."""

import importlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from data_platform.sources.database.address import parsed
from data_platform.sources.database.source import Database
from data_platform.steps.measure import Meter

_COLUMNS = ("id", "name", "amount", "updated_at", "score")
_ROWS = 65_536
# The libraries that read a NUMERIC or a time in a way of their own get it as the text that the platform gets.
_SELECT = "SELECT id, name, amount::text AS amount, updated_at::text AS updated_at, score FROM t ORDER BY id"


def main(arguments: list[str]) -> int:
    """`way url user password file`; without `file`, what the way makes of difficult values."""
    way, url, user, password, *file = arguments
    if not file:
        sys.stdout.write(json.dumps({name: _tried(way, _with(url, user, password), name) for name in VALUES}) + "\n")
        return 0
    meter = Meter()
    if way.startswith("database"):
        rows = _platform(url, user, password, Path(file[0]), checked=way == "database")
    else:
        rows = _written(WAYS[way](_with(url, user, password), _SELECT), Path(file[0]))
    cost = meter.read()
    told = {"rows": rows, "wall": cost.wall_seconds, "cpu": cost.cpu_seconds, "peak": cost.peak_mb}
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


def _platform(url: str, user: str, password: str, into: Path, *, checked: bool) -> int:
    columns = tuple((name,) for name in _COLUMNS)
    asked = Database(
        parsed(url), ("t",), columns, key=("id",), user=lambda: user, password=lambda: password, batch_rows=_ROWS
    )
    with asked.connected() as connected:
        if checked:
            fetched = connected.fetch(connected.shown, into, unless=None)
            assert fetched is not None  # it is no known version
            return int(fetched.version.partition(";")[0].removeprefix("rows="))
        version = connected.look(connected.shown)
        assert version is not None  # a table always has one
        return int(version.text.partition(";")[0].removeprefix("rows="))


def _with(url: str, user: str, password: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{parts.netloc}").geturl()


def _written(batches: Iterator[pa.RecordBatch], into: Path) -> int:
    rows, writer = 0, None
    for batch in batches:
        writer = writer or pq.ParquetWriter(into, batch.schema, compression="zstd")
        writer.write_batch(batch)
        rows += batch.num_rows
    if writer is not None:
        writer.close()
    return rows


def _adbc(url: str, select: str) -> Iterator[pa.RecordBatch]:
    library: Any = importlib.import_module("adbc_driver_postgresql.dbapi")
    with library.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(select)
        yield from cursor.fetch_record_batch()


def _connectorx(url: str, select: str) -> Iterator[pa.RecordBatch]:
    library: Any = importlib.import_module("connectorx")
    yield from library.read_sql(url, select, return_type="arrow_stream", batch_size=_ROWS)


def _tuples(url: str, select: str) -> Iterator[pa.RecordBatch]:
    import psycopg

    with psycopg.connect(url) as connection, connection.cursor("rows") as cursor:
        cursor.itersize = _ROWS
        cursor.execute(select.encode())
        names = [column.name for column in cursor.description or ()]
        while rows := cursor.fetchmany(_ROWS):
            yield pa.record_batch([pa.array(values) for values in zip(*rows, strict=True)], names=names)


WAYS: Mapping[str, Callable[[str, str], Iterator[pa.RecordBatch]]] = {
    "ADBC": _adbc,
    "ConnectorX": _connectorx,
    "tuples": _tuples,
}
VALUES: Mapping[str, str] = {
    "numeric(38,10)": "1234567890123456789012345678.0123456789::numeric(38,10)",
    "numeric, 1e-20": "1e-20::numeric",
    "numeric, NaN": "'NaN'::numeric",
    "timestamp, infinity": "'infinity'::timestamp",
    "date, 44 BC": "'0044-03-15 BC'::date",
    "timestamptz": "'2024-01-01 00:00:00.5+02'::timestamptz",
    "json with 1.0": """'{"a":  1.0}'::json""",
    "text[]": """'{"a,b",NULL}'::text[]""",
    "interval": "'1 mon 2 days'::interval",
    "timetz": "'12:34:56+02'::timetz",
    "inet": "'10.0.0.1/8'::inet",
    "bit(3)": "B'101'",
    "money": "12.34::money",
}
"""Values that a server writes without loss, and which not every library reads."""


def _tried(way: str, url: str, name: str) -> str:
    """What becomes of a value, as Python shows it."""
    try:
        batches = list(WAYS[way](url, f"SELECT {VALUES[name]} AS v"))
    except BaseException as error:  # noqa: BLE001 - a panic of Rust is no Exception, and is what the table tells
        return f"fails: {str(error).strip().splitlines()[0][:60]}"
    if not batches:
        return "no rows, and no error"
    value: Any = batches[0].column(0)[0]
    try:
        return repr(value.as_py())
    except OverflowError:
        return f"{value.value} as {value.type}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
