"""A shop whose customers stand in a database: a dataset over a real one, by months of `updated_at`."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data_platform.components.datasets import Datasets
from data_platform.lake.names import TableName
from data_platform.planning.findings import Unanswered, Waiting
from data_platform_tests.databases import Database
from data_platform_tests.small_dataset import SmallDataset

MARCH = datetime(2024, 3, 15, 12, tzinfo=UTC)
"""January and February 2024 are over, March is not."""

_DEFS = """\
type: data_platform.components.dataset.Dataset
attributes:
  description: Customers of a shop.
  owners: ["team:shop"]
  partitions: {{monthly: {{start: "2024-01"{timezone}}}}}
  raw:
    customers:
      description: Customers by the month of their last change.
      source:
        database:
          url: {url}
{keys}
      columns:
        id: {{type: BIGINT}}
        name: {{type: VARCHAR, optional: true}}
        updated_at: {{type: TIMESTAMP, optional: true}}
"""
_STAGED = """\
description: One row per customer.
grain: [id]
columns:
  id: {type: BIGINT, required: true}
  name: {type: VARCHAR}
  updated_at: {type: TIMESTAMP}
"""
KEYS: Mapping[str, str] = {
    "user": "{env: SHOP_USER}",
    "password": "{env: SHOP_PASSWORD}",
    "table": "customers",
    "watermark": "updated_at",
    "key": "[id]",
    "attempts": "2",
}


def times(kind: str) -> str:
    """The type of a moment without a zone."""
    return {"postgresql": "TIMESTAMP", "mariadb": "DATETIME(6)", "sqlite": "TEXT"}[kind]


def customers(database: Database) -> None:
    """The table, empty."""
    database.run(
        f"CREATE TABLE customers (id BIGINT PRIMARY KEY, name VARCHAR(100), updated_at {times(database.kind)})"
    )


@dataclass(frozen=True)
class Shop(SmallDataset):
    """It is read again only when its YAML differs: that takes longer than all else in these tests."""

    @property
    def datasets(self) -> Datasets:
        return _datasets(self, (self.folder / "defs.yaml").read_text())


@cache
def _datasets(small: Shop, _yaml: str) -> Datasets:
    return SmallDataset(small.folder, small.source, small.home).datasets


def shop(root: Path, database: Database, *, zone: str = "", url: str = "", **keys: str | None) -> Shop:
    """The dataset below `root`; `keys` are what stands under `database:`, None takes one away."""
    small = Shop(root / "datasets" / "shop", root / "source", root / "home")
    small.write({"defs.yaml": defs(database, zone=zone, url=url, **keys), "staged/customers.yaml": _STAGED})
    return small


def defs(database: Database, *, zone: str = "", url: str = "", **keys: str | None) -> str:
    """The dataset's YAML."""
    lines = [f"          {key}: {value}" for key, value in {**KEYS, **keys}.items() if value is not None]
    if database.user is None:
        lines = [line for line in lines if "SHOP_" not in line]
    timezone = f', timezone: "{zone}"' if zone else ""
    return _DEFS.format(url=url or database.url, keys="\n".join(lines), timezone=timezone)


def stale(small: SmallDataset, now: datetime = MARCH) -> list[str]:
    """The partitions of customers that are to be received, in order."""
    return [found.partition for found in small.stale(now).stale if found.table == TableName("raw", "customers")]


def told(small: SmallDataset, now: datetime = MARCH) -> list[str]:
    """What is told of the source without being received."""
    answer = small.stale(now)
    found: tuple[Waiting | Unanswered, ...] = (*answer.waiting, *answer.unanswered)
    return [str(one) for one in found if one.table == TableName("raw", "customers")]


def received(small: SmallDataset, partition: str) -> list[dict[str, Any]]:
    """The rows that readers of the raw partition get."""
    lake = small.platform.lake
    current = lake.ledger("customers").read().current(partition)
    files = [pq.read_table(lake.storage.local(str(sighting.data_key)), partitioning=None) for sighting in current]
    return pa.concat_tables(files).to_pylist() if files else []


def ids(small: SmallDataset, partition: str) -> list[int]:
    """The customers of a month, in the file's order."""
    return [int(row["id"]) for row in received(small, partition)]


def run(database: Database, *statements: str) -> None:
    """Several statements in one transaction."""
    with closing(database.connect()) as connection, closing(connection.cursor()) as cursor:
        for statement in statements:
            cursor.execute(statement)
        connection.commit()


Rows = Sequence[Sequence[Any]]
SOME: Rows = [
    (1, "Ada", "2024-01-01 00:00:00"),
    (2, "Grace", "2024-01-31 23:59:59.999999"),
    (3, 'say "hi", \n🙂', "2024-02-01 00:00:00"),
]
