"""Every fragment of every edge stands in the author's text, at its line: of shipped models and labelled transforms."""

from pathlib import Path

import pytest

from data_platform.components.datasets import read_datasets
from data_platform.definitions import DATASETS
from data_platform.lake.names import TableName
from data_platform.lineage.graph import columns_of
from data_platform.planning.catalog import RawTable
from data_platform.settings import Settings
from data_platform.sql.fragments import one_line
from data_platform.sql.lineage import ColumnEdges, column_edges
from data_platform.sql.model import Model, parse
from data_platform.sql.syntax import read
from data_platform_tests.lineage.transform_cases import Transform, transforms

# Not written anywhere: what GROUP BY 1 and its like stand for.
_SAID = {"GROUP BY ALL"}


def check(text: str, found: ColumnEdges) -> None:
    syntax = read(text)
    whole = one_line(syntax, 0, len(syntax.tokens) - 1)
    lines = syntax.text.splitlines()
    for edge in found.edges:
        assert edge.sql, edge
        assert edge.sql in whole or edge.sql in _SAID, edge
        first = edge.sql.split(" ")[0].split("(")[0]
        assert first in lines[edge.line - 1], edge


@pytest.mark.parametrize("case", [each for each in transforms() if each.sql], ids=lambda case: case.name)
def test_of_a_labelled_transform(case: Transform) -> None:
    columns = {TableName.parse(name): list(table.columns) for name, table in case.tables.items()}
    check(case.sql, column_edges(parse(Path("case.sql"), case.sql), columns))


def test_of_all_shipped_models(tmp_path: Path) -> None:
    catalog = read_datasets(DATASETS, Settings(home=tmp_path)).catalog
    models = [table for table in catalog if not isinstance(table, RawTable) and isinstance(table.model, Model)]
    for table in models:
        assert isinstance(table.model, Model)
        found = column_edges(table.model, {name: columns_of(catalog.tables[name]) for name in table.reads})
        check(table.model.text, found)
        assert found.made_by.keys() == set(table.contract.columns)
    assert len(models) >= 18
