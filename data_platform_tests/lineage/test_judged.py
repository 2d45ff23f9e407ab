"""Column lineage keeps its bounds on the labelled transforms."""

import pytest

from data_platform_tests.lineage.judge import PRECISION, RECALL, Found, judged, score, union
from data_platform_tests.lineage.transform_cases import Transform, transforms


def _is_run(at: int, case: Transform) -> bool:
    """All that have no text to be read, and of the others some: running each takes half a minute."""
    return bool(case.python) or at % 4 == 0


@pytest.fixture(scope="module")
def found() -> list[Found]:
    return judged(tuple(transforms()), _is_run)


def test_text_and_permutation_together_keep_the_bounds(found: list[Found]) -> None:
    one = union(found)
    assert one.recall >= RECALL
    assert one.precision >= PRECISION


def test_the_text_alone_tells_direct_from_indirect(found: list[Found]) -> None:
    sql = [each for each in found if each.case.sql]
    direct = score(sql, lambda each: each.labelled_direct, lambda each: each.static_direct)
    indirect = score(sql, lambda each: each.labelled_indirect, lambda each: each.static_indirect)
    assert min(direct.recall, indirect.recall) >= RECALL
    assert min(direct.precision, indirect.precision) >= PRECISION


def test_permutation_alone_finds_nearly_all_that_python_does(found: list[Found]) -> None:
    python = [each for each in found if each.case.python]
    one = score(python, lambda each: each.labelled, lambda each: each.permuted)
    assert one.recall >= PRECISION
    assert one.precision >= PRECISION
