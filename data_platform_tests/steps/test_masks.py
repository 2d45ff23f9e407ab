"""Masks on real tables: what stands in curated files, what readers of the warehouse see, and when that is stale."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from data_platform.settings import Settings
from data_platform.steps.audit import AuditFailed
from data_platform.steps.publish import publish_warehouse
from data_platform_tests.small_dataset import FILES, NOW, SmallDataset, small_dataset

_PEOPLE = """\
person_id,email,phone,remark,born
1,Ann@x.org,+49 30 901820,"write to ann@x.org, or +49 30 901820",1970-05-17
2,bob@y.org,,ok,1980-12-31
3,Ann@x.org,+1 212 555 0100,,
"""
_FILES = {
    "defs.yaml": FILES["defs.yaml"]
    + """\
    people:
      description: Who looks after the gauges.
      partitions: none
      source: {http_file: {url: "{{ tlc_url }}/people.csv"}}
      columns:
        person_id: {type: INTEGER}
        email: {type: VARCHAR, pii: email}
        phone: {type: VARCHAR, pii: phone}
        remark: {type: VARCHAR, pii: free_text}
        born: {type: DATE, pii: id}
""",
    "staged/people.yaml": """\
description: One row per person.
grain: [person_id]
audit: {max_rejected_share: 1}
columns:
  person_id: {type: INTEGER, required: true}
  email: {type: VARCHAR, mask: hash}
  phone: {type: VARCHAR, mask: truncate}
  remark: {type: VARCHAR, mask: redact}
  born: {type: DATE, mask: truncate}
""",
    "curated/contacts.sql": """\
SELECT person_id, email, email AS domain, phone AS dropped, phone AS called, remark, born FROM staged.people
""",
    "curated/contacts.yaml": """\
description: One row per person.
grain: [person_id]
columns:
  person_id: {type: INTEGER, required: true}
  email: {type: VARCHAR, required: true, mask: hash}
  domain: {type: VARCHAR, mask: truncate}
  dropped: {type: VARCHAR, mask: drop}
  called: {type: VARCHAR, mask: redact}
  remark: {type: VARCHAR, mask: redact}
  born: {type: DATE, mask: truncate}
reconciles:
  - {name: rows, this: "count(*)", of: staged.people, that: "count(*)"}
  - {name: addresses, this: "count(DISTINCT email)", of: staged.people, that: "count(DISTINCT email)"}
