"""Tags of personal data along lineage: who inherits them, what clears them, and which tables do not load."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from data_platform.contracts.errors import ContractError, Mistakes
from data_platform.lake.names import TableName
from data_platform.lineage.personal import personal_columns
from data_platform.sql.model import ModelError
from data_platform_tests.small_dataset import FILES, SmallDataset, small_dataset

_PEOPLE = """\
    people:
      description: Who looks after the gauges.
      partitions: none
      source: {http_file: {url: "{{ tlc_url }}/people.csv"}}
      columns:
        person_id: {type: INTEGER}
        email: {type: VARCHAR, pii: email}
        remark: {type: VARCHAR, pii: free_text}
        born: {type: DATE, pii: id}
"""
_STAGED = {
    "defs.yaml": FILES["defs.yaml"] + _PEOPLE,
    "staged/people.sql": "SELECT person_id, lower(trim(email)) AS contact, remark, born FROM raw.people\n",
    "staged/people.yaml": """\
description: One row per person.
grain: [person_id]
columns:
  person_id: {type: INTEGER, required: true}
  contact: {type: VARCHAR}
  remark: {type: VARCHAR}
  born: {type: DATE}
""",
}


def _with(folder: Path, select: str, columns: str, more: str = "", **files: str) -> SmallDataset:
    """The people, staged, and a curated table over them."""
    contract = f"""\
