"""The labelled transforms themselves: all of them run on their sample, and their labels are about columns there are."""

from collections import Counter

import duckdb
import pytest

from data_platform_tests.lineage.transform_cases import Transform, make_tables, result_of, transforms

TRANSFORMS = tuple(transforms())


@pytest.mark.parametrize("transform", TRANSFORMS, ids=lambda transform: transform.name)
def test_a_transform_makes_rows_and_its_labels_name_its_columns(transform: Transform) -> None:
    with duckdb.connect() as connection:
        make_tables(connection, transform.tables)
        made = result_of(transform, connection)
    assert made.num_rows > 0
    assert made.column_names == list(transform.direct)
    there = {f"{name}.{column}" for name, sample in transform.tables.items() for column in sample.columns}
    assert frozenset[str]().union(*transform.direct.values(), *transform.indirect.values()) <= there


def test_there_are_enough_transforms_and_every_name_is_there_once() -> None:
    assert len(TRANSFORMS) >= 110
    assert sum(bool(transform.python) for transform in TRANSFORMS) >= 15
    assert [name for name, times in Counter(t.name for t in TRANSFORMS).items() if times > 1] == []


def test_samples_are_small() -> None:
    assert {6 <= len(sample.rows) <= 12 for t in TRANSFORMS for sample in t.tables.values()} == {True}
