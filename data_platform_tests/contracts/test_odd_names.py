"""Columns named like SQL, quotes or the platform's own words, from the source's file to the published warehouse."""

from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from data_platform.steps.publish import publish_warehouse
from data_platform.warehouse.publication import WAREHOUSE
from data_platform.warehouse.read import open_read_only
from data_platform_tests.small_dataset import FILES, NOW, small_dataset

NAMES = ['a"b', "it's", "select", "Gebühr", "with.dot", "model", "filename", "file_row_number", "order"]


def in_yaml(name: str) -> str:
    return '"{}"'.format(name.replace('"', '\\"'))


def in_sql(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))


RAW = """\
    odd:
      description: Odd names.
      source: {http_file: {url: "{{ tlc_url }}/odd-{partition:%Y-%m}.parquet"}}
      columns:
"""
RULES = """\
grain: ["a\\"b", "it's", select]
deduplicate: {first_by: ['"with.dot" DESC']}
rules: [{name: dear, flag: '"Gebühr" > 2'}]
audit: {max_rejected_share: 1}
"""
SUMS = """\
description: Sums.
columns:
  "a\\"b": {type: BIGINT}
  with.dot: {type: "DECIMAL(38,0)"}
reconciles:
  - {name: dots, this: 'sum("with.dot")', of: staged.odd, that: 'sum("with.dot")', by: ['"a""b"']}
"""


def test_odd_names_come_through_everything(tmp_path: Path) -> None:
    columns = "".join(f'  {in_yaml(name)}: {{type: BIGINT, max: 99, description: "it\'s"}}\n' for name in NAMES)
    small = small_dataset(
        tmp_path,
        {
            "defs.yaml": FILES["defs.yaml"] + RAW + "".join(f"        {in_yaml(n)}: {{type: BIGINT}}\n" for n in NAMES),
            "staged/odd.yaml": f"description: It's odd.\ncolumns:\n{columns}{RULES}",
            "curated/sums.sql": 'SELECT "a""b", sum("with.dot") AS "with.dot" FROM staged.odd GROUP BY ALL',
            "curated/sums.yaml": SUMS,
        },
    )
    rows = {name: [str(number), str(number), "100", "N/A"] for number, name in enumerate(NAMES)}
    small.put_file("odd-2024-01.parquet", pa.table(rows))
    assert "curated.sums 2024-01" in small.run()

    kept = {name: number for number, name in enumerate(NAMES)}
    assert small.rows("staged.odd") == [kept]
    assert small.rows("curated.sums") == [{'a"b': 0, "with.dot": Decimal(4)}]
    duplicate, too_large, unreadable = (row["_rules"] for row in small.quarantine("staged.odd"))
    assert (duplicate, too_large, unreadable) == (["duplicate"], [f"{name}_range" for name in NAMES], ["castable"])
    assert all(in_yaml(name) in small.quarantine("staged.odd")[2]["_original"] for name in NAMES)

    publish_warehouse(small.platform, now=NOW)
    with open_read_only(small.platform.warehouse / WAREHOUSE) as warehouse:
        told = warehouse.execute(f"SELECT {', '.join(map(in_sql, NAMES))} FROM staged.odd")
        assert [column[0] for column in told.description or ()] == NAMES
        assert told.fetchall() == [tuple(kept.values())]
        assert warehouse.execute("SELECT count(*) FROM quarantine.odd").fetchone() == (3,)
