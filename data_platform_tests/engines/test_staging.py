"""What becomes of a row: each promise of a contract is seen to bite, and only where it should."""

import json
from pathlib import Path

import pytest

from data_platform.engines.duckdb import Engine
from data_platform_tests.engines.given_rows import JANUARY, contract_of, stage_rows, stage_select


@pytest.mark.parametrize(
    ("column", "values", "rule", "kept"),
    [
        ("{type: BIGINT, required: true}", "(1), (NULL)", "x_required", [0]),
        ("{type: BIGINT, min: 0}", "(0), (-1), (NULL)", "x_range", [0, 2]),
        ("{type: BIGINT, max: 9}", "(9), (10), (NULL)", "x_range", [0, 2]),
        ("{type: DOUBLE, min: 0}", "(0.5), ('nan'::DOUBLE), ('inf'::DOUBLE)", "x_range", [0, 2]),
        ("{type: DOUBLE, max: 9}", "(9.0), ('nan'::DOUBLE), ('inf'::DOUBLE)", "x_range", [0]),
        ("{type: REAL, min: 0}", "(0.5), ('nan'::FLOAT)", "x_range", [0]),
        ("{type: 'DECIMAL(8,2)', min: 0.01, max: 9.99}", "(0.01), (9.99), (0), (10)", "x_range", [0, 1]),
        ("{type: DATE, min: 2024-01-01}", "(DATE '2024-01-01'), (DATE '2023-12-31')", "x_range", [0]),
        (
            "{type: TIMESTAMP, max: 2024-01-01 12:00:00}",
            "(TIMESTAMP '2024-01-01 12:00:00'), (TIMESTAMP '2024-01-01 12:00:00.000001')",
            "x_range",
            [0],
        ),
        ('{type: VARCHAR, accepted: ["Y", "N", "it\'s"]}', "('Y'), ('it''s'), ('y'), (NULL)", "x_accepted", [0, 1, 3]),
        ("{type: INTEGER, accepted: [1, 2]}", "(1), (3), (NULL)", "x_accepted", [0, 2]),
        (
            "{type: TIMESTAMP, within_partition: true}",
            "(TIMESTAMP '2024-01-01'), (TIMESTAMP '2024-01-31 23:59:59.999999'), "
            "(TIMESTAMP '2023-12-31 23:59:59.999999'), (TIMESTAMP '2024-02-01'), (NULL)",
            "x_within_partition",
            [0, 1, 4],
        ),
        (
            "{type: DATE, within_partition: true}",
            "(DATE '2024-01-01'), (DATE '2024-01-31'), (DATE '2024-02-01'), (DATE '2023-12-31')",
            "x_within_partition",
            [0, 1],
        ),
    ],
)
def test_what_a_column_promises_quarantines_the_rows_that_break_it(
    tmp_path: Path, column: str, values: str, rule: str, kept: list[int]
) -> None:
    outcome = stage_rows(
        tmp_path, f"VALUES {values}", f"columns: {{x: {column}}}\naudit: {{max_rejected_share: 1}}", bounds=JANUARY
    )
    assert outcome.kept == kept
    assert set(map(tuple, outcome.rules.values())) == {(rule,)}
    assert outcome.account.rejected_by == {rule: len(outcome.rules)}
    assert outcome.account.closes


def test_without_partitions_nothing_is_outside_of_one(tmp_path: Path) -> None:
    outcome = stage_rows(
        tmp_path, "VALUES (DATE '1900-01-01')", "columns: {x: {type: DATE, within_partition: true}}", bounds=None
    )
    assert outcome.kept == [0]


