"""A raw table with a database as its source: what its author may write, and what he is told of a mistake."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from data_platform.contracts.errors import ContractError
from data_platform.lake.names import TableName
from data_platform_tests.databases import Database
from data_platform_tests.sources.database.shop import shop, told

_NOWHERE = Database("postgresql", "postgresql://127.0.0.1:1/nothing", "nothing", 1, "user", "password")


def test_a_dataset_loads_without_its_database_being_there(tmp_path: Path) -> None:
    small = shop(tmp_path, _NOWHERE, schema='"we.ird"', table='"a.b"', columns="[id]", window="6h")
    (source,) = small.datasets.catalog.raw(TableName("raw", "customers")).sources
    assert source.shown == "postgresql://127.0.0.1:1/nothing/we.ird/a.b"


def test_an_address_that_no_setting_gives_is_asked_for_by_its_name(tmp_path: Path) -> None:
    small = shop(tmp_path, _NOWHERE, url='"{{ customers_url }}"')
    said = " ".join(told(small))
    assert "DATA_PLATFORM_CUSTOMERS_URL is not set: write the database's url there" in said


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"watermark": None}, "'customers' has partitions; write `watermark: <column>` for its database"),
        ({"verify": "keys", "key": None}, r"verify: keys compares keys; write `key: \[id\]`"),
        ({"verify": "all"}, "'rows' or 'keys'"),
        ({"window": "1 day"}, "'1 day' is no duration: write it like 3d, 6h or 90m"),
        ({"window": "0d"}, "greater than"),
        ({"table": "a.b.c"}, "'a.b.c' has 3 names, expected schema.table"),
        ({"table": "a."}, r"'a\.' is no name of a table"),
        ({"password": "hunter2hunter2"}, "a secret is written as {env: NAME}"),
        ({"url": "postgresql://me:hunter2hunter2@host/db"}, "names a user; write `user: {env: …}`"),
        ({"where": "id > 3"}, "where"),
        ({"attempts": "0"}, "attempts"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, keys: Mapping[str, Any], said: str) -> None:
    with pytest.raises(ContractError, match=said) as raised:
        _ = shop(tmp_path, _NOWHERE, **keys).datasets
    assert raised.value.line > 1
    assert "hunter2" not in str(raised.value)
