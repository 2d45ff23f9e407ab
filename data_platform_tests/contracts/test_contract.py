"""A contract's text: what is read, and how each mistake in it is told with line, reason and repair."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from data_platform.contracts.contract import Contract, NotReconciled, Reconcile
from data_platform.contracts.errors import ContractError
from data_platform.contracts.raw import RawColumns
from data_platform.contracts.yaml_file import YamlFile

BASE = """\
description: Anything.
columns:
  id: {type: BIGINT}
  name: {type: VARCHAR}
"""


def read(text: str) -> Contract:
    return YamlFile(Path("t.yaml"), text).parse(Contract)


def test_values_keep_the_kind_that_yaml_gives_them() -> None:
    contract = read("""\
description: Anything.
columns:
  a: {type: int, min: 0, max: 1.5}
  b: {type: DATE, min: 2011-01-01}
  c: {type: TIMESTAMP, max: 2011-01-01 12:00:00}
  d: {type: BOOLEAN, accepted: [true]}
  e: {type: text, accepted: ["1", "no"]}
""")
    columns = contract.columns
    assert (columns["a"].min, columns["a"].max, columns["a"].type) == (0, 1.5, "INTEGER")
    assert columns["b"].min == date(2011, 1, 1)
    assert columns["c"].max == datetime(2011, 1, 1, 12)
    assert columns["d"].accepted == (True,)
    assert columns["e"].accepted == ("1", "no")


def test_what_is_left_out_has_its_default() -> None:
    contract = read(BASE)
    assert (contract.grain, contract.rules, contract.deduplicate, contract.reconciles) == ((), (), None, ())
    assert (contract.audit.max_rejected_share, contract.audit.min_rows) == (0.05, 0)
    assert not contract.columns["id"].has_bounds


def test_reconciles_are_a_list_or_a_reason() -> None:
    assert read(f"{BASE}reconciles: {{none: it samples its input}}").reconciles == NotReconciled(
        none="it samples its input"
    )
    written = '[{name: n, this: "sum(id)", of: staged.t, that: "count(*)", tolerance: 0.01}]'
    rules = read(f"{BASE}reconciles: {written}").reconciles
    assert isinstance(rules, tuple)
    assert rules[0].tolerance == Decimal("0.01")


def test_groups_are_columns_or_expressions_with_a_name() -> None:
    rule = Reconcile(name="n", this="x", of="t", that="y", by=("place", 'year(d) as "the year"', "CAST(d AS DATE)"))
    year, day = "year(d)", "CAST(d AS DATE)"
    assert rule.groups == (("place", "place", "place"), (year, year, "the year"), (day, day, day))


def test_groups_may_be_called_otherwise_in_the_input() -> None:
    rule = Reconcile(name="n", this="x", of="t", that="y", by={"place": "town", "day": "CAST(at AS DATE)"})
    assert rule.groups == (("place", "town", "place"), ("day", "CAST(at AS DATE)", "day"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{BASE}typo: 1\n", "t.yaml:5: unknown key 'typo' (valid: arithmetic, audit, columns, "),
        ("description: x\ncolumns:\n  id: {type: BIGINT, requird: true}", "t.yaml:3: unknown key 'requird' (did you m"),
        ("description: x\ncolumns:\n  id: {}", "t.yaml:3: 'type' is missing in columns.id; it is required"),
        ("description: x\ncolumns:\n  id: BIGINT", "t.yaml:3: 'columns.id': expected a mapping of 'key: value', found"),
        ("description: x\ncolumns:\n  id: {type: BIG-INT}", "t.yaml:3: 'columns.id.type': 'BIG-INT' is no column type"),
        ("description: x\ncolumns:\n  _id: {type: BIGINT}", "t.yaml:3: 'columns._id': '_id' is no column name: those"),
        (
            "description: x\ncolumns:\n  2024: {type: BIGINT}",
            "t.yaml:3: 'columns.2024': 2024 is no text; put the key i",
        ),
        (
            "description: x\ncolumns:\n  id: {type: BIGINT}\n  ID: {type: BIGINT}",
            "t.yaml:2: 'columns': columns 'id' and 'ID' differ in case only; rename one",
        ),
        ("description: x\ncolumns: {}", "t.yaml:2: 'columns': is empty; write at least one"),
        ("columns:\n  id: {type: BIGINT}", "t.yaml:1: 'description' is missing; it is required"),
        (f"{BASE}grain: id\n", "t.yaml:5: 'grain': expected a list, such as [a, b], found 'id'"),
        (f"{BASE}grain: [idd]\n", "t.yaml:5: 'grain': grain names 'idd', no column of this table (did you mean 'id'?)"),
        (f"{BASE}deduplicate: {{first_by: [id]}}\n", "t.yaml:5: 'deduplicate': deduplicate needs a grain"),
        (f"{BASE}grain: [id]\ndeduplicate: {{first_by: []}}\n", "t.yaml:6: 'deduplicate.first_by': is empty"),
        (f"{BASE}rules:\n  - {{name: a, reject: 'x', flag: 'y'}}\n", "t.yaml:6: 'rules.0': rule 'a' needs exactly one"),
        (
            f"{BASE}rules:\n  - {{name: A-b, reject: 'x'}}\n",
            "t.yaml:6: 'rules.0.name': 'A-b' is no name: use snake_cas",
        ),
        (f"{BASE}rules:\n  - {{name: a, rejct: 'x'}}\n", "t.yaml:6: unknown key 'rejct' (did you mean 'reject'?)"),
        (
            f"{BASE}rules:\n  - {{name: a, reject: 'x'}}\n  - {{name: a, drop: 'y'}}\n",
            "t.yaml:5: 'rules': 'a' is written twice; rename one",
        ),
        (f"{BASE}rules: {{a: b}}\n", "t.yaml:5: 'rules': expected a list"),
        (
            f"{BASE}reconciles: {{none: short}}\n",
            "t.yaml:5: 'reconciles.none': expected some words more, found 'short'",
        ),
        (f"{BASE}reconciles: none\n", "t.yaml:5: 'reconciles': expected a list"),
        (f"{BASE}reconciles:\n  - {{name: a, this: x, of: y}}\n", "t.yaml:6: 'that' is missing in reconciles.0; it is"),
        (
            f"{BASE}reconciles:\n  - {{name: a, this: x, of: y, thatt: z}}\n",
            "t.yaml:6: unknown key 'thatt' (did you mean 'that'?)",
        ),
        (
            f"{BASE}reconciles:\n  - {{name: a, this: x, of: y, that: z,\n     tolerance: -1}}\n",
            "t.yaml:7: 'reconciles.0.tolerance': expected at least 0, found -1",
        ),
        (
            f"{BASE}audit: {{max_rejected_share: 5}}\n",
            "t.yaml:5: 'audit.max_rejected_share': expected at most 1",
        ),
        (f"{BASE}owners: [mobility]\n", "t.yaml:5: 'owners.0': 'mobility' is no owner: write team:name or an e-mail"),
        (f"{BASE}partitions: all\n", "t.yaml:5: 'partitions': expected 'none', found 'all'"),
        (f"{BASE}view: perhaps\n", "t.yaml:5: 'view': expected true or false, found 'perhaps'"),
    ],
)
def test_a_mistake_is_told_with_line_reason_and_repair(text: str, told: str) -> None:
    with pytest.raises(ContractError) as raised:
        read(text)
    assert str(raised.value).startswith(told)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (
            "{type: VARCHAR, accepted: [YES, NO]}",
            "YAML reads True here, the column is VARCHAR: put the value in quotes",
        ),
        ("{type: VARCHAR, accepted: [01, 02]}", "YAML reads 1 here, the column is VARCHAR"),
        ("{type: VARCHAR, accepted: []}", "is empty; write at least one"),
        ("{type: VARCHAR, accepted: Y}", "write a list of values, such as [Y]"),
        ('{type: VARCHAR, accepted: ["Y", null]}', "NULL is accepted anyway"),
        ("{type: BIGINT, min: [1]}", "[1] is no plain value"),
        (
            "{type: TIMESTAMPTZ, within_partition: true}",
            "the column is TIMESTAMP WITH TIME ZONE; partitions are bounded",
        ),
        ("{type: VARCHAR, within_partition: true}", "the column is VARCHAR; partitions are bounded by local time"),
    ],
)
def test_a_bound_that_cannot_mean_what_it_says_is_refused(column: str, words: str) -> None:
    with pytest.raises(ContractError) as raised:
        read(f"description: x\ncolumns:\n  id: {column}")
    assert str(raised.value).startswith("t.yaml:3: 'columns.id.")
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ("{a: {type: BIGINT}, A: {type: BIGINT}}", "'a' would be both 'a' and 'A'"),
        ("{a: {type: BIGINT}, b: {type: BIGINT, aliases: [A]}}", "'a' would be both 'a' and 'b'"),
        ("{a: {type: BIGINT, aliases: [x]}, b: {type: BIGINT, aliases: [X]}}", "'x' would be both 'a' and 'b'"),
        ("{_Source_File: {type: VARCHAR}}", "belongs to the platform"),
    ],
)
def test_a_raw_column_means_one_thing(columns: str, words: str) -> None:
    with pytest.raises(ContractError, match=words):
        YamlFile(Path("t.yaml"), f"columns: {columns}").parse(RawColumns)


def test_a_raw_columns_own_alias_may_differ_in_case_and_begin_with_an_underscore() -> None:
    columns = YamlFile(Path("t.yaml"), "columns: {_id: {type: TEXT}, fee: {type: DOUBLE, aliases: [Fee, FEE]}}").parse(
        RawColumns
    )
    assert columns.columns["_id"].type == "VARCHAR"
