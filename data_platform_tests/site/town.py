"""A small platform whose catalogue is looked at: hostile texts everywhere, personal columns, all kinds of tables."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from data_platform.steps.catalogue import catalogue
from data_platform.steps.publish import publish_warehouse
from data_platform.warehouse.read import open_read_only
from data_platform_tests.small_dataset import FILES, SmallDataset, reading, small_dataset

HOSTILE = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\"> '\"&amp; ‮é́ 漢字"
LONG = "unbroken" * 60
CANARIES = ("canary-name", "canary-cast", "1931-05-17", "canary-group", "4913377")
"""Values of personal columns, each in another way to leak: none may stand anywhere in the catalogue."""

PEOPLE = pa.schema([("person_id", pa.int64()), ("name", pa.string()), ("born_on", pa.string()), ("score", pa.string())])
_FILES: Mapping[str, str | None] = {
    "defs.yaml": FILES["defs.yaml"].replace("Rain gauges of a small town.", "Rain gauges. See <b>below</b>.")
    + """\
    people:
      description: "Who reads the gauges."
      partitions: none
      source: {http_file: {url: "{{ tlc_url }}/people.parquet"}}
      columns:
        person_id: {type: BIGINT, semantic: id}
        name: {type: VARCHAR, pii: name}
        born_on: {type: VARCHAR, pii: name}
        score: {type: VARCHAR, pii: name, description: "What they say"}
""",
    "staged/readings.yaml": FILES["staged/readings.yaml"]
    .replace("unit: mm, required", "semantic: quantity, unit: mm, required")
    .replace("reading_id: {type: BIGINT,", "reading_id: {type: BIGINT, semantic: id,")
    .replace("note: {type: VARCHAR}", f"note: {{type: VARCHAR, description: {json.dumps(HOSTILE)}}}")
    .replace("One row per reading of a gauge.", f"Readings. {LONG}"),
    "staged/people.sql": "SELECT person_id, name, born_on, score FROM raw.people\n",
    "staged/people.yaml": """\
description: One row per person.
grain: [person_id]
columns:
  person_id: {type: BIGINT, required: true, semantic: id}
  name: {type: VARCHAR, pii: name, description: Their name}
  born_on: {type: DATE, pii: name}
  score: {type: INTEGER, pii: name, max: 4913376}
audit: {max_rejected_share: 1}
""",
    "staged/known.sql": "SELECT reading_id, place, rain_mm FROM staged.readings\n",
    "staged/known.yaml": """\
description: Readings of places that are known.
view: true
columns:
  reading_id: {type: BIGINT, semantic: id}
  place: {type: VARCHAR}
  rain_mm: {type: "DECIMAL(8,2)", unit: mm}
""",
    "curated/names.sql": "SELECT name, count(*) AS people, max(born_on) AS youngest FROM staged.people GROUP BY name\n",
    "curated/names.yaml": """\
description: How many people have a name.
partitions: none
grain: [name]
columns:
  name: {type: VARCHAR, pii: name}
  people: {type: BIGINT}
  youngest: {type: DATE, pii: name}
privacy:
  - {allow: carries_personal, "on": name, because: "only </td><script>because</script> these are the names"}
  - {allow: carries_personal, "on": youngest, because: "the lake of a test is not read by anybody"}
reconciles:
  - {name: people, this: "sum(people)", of: staged.people, that: "count(*)", by: [name]}
""",
    "curated/shouted.py": """\
import pyarrow as pa
import pyarrow.compute as pc


def shouted(places: pa.Table) -> pa.Table:
    return places.set_column(1, "name", pc.utf8_upper(places["name"]))
""",
    "curated/shouted.yaml": """\
description: Names of places, in capitals.
inputs: [staged.places]
grain: [place_id]
columns:
  place_id: {type: INTEGER, semantic: id}
  name: {type: VARCHAR}
lineage:
  place_id: {direct: [staged.places.place_id]}
  name: {direct: [staged.places.name]}
reconciles:
  - {name: places, this: "count(*)", of: staged.places, that: "count(*)"}
""",
    "curated/odd.sql": 'SELECT note AS "we""ird<i>col</i>#é", sum(reading_id) AS ids FROM staged.readings GROUP BY 1\n',
    "curated/odd.yaml": """\
description: "Odd names."
grain: ['we"ird<i>col</i>#é']
columns:
  'we"ird<i>col</i>#é': {type: VARCHAR}
  ids: {type: BIGINT}
arithmetic:
  - {allow: sum_of_id, "on": ids, because: "only </td><script>because</script> it is a test"}
reconciles: {none: "every reading <b>is</b> handed on"}
""",
}


@dataclass(frozen=True)
class Town:
    """The dataset, and the folder of its catalogue."""

    small: SmallDataset

    @property
    def folder(self) -> Path:
        return self.small.home / "site" / "catalogue"

    @cached_property
    def text(self) -> str:
        """All that lies in the catalogue."""
        return "\n".join(path.read_text(encoding="utf-8") for path in self.folder.rglob("*") if path.is_file())

    def page(self, table: str) -> str:
        return (self.folder / "tables" / f"{table}.html").read_text(encoding="utf-8")

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        with open_read_only(self.small.platform.warehouse / "warehouse.duckdb") as warehouse:
            return warehouse.execute(query).fetchall()


def town(root: Path) -> Town:
    """Two months loaded, the third one refused, a correction committed, published, and the catalogue written."""
    small = small_dataset(root, _FILES)
    small.put("2024-01", [reading(1), reading(2, value=None), reading(3, value=120.0), reading(4, note=HOSTILE)])
    small.put_file("people.parquet", _people())
    later = datetime(2024, 4, 2, tzinfo=UTC)
    small.run(now=later)
    small.put(
        "2024-01", [reading(1, value=2.5), reading(2, value=None), reading(4, note=HOSTILE), reading(5, note=LONG)]
    )
    # Rejected in February later than in January: the older one counts.
    february = datetime(2024, 2, 3)
    small.put("2024-02", [reading(7, read_at=february, value=12.5), reading(8, read_at=february, value=None)])
    small.put_file("readings-2024-03.parquet", b"<html><script>document.title='taken'</script>not found</html>")
    small.run(now=later)
    publish_warehouse(small.platform, now=later)
    catalogue(small.platform, now=later)
    return Town(small)


def _people() -> pa.Table:
    rows = [
        {"person_id": 1, "name": "canary-name", "born_on": "1931-05-17", "score": "3"},
        {"person_id": 2, "name": "canary-group", "born_on": "2001-01-01", "score": "canary-cast"},
        {"person_id": 3, "name": "canary-name", "born_on": "canary-cast", "score": "4913377"},
        {"person_id": 4, "name": "canary-group", "born_on": str(date(2001, 1, 1)), "score": "9"},
    ]
    return pa.Table.from_pylist(rows, schema=PEOPLE)
