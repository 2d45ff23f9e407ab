"""Which conditions a contract becomes; `engines/test_staging.py` shows each of them biting."""

from datetime import datetime

import pytest

from data_platform.contracts.contract import Contract
from data_platform.contracts.rules import BUILT_IN, conditions, values


def contract(columns: dict[str, dict[str, object]], *rules: dict[str, str]) -> Contract:
    return Contract.model_validate({"description": "x", "columns": columns, "rules": rules})


def test_columns_come_before_rules_in_the_files_order() -> None:
    made = conditions(
        contract(
            {
                "b": {"type": "DOUBLE", "required": True, "min": 0, "max": 1},
                "a": {"type": "DATE", "within_partition": True},
            },
            {"name": "late", "flag": "a > b"},
            {"name": "bad", "drop": "b = 0"},
        ),
        (datetime(2024, 1, 1), datetime(2024, 2, 1)),
    )
    assert [(each.name, each.kind) for each in made] == [
        ("b_required", "reject"),
        ("b_range", "reject"),
        ("a_within_partition", "reject"),
        ("late", "flag"),
        ("bad", "drop"),
    ]
    assert made[2].sql == "\"a\" < CAST('2024-01-01 00:00:00' AS DATE) OR \"a\" >= CAST('2024-02-01 00:00:00' AS DATE)"


@pytest.mark.parametrize("name", [*BUILT_IN, "a_required"])
def test_a_rule_cannot_take_the_name_of_one_that_is_made_for_it(name: str) -> None:
    with pytest.raises(ValueError, match=f"rule '{name}' has the name of a rule that the platform makes itself"):
        conditions(contract({"a": {"type": "DATE", "required": True}}, {"name": name, "flag": "a IS NULL"}), None)


def test_all_bounds_are_named_as_constants_of_their_type() -> None:
    found = values(
        contract({"a": {"type": "DATE", "min": "2024-01-01"}, "b": {"type": "TEXT", "accepted": ["x", "it's"]}})
    )
    assert found == [
        ("a", "2024-01-01", "CAST('2024-01-01' AS DATE)"),
        ("b", "x", "CAST('x' AS VARCHAR)"),
        ("b", "it's", "CAST('it''s' AS VARCHAR)"),
    ]
