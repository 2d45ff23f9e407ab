"""A small dataset that others push to, its endpoint on loopback, and what a client of it does."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from data_platform.lake.sightings import Sighting
from data_platform.service.app import push_app
from data_platform.sources.loopback import serving
from data_platform_tests.small_dataset import SmallDataset, small_dataset

TOKENS = {"SHOP_TOKEN": "canary-shop-token", "WEB_TOKEN": "canary-web-token", "OTHER_TOKEN": "canary-other-token"}
NDJSON = "application/x-ndjson"
FILES: Mapping[str, str | None] = {
    "defs.yaml": """\
type: data_platform.components.dataset.Dataset
attributes:
  description: What buyers say.
  owners: ["team:shop"]
  partitions: {monthly: {start: "2024-01"}}
  raw:
    reviews:
      description: Reviews, pushed by the shop and the web site.
      source:
        push:
          tokens: {shop: {env: SHOP_TOKEN}, web: {env: WEB_TOKEN}}
          partition: {column: written_at}
          max_bytes: 100000
          timeout_seconds: 2
      columns:
        review_id: {type: BIGINT}
        written_at: {type: TIMESTAMP}
        stars: {type: INTEGER}
        email: {type: VARCHAR, optional: true, pii: email}
    notes:
      description: Notes without partitions, pushed by somebody else.
      partitions: none
      source: {push: {tokens: {other: {env: OTHER_TOKEN}}}}
      columns:
        note: {type: VARCHAR}
    places:
      description: A table that nobody pushes to.
      partitions: none
      source: {http_file: {url: "{{ tlc_url }}/places.csv"}}
      columns:
        place_id: {type: INTEGER}
""",
    "staged/reviews.yaml": """\
description: A review.
grain: [review_id]
columns:
  review_id: {type: BIGINT, required: true}
  written_at: {type: TIMESTAMP, within_partition: true}
  stars: {type: INTEGER, min: 1, max: 5}
  email: {type: VARCHAR, pii: email}
deduplicate: {first_by: [_source_file, _source_row]}
audit: {max_rejected_share: 1}
""",
    "staged/places.yaml": None,
    "staged/readings.sql": None,
    "staged/readings.yaml": None,
    "curated/daily_rain.sql": None,
    "curated/daily_rain.yaml": None,
}


def review(review_id: int, **columns: object) -> dict[str, object]:
    """A good row of January 2024; `columns` change it."""
    return {"review_id": review_id, "written_at": "2024-01-10T12:00:00Z", "stars": 4, **columns}


def lines(*rows: Mapping[str, object]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@dataclass(frozen=True)
class Shop:
    """The dataset, and a client of its endpoint."""

    small: SmallDataset
    http: httpx.Client

    def push(
        self,
        key: str,
        body: bytes,
        *,
        table: str = "reviews",
        token: str = "SHOP_TOKEN",
        headers: Mapping[str, str] | None = None,
        **query: str,
    ) -> httpx.Response:
        return self.http.post(
            f"/v1/tables/{table}", content=body, headers=asking(token, key) | dict(headers or {}), params=query
        )

    def receipt(self, key: str, *, table: str = "reviews", token: str = "SHOP_TOKEN") -> httpx.Response:
        return self.http.get(f"/v1/tables/{table}/receipts/{key}", headers=asking(token))

    def sightings(self, table: str = "reviews") -> Sequence[Sighting]:
        return self.small.platform.lake.ledger(table).read().all()

    def waiting_files(self, table: str = "reviews") -> list[Path]:
        """What lies in the lake of bodies that were not taken in."""
        return list((self.small.home / "lake" / "raw" / table / "incoming").glob("*"))


def asking(token: str, key: str | None = None) -> dict[str, str]:
    """The headers of a request."""
    found = {"authorization": f"Bearer {TOKENS.get(token, token)}", "content-type": NDJSON}
    return found if key is None else found | {"idempotency-key": key}


def reviews_dataset(root: Path) -> SmallDataset:
    """The dataset below a folder; as it is, where it is there already."""
    there = SmallDataset(root / "datasets" / "rain", root / "source", root / "home")
    return there if there.folder.exists() else small_dataset(root, FILES)


@contextmanager
def open_shop(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """The endpoint in this process, over real HTTP."""
    for name, value in TOKENS.items():
        monkeypatch.setenv(name, value)
    small = reviews_dataset(root)
    with serving(push_app(small.platform)) as base, httpx.Client(base_url=base, trust_env=False, timeout=30) as http:
        yield Shop(small, http)


def told(answer: httpx.Response) -> dict[str, Any]:
    """The JSON of an answer."""
    found: dict[str, Any] = answer.json()
    return found
