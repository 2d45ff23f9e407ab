"""To add a kind of source is to pass the suite: nobody is left out, and no case is without a test or a reason."""

import re
from pathlib import Path

from data_platform.components.source_kinds.all_kinds import SourceSpec
from data_platform_tests.conformance.cases import CASES
from data_platform_tests.conformance.kinds.all_kinds import KINDS
from data_platform_tests.conformance.table import PAGE, written


def test_every_kind_of_source_is_played() -> None:
    assert KINDS.keys() == SourceSpec.model_fields.keys(), (
        "a new kind is played in data_platform_tests/conformance/kinds"
    )


def test_every_case_has_a_test() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert set(re.findall(r'^@over\("(.+)"\)$', tests, re.MULTILINE)) == CASES.keys()


def test_every_case_holds_for_most_kinds_and_a_reason_is_a_sentence() -> None:
    for case in CASES:
        assert sum(case in kind.not_for for kind in KINDS.values()) * 2 <= len(KINDS), case
    assert [
        why for kind in KINDS.values() for why in kind.not_for.values() if not re.fullmatch(r"[A-Z].{10,}\.", why)
    ] == []


def test_the_documentation_has_the_table_of_today() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert written(page) == page, "python -m data_platform_tests.conformance.table --write writes it anew"