description: Made of people.
columns:
{columns}
reconciles: {{none: "a table that only tests read"}}
{more}"""
    own: Mapping[str, str] = {"curated/made.sql": select, "curated/made.yaml": contract}
    return small_dataset(folder, {**_STAGED, **own, **files})


def _kinds(small: SmallDataset, table: str) -> Mapping[str, str]:
    return personal_columns(small.catalog).get(TableName.parse(table), {})


def test_staged_columns_inherit_the_tags_of_what_they_are_made_of(tmp_path: Path) -> None:
    small = small_dataset(tmp_path, _STAGED)

    assert _kinds(small, "staged.people") == {"contact": "email", "remark": "free_text", "born": "id"}
    assert small.catalog.model(TableName("staged", "people")).contract.columns["contact"].personal
    assert not _kinds(small, "staged.readings")


def test_a_curated_column_that_gets_personal_data_must_have_a_mask_and_the_way_is_told(tmp_path: Path) -> None:
    small = _with(tmp_path, "SELECT\n  min(contact) AS who\nFROM staged.people\n", "  who: {type: VARCHAR}")

    with pytest.raises(ContractError) as told:
        _ = small.catalog

    assert told.value.path.name == "made.yaml"
    assert told.value.line == 3
    assert "raw.people.email → staged.people.contact → curated.made.who (made.sql:2)" in told.value.message
    assert "`mask: hash`" in told.value.message


@pytest.mark.parametrize(
    "expression",
    [
        "any_value(contact ORDER BY contact)",
        "string_agg(contact, ',' ORDER BY contact)",
        "max(CASE WHEN contact = 'a@b' THEN 1 ELSE 0 END)",
        "max(md5(contact))",
        "arg_max(contact, person_id ORDER BY person_id)",
        "max((SELECT max(p.contact) FROM staged.people AS p))",
        "max(upper(remark))",
        "min(born)",
        "max(year(born))",
    ],
)
def test_what_may_tell_a_value_keeps_the_tag(tmp_path: Path, expression: str) -> None:
    small = _with(tmp_path, f"SELECT {expression} AS x FROM staged.people\n", "  x: {type: VARCHAR}")

    with pytest.raises(ContractError, match=r"column 'x' holds personal data"):
        _ = small.catalog


@pytest.mark.parametrize(
    "select",
    [
        "SELECT count(DISTINCT contact) AS x FROM staged.people",
        "SELECT count(*) AS x FROM staged.people GROUP BY contact",
        "SELECT CAST(avg(length(contact)) AS BIGINT) AS x FROM staged.people",
        "SELECT count(*) FILTER (WHERE contact IS NULL) AS x FROM staged.people",
        "SELECT sum(CASE WHEN contact IS NULL THEN 1 ELSE 0 END)::BIGINT AS x FROM staged.people",
        "SELECT count(*) AS x FROM staged.people WHERE contact <> ''",
        "SELECT count(*) AS x FROM staged.people AS a JOIN staged.people AS b ON a.contact = b.contact",
        "SELECT sum(CASE WHEN remark ILIKE '%late%' THEN 1 ELSE 0 END)::BIGINT AS x FROM staged.people",
        "SELECT row_number() OVER (PARTITION BY contact ORDER BY person_id) AS x FROM staged.people",
    ],
)
def test_what_tells_of_nobody_clears_it(tmp_path: Path, select: str) -> None:
    small = _with(tmp_path, f"{select}\n", "  x: {type: BIGINT}")

    assert not _kinds(small, "curated.made")


@pytest.mark.parametrize("how", ["WHERE contact = 'ann@x.org'", "GROUP BY contact HAVING contact IN ('a', 'b')"])
def test_rows_that_are_picked_by_a_written_value_are_a_mistake_at_their_line(tmp_path: Path, how: str) -> None:
    small = _with(tmp_path, f"SELECT count(*) AS x\nFROM staged.people\n{how}\n", "  x: {type: BIGINT}")

    with pytest.raises(ModelError, match=r"picks rows by a value of staged\.people\.contact") as told:
        _ = small.catalog

    assert told.value.line == 3
    escape = "privacy: [{allow: picks_by_personal, on: contact, because: everybody here agreed}]\n"
    small.write({"curated/made.yaml": (small.folder / "curated/made.yaml").read_text() + escape})
    assert not _kinds(small, "curated.made")


def test_a_masked_column_hands_no_tag_on_and_an_unmasked_view_does(tmp_path: Path) -> None:
    small = _with(
        tmp_path,
        "SELECT person_id, contact AS who FROM staged.people\n",
        "  person_id: {type: INTEGER}\n  who: {type: VARCHAR, mask: hash}",
        **{
            "curated/next.sql": "SELECT who AS x FROM curated.made\n",
            "curated/next.yaml": "description: Hashes.\ncolumns:\n  x: {type: VARCHAR}\n"
            'reconciles: {none: "a table that only tests read"}\n',
            "staged/contacts.sql": "SELECT contact FROM staged.people\n",
            "staged/contacts.yaml": "description: A view.\nview: true\ncolumns:\n  contact: {type: VARCHAR}\n",
        },
    )

    assert _kinds(small, "curated.made") == {"who": "email"}
    assert not _kinds(small, "curated.next")
    assert _kinds(small, "staged.contacts") == {"contact": "email"}


def test_an_escape_with_its_reason_lets_a_column_be_and_clears_it_for_its_readers(tmp_path: Path) -> None:
    escape = "privacy: [{allow: carries_personal, on: who, because: a postman is known to all}]\n"
    small = _with(tmp_path, "SELECT contact AS who FROM staged.people\n", "  who: {type: VARCHAR}", escape)

    assert not _kinds(small, "curated.made")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            "privacy: [{allow: carries_personal, on: n, because: it was so once}]\n",
            "nothing of the kind is found there",
        ),
        ("privacy: [{allow: carries_persnal, on: n, because: it was so once}]\n", "did you mean 'carries_personal'"),
    ],
)
def test_an_escape_that_nothing_needs_is_a_mistake(tmp_path: Path, more: str, said: str) -> None:
    small = _with(tmp_path, "SELECT count(*) AS n FROM staged.people\n", "  n: {type: BIGINT}", more)

    with pytest.raises(ContractError, match=said):
        _ = small.catalog


@pytest.mark.parametrize(
    ("column", "more", "said"),
    [
        ("x: {type: VARCHAR, mask: hash}", "", "column 'x' holds no personal data that could be masked"),
        ("x: {type: VARCHAR, pii: id}", "", r"column 'x' holds personal data \(id\) and has no mask"),
        ("x: {type: BIGINT, pii: id, mask: hash}", "", "column 'x' is BIGINT: `hash` is for VARCHAR"),
        ("x: {type: BIGINT, pii: id, mask: truncate}", "", "`truncate` is for VARCHAR or DATE"),
        ("x: {type: VARCHAR, pii: id, mask: drop, required: true}", "", "is required and its mask leaves nothing"),
        ("x: {type: VARCHAR, pii: id, mask: redact}", "grain: [x]\n", "`hash` keeps them apart"),
    ],
)
def test_a_mask_that_cannot_be_applied_is_told(tmp_path: Path, column: str, more: str, said: str) -> None:
    small = _with(tmp_path, "SELECT CAST(person_id AS VARCHAR) AS x FROM staged.people\n", f"  {column}", more)

    with pytest.raises(ContractError, match=said):
        _ = small.catalog


def test_a_reconcile_by_a_masked_column_compares_two_different_things(tmp_path: Path) -> None:
    small = _with(tmp_path, "SELECT contact FROM staged.people\n", "  contact: {type: VARCHAR, mask: hash}")
    text = (small.folder / "curated/made.yaml").read_text().partition("reconciles")[0]
    rule = '{name: rows, this: "count(*)", of: staged.people, that: "count(*)", by: [contact]}'
    small.write({"curated/made.yaml": f"{text}reconciles: [{rule}]\n"})

    with pytest.raises(ContractError, match="reconcile 'rows' groups by 'contact', masked here"):
        _ = small.catalog


_PYTHON = "def made(people):\n    return people.select(['person_id', 'contact'])\n"
_PYTHON_COLUMNS = "  person_id: {type: INTEGER}\n  contact: {type: VARCHAR, mask: drop}"


def _python(folder: Path, more: str) -> SmallDataset:
    small = _with(folder, "", _PYTHON_COLUMNS, f"inputs: [staged.people]\n{more}")
    small.write({"curated/made.sql": None, "curated/made.py": _PYTHON})
    return small


def test_a_python_model_that_is_given_personal_data_must_declare_where_its_columns_come_from(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"'person_id' may hold any .* staged\.people\.born, .*contact, .*remark"):
        _ = _python(tmp_path / "silent", "").catalog

    declared = (
        "lineage:\n  person_id: {direct: [staged.people.person_id]}\n  contact: {direct: [staged.people.contact]}\n"
    )
    assert _kinds(_python(tmp_path / "said", declared), "curated.made") == {"contact": "email"}

    carrying = declared.replace("[staged.people.person_id]", "[staged.people.person_id, staged.people.born]")
    with pytest.raises(ContractError, match=r"'person_id' holds personal data \(id\)"):
        _ = _python(tmp_path / "carrying", carrying).catalog


def test_all_tables_that_carry_unmasked_data_are_told_at_once(tmp_path: Path) -> None:
    small = _with(
        tmp_path, "SELECT contact, remark FROM staged.people\n", "  contact: {type: VARCHAR}\n  remark: {type: VARCHAR}"
    )

    with pytest.raises(Mistakes) as told:
        _ = small.catalog

    assert len(told.value.lines) == 2
