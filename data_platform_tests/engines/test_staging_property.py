"""Laws of staging: whatever the rows and the contract, each row is found again once, in one place, every time."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from data_platform.contracts.contract import Contract
from data_platform.engines.duckdb import Engine
from data_platform_tests.engines.given_rows import JANUARY, Outcome, stage_select

# What arrives: (DuckDB type, texts of values). The contract types them anew.
ARRIVING = {
    "BIGINT": ["0", "1", "-1", "9007199254740993", "NULL"],
    "DOUBLE": ["0.0", "-0.0", "1.5", "1e300", "'nan'", "'inf'", "NULL"],
    "DECIMAL(10,4)": ["0", "1.25", "-99999.9999", "NULL"],
    "VARCHAR": ["'1'", "'1.5'", "'N/A'", "''", "'it''s'", "'2024-01-15'", "NULL"],
    "TIMESTAMP": ["'2024-01-01'", "'2024-01-31 23:59:59.999999'", "'2024-02-01'", "NULL"],
    "BOOLEAN": ["true", "false", "NULL"],
}
CONTRACTED = ["BIGINT", "INTEGER", "DOUBLE", "DECIMAL(6,2)", "VARCHAR", "DATE", "TIMESTAMP", "BOOLEAN"]
BOUNDS = {"BIGINT": (0, 5), "INTEGER": (0, 1), "DOUBLE": (-1, 2), "DECIMAL(6,2)": (0, 1)}
# Casts that DuckDB has no meaning for.
IMPOSSIBLE = {
    *((has, wanted) for has in ("BIGINT", "DOUBLE", "DECIMAL(10,4)") for wanted in ("DATE", "TIMESTAMP")),
    *(("TIMESTAMP", wanted) for wanted in ("BIGINT", "INTEGER", "DOUBLE", "DECIMAL(6,2)", "BOOLEAN")),
    *(("BOOLEAN", wanted) for wanted in ("DATE", "TIMESTAMP")),
}
CONDITIONS = [
    "a IS NULL",
    "CAST(a AS VARCHAR) = CAST(b AS VARCHAR)",
    "_source_row % 3 = 0",
    "_source_file = 'f1'",
    "b IS NOT NULL",
]


@dataclass(frozen=True)
class Case:
    types: dict[str, str]
    rows: list[tuple[str, str, str]]
    """The file, and the texts of `a` and `b`."""
    contract: Contract

    @property
    def records(self) -> dict[str, int]:
        return {file: sum(row[0] == file for row in self.rows) for file in ("f0", "f1")}

    def load(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(
            f"CREATE TABLE given (a {self.types['a']}, b {self.types['b']}, _source_file VARCHAR, _source_row BIGINT, "
            "_uncast VARCHAR)"
        )
        numbers = {"f0": 0, "f1": 0}
        for file, a, b in self.rows:
            connection.execute(f"INSERT INTO given VALUES ({a}, {b}, '{file}', {numbers[file]}, NULL)")
            numbers[file] += 1


@st.composite
def columns(draw: st.DrawFn, has: str) -> dict[str, object]:
    wanted = draw(st.sampled_from([type_ for type_ in CONTRACTED if (has, type_) not in IMPOSSIBLE]))
    column: dict[str, object] = {"type": wanted, "required": draw(st.booleans())}
    if wanted in BOUNDS:
        low, high = BOUNDS[wanted]
        column |= draw(st.sampled_from([{}, {"min": low}, {"max": high}, {"min": low, "max": high}]))
    if wanted == "VARCHAR":
        column |= draw(st.sampled_from([{}, {"accepted": ["1", "it's"]}]))
    if wanted in ("DATE", "TIMESTAMP"):
        column["within_partition"] = draw(st.booleans())
    return column


@st.composite
def cases(draw: st.DrawFn) -> Case:
    types = {name: draw(st.sampled_from(sorted(ARRIVING))) for name in "ab"}
    row = st.tuples(
        st.sampled_from(["f0", "f1"]), st.sampled_from(ARRIVING[types["a"]]), st.sampled_from(ARRIVING[types["b"]])
    )
    rules = [
        {"name": f"r{i}", draw(st.sampled_from(["reject", "drop", "flag"])): draw(st.sampled_from(CONDITIONS))}
        for i in range(draw(st.integers(0, 3)))
    ]
    grain = draw(st.sampled_from([[], ["a"], ["a", "b"]]))
    contract = {
        "description": "Any contract.",
        "columns": {name: draw(columns(types[name])) for name in "ab"},
        "rules": rules,
        "grain": grain,
        "deduplicate": draw(st.sampled_from([None, {"first_by": ["b DESC"]}])) if grain else None,
    }
    return Case(types, draw(st.lists(row, max_size=14)), Contract.model_validate(contract))


def staged(case: Case, connection: duckdb.DuckDBPyConnection, folder: Path) -> Outcome:
    return stage_select(connection, folder, "SELECT * FROM given", case.contract, case.records, JANUARY)


@settings(max_examples=40, deadline=None)
@given(cases())
def test_each_row_is_found_again_once_and_a_second_run_says_the_same(case: Case) -> None:
    with tempfile.TemporaryDirectory() as name, Engine("512MiB", 2, Path(name) / "tmp").connect() as connection:
        case.load(connection)
        first = staged(case, connection, Path(name) / "1")
        second = staged(case, connection, Path(name) / "2")
    account = first.account
    everything = {(file, row) for file, rows in case.records.items() for row in range(rows)}
    clean, rejected = set(first.clean), set(first.rejected)

    assert account.closes, account.gaps
    assert clean.isdisjoint(rejected)
    assert clean | rejected <= everything
    assert len(everything - clean - rejected) == account.dropped
    assert (account.clean, account.rejected) == (len(clean), len(rejected))

    rules = [rule for row in first.rejected.values() for rule in row["_rules"]]
    assert all(row["_rules"] for row in first.rejected.values())
    assert account.rejected_by == {rule: rules.count(rule) for rule in set(rules)}
    assert all(0 < rows <= account.clean for rows in account.flagged.values())
    assert {row["_duplicate_of"] for row in first.rejected.values()} - {None} <= {f"{f}#{r}" for f, r in clean}

    assert repr((second.clean, second.rejected, second.account)) == repr((first.clean, first.rejected, account))