@pytest.mark.parametrize(
    ("type_", "value", "original"),
    [
        ("DOUBLE", "'N/A'", "N/A"),
        ("BIGINT", "'12,5'", "12,5"),
        ("BIGINT", "'1.5'", "1.5"),
        ("BIGINT", "'9007199254740993.5'", "9007199254740993.5"),
        ("BIGINT", "1.5", "1.5"),
        ("BIGINT", "1.5::DOUBLE", "1.5"),
        ("BIGINT", "'nan'::DOUBLE", "nan"),
        ("BIGINT", "1e19::DOUBLE", "1e+19"),
        ("INTEGER", "2147483648", "2147483648"),
        ("SMALLINT", "40000::UINTEGER", "40000"),
        ("'DECIMAL(5,2)'", "1234.5", "1234.5"),
        ("'DECIMAL(5,2)'", "1234.5::DOUBLE", "1234.5"),
        ("'DECIMAL(5,2)'", "'nan'::DOUBLE", "nan"),
        ("DOUBLE", "9007199254740993::BIGINT", "9007199254740993"),
        ("DATE", "'2024-02-30'", "2024-02-30"),
        ("TIMESTAMP", "'yesterday'", "yesterday"),
        ("BOOLEAN", "'perhaps'", "perhaps"),
        ("BIGINT", "'say \"NA\"'", 'say "NA"'),
    ],
)
def test_a_value_that_its_type_cannot_hold_quarantines_one_row_with_its_text(
    tmp_path: Path, type_: str, value: str, original: str
) -> None:
    outcome = stage_rows(tmp_path, f"VALUES ({value}), (NULL)", f"columns: {{x: {{type: {type_}}}}}")
    assert outcome.rules == {0: ["castable"]}
    assert json.loads(outcome.rejected["f", 0]["_original"]) == {"x": original}
    assert outcome.kept == [1]
    assert outcome.account.closes


@pytest.mark.parametrize(
    ("type_", "value", "kept"),
    [
        ("BIGINT", "'1e3'", 1000),
        ("BIGINT", "' 5 '", 5),
        ("BIGINT", "'9007199254740993'", 9007199254740993),
        ("BIGINT", "2.0::DOUBLE", 2),
        ("DOUBLE", "9007199254740992::BIGINT", 9007199254740992.0),
        ("VARCHAR", "12", "12"),
    ],
)
def test_a_value_that_only_changes_its_type_stays(tmp_path: Path, type_: str, value: str, kept: object) -> None:
    outcome = stage_rows(tmp_path, f"VALUES ({value})", f"columns: {{x: {{type: {type_}}}}}")
    assert outcome.clean == {("f", 0): (kept,)}
    assert outcome.account.flagged == {}


@pytest.mark.parametrize(
    ("values", "rounded"),
    [
        ("(1.234::DOUBLE), (0.1::DOUBLE), (14.2::DOUBLE), (NULL)", 1),
        ("(1.5::FLOAT), (1.001::FLOAT)", 1),
        ("('1.234'), ('1.20'), (' 1.2 ')", 1),
        ("(1.234), (1.230)", 1),
    ],
)
def test_rounding_to_a_scale_is_counted_and_keeps_the_row(tmp_path: Path, values: str, rounded: int) -> None:
    outcome = stage_rows(tmp_path, f"VALUES {values}", "columns: {x: {type: 'DECIMAL(8,2)'}}")
    assert outcome.account.flagged == {"rounded": rounded}
    assert outcome.rules == {}
    assert outcome.account.closes


def test_a_required_value_that_cannot_be_cast_is_missing_too(tmp_path: Path) -> None:
    outcome = stage_rows(tmp_path, "VALUES ('N/A'), ('5')", "columns: {x: {type: BIGINT, required: true}}")
    assert outcome.rules == {0: ["castable", "x_required"]}
    assert outcome.account.rejected_by == {"castable": 1, "x_required": 1}
    assert outcome.account.rejected == 1


def test_a_row_tells_all_the_rules_that_it_breaks(tmp_path: Path) -> None:
    contract = """
columns:
  a: {type: BIGINT, min: 0}
  b: {type: BIGINT, max: 5}
rules:
  - {name: b_above_a, reject: "b > a"}
  - {name: small, flag: "a < 10"}
"""
    outcome = stage_rows(tmp_path, "VALUES (-1, 9), (1, 1), (-1, NULL)", contract)
    assert outcome.rules == {0: ["a_range", "b_range", "b_above_a"], 2: ["a_range"]}
    assert outcome.account.rejected_by == {"a_range": 2, "b_range": 1, "b_above_a": 1}
    assert outcome.account.flagged == {"small": 1}  # of clean rows only


