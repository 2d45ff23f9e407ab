"""Names are data: no column, CTE or value can be taken for one of the platform's own or for SQL."""

from pathlib import Path

import pytest

from data_platform.engines.duckdb import Engine
from data_platform.engines.typing import ModelColumnsError
from data_platform_tests.engines.given_rows import contract_of, stage_rows, stage_select

ODD_NAMES = [
    'a"b',
    "it's",
    "select",
    "Gebühr €",
    "with.dot",
    "order by 1 --",
    "model",
    "typed",
    "ok",
    "keys",
    "odd",
    "repeated",
    "rule",
    "written",
    "file",
    "t",
    "filename",
    "file_row_number",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_column_may_have_any_name(tmp_path: Path, name: str) -> None:
    quoted = '"{}"'.format(name.replace("\\", "\\\\").replace('"', '\\"'))
    contract = f"""
columns: {{{quoted}: {{type: BIGINT, required: true, max: 5}}, other: {{type: BIGINT}}}}
grain: [{quoted}]
deduplicate: {{first_by: [other]}}
"""
    values = "VALUES ('1', 2), ('1', 1), (NULL, 0), ('9', 0), ('N/A', 0)"
    outcome = stage_rows(tmp_path, values, contract, names=[name, "other"])
    assert outcome.kept == [1]
    assert outcome.rules == {
        0: ["duplicate"],
        2: [f"{name}_required"],
        3: [f"{name}_range"],
        4: ["castable", f"{name}_required"],
    }
    assert outcome.account.closes


def test_columns_are_found_in_another_case_and_come_out_as_contracted(tmp_path: Path) -> None:
    outcome = stage_rows(
        tmp_path,
        "VALUES (1, 'a'), (NULL, 'b')",
        "columns: {name: {type: VARCHAR}, Id: {type: INTEGER, required: true}}",
        names=["ID", "NAME"],
    )
    assert outcome.clean == {("f", 0): ("a", 1)}
    assert outcome.rules == {1: ["Id_required"]}


def test_the_models_own_ctes_may_be_called_like_the_platforms(tmp_path: Path) -> None:
    select = """
WITH model AS (SELECT k, _source_file, _source_row, _uncast FROM given),
typed AS (SELECT k + 1 AS k, * EXCLUDE (k) FROM model),
ok AS (SELECT * FROM typed),
keys AS (SELECT * FROM ok),
repeated AS (SELECT * FROM keys),
odd AS (SELECT k AS j, j * 10 AS k, * EXCLUDE (k) FROM repeated)
SELECT k, _source_file, _source_row, _uncast FROM odd
"""
    contract = contract_of(
        "columns: {k: {type: BIGINT, max: 30}}\ngrain: [k]\ndeduplicate: {first_by: [_source_row DESC]}"
    )
    with Engine("512MiB", 2, tmp_path / "tmp").connect() as connection:
        connection.execute(
            "CREATE TABLE given AS SELECT * FROM (VALUES (1), (1), (2), (3)) AS v(k), "
            "(SELECT 'f' AS _source_file, NULL::VARCHAR AS _uncast)"
        )
        connection.execute("ALTER TABLE given ADD COLUMN _source_row BIGINT")
        connection.execute("UPDATE given SET _source_row = rowid")
        outcome = stage_select(connection, tmp_path, select, contract, {"f": 4})
    assert outcome.clean == {("f", 1): (20,), ("f", 2): (30,)}
    assert outcome.rules == {0: ["duplicate"], 3: ["k_range"]}
    assert outcome.account.closes


def test_a_select_with_other_columns_than_its_contract_is_refused_by_name(tmp_path: Path) -> None:
    contract = "columns: {a: {type: BIGINT}, b: {type: BIGINT}}"
    with pytest.raises(ModelColumnsError, match=r"the contract has b, which the SELECT does not give; it gives a"):
        stage_rows(tmp_path / "1", "VALUES (1)", contract, names=["a"])
    with pytest.raises(ModelColumnsError, match=r"the SELECT gives c, d, which the contract lacks"):
        stage_rows(tmp_path / "2", "VALUES (1, 2, 3, 4)", contract, names=["a", "b", "c", "d"])


def test_two_columns_of_one_name_are_refused_rather_than_the_first_one_taken(tmp_path: Path) -> None:
    with Engine("512MiB", 1, tmp_path / "tmp").connect() as connection:
        connection.execute("CREATE TABLE given AS SELECT 1 AS a, 'f' AS _source_file, 0 AS _source_row, '' AS _uncast")
        with pytest.raises(ModelColumnsError, match=r"the SELECT gives 'A' twice; rename one"):
            stage_select(
                connection,
                tmp_path,
                "SELECT 2 AS A, * FROM given",
                contract_of("columns: {a: {type: BIGINT}}"),
                {"f": 1},
            )