""",
}


@pytest.fixture
def small(tmp_path: Path) -> SmallDataset:
    small = small_dataset(tmp_path, _FILES)
    small.put_file("people.csv", _PEOPLE)
    small.run()
    return small


def _rows(small: SmallDataset, table: str) -> list[tuple[Any, ...]]:
    """What stands in the lake."""
    return [tuple(row.values()) for row in small.rows(table)]


def _published(small: SmallDataset, select: str) -> list[tuple[Any, ...]]:
    """As any reader asks: with a DuckDB that knows nothing of the platform."""
    publish_warehouse(small.platform, now=NOW)
    with duckdb.connect(str(small.settings.warehouse_path), read_only=True) as connection:
        return connection.execute(select).fetchall()


def test_a_curated_file_holds_only_what_its_masks_leave(small: SmallDataset) -> None:
    hashed = small.platform.personal_key.digest

    assert _rows(small, "curated.contacts") == [
        (1, hashed("Ann@x.org"), "x.org", None, "[phone]", "write to [email], or [phone]", date(1970, 1, 1)),
        (2, hashed("bob@y.org"), "y.org", None, None, "ok", date(1980, 1, 1)),
        (3, hashed("Ann@x.org"), "x.org", None, "[phone]", None, None),
    ]


def test_a_staged_table_keeps_its_values_and_is_published_masked(small: SmallDataset) -> None:
    hashed = small.platform.personal_key.digest

    assert _rows(small, "staged.people")[0][1] == "Ann@x.org"
    assert _published(small, "FROM staged.people ORDER BY person_id") == [
        (1, hashed("Ann@x.org"), "+49", "write to [email], or [phone]", date(1970, 1, 1)),
        (2, hashed("bob@y.org"), None, "ok", date(1980, 1, 1)),
        (3, hashed("Ann@x.org"), "+1", None, None),
    ]
    joined = "SELECT count(*) FROM staged.people AS p JOIN curated.contacts AS c USING (email)"
    assert _published(small, joined) == [(5,)]


def test_masks_that_sql_can_express_leave_a_staged_table_a_view_over_its_files(small: SmallDataset) -> None:
    text = (small.folder / "staged/people.yaml").read_text()
    for mask in ("mask: hash", "mask: redact", "mask: truncate}\n  remark"):
        text = text.replace(mask, mask.replace(mask.split()[1].split("}")[0], "drop"))
    small.write({"staged/people.yaml": text})

    assert _published(small, "SELECT DISTINCT email, phone, remark FROM staged.people") == [(None, None, None)]
    views = _published(small, "SELECT view_name FROM duckdb_views() WHERE schema_name = 'staged' AND NOT internal")
    assert ("people",) in views


def test_quarantined_rows_are_published_under_the_same_masks_and_without_their_original_texts(
    small: SmallDataset,
) -> None:
    small.put_file("people.csv", _PEOPLE + "4,eve@z.org,+49 30 901820,hi,the 5th of May\n")
    small.run()

    ((email, phone, original),) = _published(small, "SELECT email, phone, _original FROM quarantine.people")
    assert email == small.platform.personal_key.digest("eve@z.org")
    assert (phone, original) == ("+49", "***")


def test_another_key_makes_what_is_hashed_stale_and_nothing_else(small: SmallDataset) -> None:
    _published(small, "SELECT 1")
    before = _rows(small, "curated.contacts")
    assert small.run() == []

    small.settings.personal_key_path.write_text("another-key-of-this-home")

    # Nothing is made anew yet: what is hashed as it is published differs all the same.
    ((hashed,),) = _published(small, "SELECT email FROM staged.people WHERE person_id = 1")
    assert hashed == small.platform.personal_key.digest("Ann@x.org") != before[0][1]
    assert small.run() == ["curated.contacts all"]
    after = _rows(small, "curated.contacts")
    assert [row[1] for row in after] != [row[1] for row in before]
    assert [row[2:] for row in after] == [row[2:] for row in before]
    assert _published(small, "SELECT email FROM staged.people ORDER BY person_id")[0][0] == after[0][1]


def test_another_mask_makes_a_curated_table_stale_and_a_staged_one_only_another_publication(
    small: SmallDataset,
) -> None:
    for table in ("staged/people.yaml", "curated/contacts.yaml"):
        text = (small.folder / table).read_text()
        small.write({table: text.replace("mask: hash", "mask: truncate")})

    assert small.run() == ["curated.contacts all"]
    assert _published(small, "SELECT DISTINCT email FROM staged.people ORDER BY 1") == [("x.org",), ("y.org",)]


def test_rules_and_grain_are_asked_of_what_is_stored(small: SmallDataset) -> None:
    text = (small.folder / "curated/contacts.yaml").read_text()
    small.write({"curated/contacts.yaml": text.replace("grain: [person_id]", "grain: [domain]")})

    with pytest.raises(AuditFailed, match="grain_is_unique"):
        small.build("curated.contacts")


def test_the_key_stands_in_no_statement_and_in_nothing_but_its_own_file(small: SmallDataset) -> None:
    key = small.settings.personal_key_path.read_bytes()
    _published(small, "SELECT 1")

    files = [path for path in small.home.rglob("*") if path.is_file() and path != small.settings.personal_key_path]
    assert files
    assert [path for path in files if key in path.read_bytes()] == []
    assert Settings.model_fields["personal_key"].default is None