def test_reject_wins_over_drop_and_dropped_rows_carry_no_flag(tmp_path: Path) -> None:
    contract = """
columns: {x: {type: BIGINT}}
rules:
  - {name: bad, reject: "x < 0"}
  - {name: test_row, drop: "x < 1"}
  - {name: other_test_row, drop: "x = 0"}
  - {name: odd, flag: "x % 2 <> 0 OR x = 0"}
"""
    outcome = stage_rows(tmp_path, "VALUES (-1), (0), (1), (2)", contract)
    assert outcome.kept == [2, 3]
    assert outcome.rules == {0: ["bad"]}
    assert outcome.account.dropped_by == {"test_row": 1, "other_test_row": 1}
    assert outcome.account.dropped == 1
    assert outcome.account.flagged == {"odd": 1}
    assert outcome.account.closes


def test_a_rule_that_is_null_is_not_broken(tmp_path: Path) -> None:
    outcome = stage_rows(
        tmp_path, "VALUES (NULL), (1)", 'columns: {x: {type: BIGINT}}\nrules: [{name: low, reject: "x < 5"}]'
    )
    assert outcome.rules == {1: ["low"]}


def test_a_repeated_grain_is_counted_and_kept_until_the_contract_says_which_row_stays(tmp_path: Path) -> None:
    outcome = stage_rows(
        tmp_path, "VALUES (1, 1), (1, 2), (1, 3), (2, 1)", "columns: {k: {type: BIGINT}, v: {type: BIGINT}}\ngrain: [k]"
    )
    assert outcome.staged.repeated_grains == 2
    assert outcome.kept == [0, 1, 2, 3]
    assert outcome.rules == {}


def test_of_rows_with_one_grain_the_first_in_order_stays_and_the_others_name_it(tmp_path: Path) -> None:
    contract = """
columns: {k: {type: BIGINT}, v: {type: BIGINT}}
grain: [k]
deduplicate: {first_by: ["v DESC NULLS LAST"]}
rules: [{name: high, flag: "v > 1"}]
"""
    outcome = stage_rows(tmp_path, "VALUES (1, 1), (1, 3), (1, NULL), (2, 2)", contract)
    assert outcome.kept == [1, 3]
    assert outcome.rules == {0: ["duplicate"], 2: ["duplicate"]}
    assert {row["_duplicate_of"] for row in outcome.rejected.values()} == {"f#1"}
    assert outcome.account.rejected_by == {"duplicate": 2}
    assert outcome.account.flagged == {"high": 2}  # rows 1 and 3
    assert outcome.account.closes


def test_ties_are_decided_by_the_place_in_the_source(tmp_path: Path) -> None:
    contract = "columns: {k: {type: BIGINT}, v: {type: BIGINT}}\ngrain: [k]\ndeduplicate: {first_by: [v]}"
    outcome = stage_rows(tmp_path, "VALUES (1, 7), (1, 7), (1, 7)", contract)
    assert outcome.kept == [0]


def test_the_last_one_delivered_can_be_kept(tmp_path: Path) -> None:
    contract = 'columns: {k: {type: BIGINT}}\ngrain: [k]\ndeduplicate: {first_by: ["_source_row DESC"]}'
    assert stage_rows(tmp_path, "VALUES (1), (1), (1)", contract).kept == [2]


def test_nulls_in_a_grain_are_one_value(tmp_path: Path) -> None:
    contract = """
columns: {a: {type: BIGINT}, b: {type: VARCHAR}}
grain: [a, b]
deduplicate: {first_by: [_source_row]}
"""
    outcome = stage_rows(tmp_path, "VALUES (1, NULL), (1, NULL), (NULL, NULL), (NULL, NULL), (1, '')", contract)
    assert outcome.kept == [0, 2, 4]


def test_zeros_and_nans_of_both_signs_are_one_grain(tmp_path: Path) -> None:
    contract = "columns: {a: {type: DOUBLE}}\ngrain: [a]\ndeduplicate: {first_by: [_source_row]}"
    values = "VALUES (0.0::DOUBLE), (-0.0::DOUBLE), ('nan'::DOUBLE), (-'nan'::DOUBLE)"
    assert stage_rows(tmp_path, values, contract).kept == [0, 2]


def test_a_rejected_or_dropped_row_is_nobodys_duplicate(tmp_path: Path) -> None:
    contract = """
columns: {k: {type: BIGINT}, v: {type: BIGINT, min: 0}}
grain: [k]
deduplicate: {first_by: [v]}
rules: [{name: unwanted, drop: "v = 0"}]
"""
    outcome = stage_rows(tmp_path, "VALUES (1, -1), (1, 0), (1, 5), (2, -1), (2, -2)", contract)
    assert outcome.kept == [2]
    assert outcome.rules == {0: ["v_range"], 3: ["v_range"], 4: ["v_range"]}
    assert all(row["_duplicate_of"] is None for row in outcome.rejected.values())
    assert outcome.account.closes


@pytest.mark.parametrize("rules", [61, 62, 63, 125])
def test_as_many_rules_as_fit_are_all_counted(tmp_path: Path, rules: int) -> None:
    written = "".join(f'  - {{name: r{i}, reject: "x = {i}"}}\n' for i in range(rules))
    contract = f"columns: {{x: {{type: 'DECIMAL(8,0)'}}}}\nrules:\n{written}"
    outcome = stage_rows(tmp_path, "SELECT range + 0.4 FROM range(130)", contract)
    assert outcome.account.rejected_by == {f"r{i}": 1 for i in range(rules)}
    assert outcome.account.flagged == {"rounded": 130 - rules}  # the highest bit of all
    assert outcome.account.closes


def test_more_rules_than_bits_are_refused(tmp_path: Path) -> None:
    written = "".join(f'  - {{name: r{i}, reject: "x = {i}"}}\n' for i in range(126))
    with pytest.raises(ValueError, match="126 rules; at most 125 fit one table"):
        stage_rows(tmp_path, "VALUES (1)", f"columns: {{x: {{type: BIGINT}}}}\nrules:\n{written}")


def test_a_partition_may_be_all_rejected_all_dropped_or_empty(tmp_path: Path) -> None:
    contract = """
columns: {x: {type: BIGINT, min: 0}}
grain: [x]
deduplicate: {first_by: [x]}
rules: [{name: zero, drop: "x = 0"}]
"""
    rejected = stage_rows(tmp_path / "a", "VALUES (-1), (-1)", contract)
    assert rejected.staged.clean is None
    assert rejected.account.rejected == 2
    dropped = stage_rows(tmp_path / "b", "VALUES (0), (0)", contract)
    assert (dropped.staged.clean, dropped.staged.rejected) == (None, None)
    assert dropped.account.dropped == 2
    empty = stage_rows(tmp_path / "c", "SELECT 1 WHERE false", contract)
    assert (empty.staged.clean, empty.staged.rejected) == (None, None)
    assert empty.account.arrived == 0
    assert all(outcome.account.closes for outcome in (rejected, dropped, empty))


def test_what_the_file_lost_and_what_the_model_lost_is_told_together_and_of_one_column_the_file_s_text(
    tmp_path: Path,
) -> None:
    select = (
        "SELECT CASE WHEN i = 0 THEN 'none' ELSE '1' END AS of_both, CASE WHEN i = 0 THEN 'soon' ELSE '2' END AS here, "
        "CAST(NULL AS INTEGER) AS of_file, 'f' AS _source_file, i AS _source_row, "
        """CASE WHEN i = 0 THEN '{"of_both":"N/A","of_file":"n/k"}' END AS _uncast FROM range(2) AS rows(i)"""
    )
    contract = "columns: {of_both: {type: INTEGER}, here: {type: INTEGER}, of_file: {type: INTEGER}}"
    with Engine("512MiB", 2, tmp_path / "tmp").connect() as connection:
        outcome = stage_select(connection, tmp_path, select, contract_of(contract), {"f": 2})
    assert outcome.rules == {0: ["castable"]}
    assert json.loads(outcome.rejected["f", 0]["_original"]) == {"of_both": "N/A", "here": "soon", "of_file": "n/k"}
