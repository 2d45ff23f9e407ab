"""What lies in a home, judged without the platform's own search: every trace of a person in every file, unpacked."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb

from data_platform_tests.steps.forget_people import People, Person

# Everybody's are of these forms. `co…` is another person's address, of which theirs is a part.
_TRACES = re.compile(rb"(?<!co)ann(\d+)@example\.org|Tester(\d+)x|4179(\d{7})", re.IGNORECASE)


def traces(home: Path) -> dict[int, set[str]]:
    """By the number of each person of whom anything stands in a file: these files."""
    found: dict[int, set[str]] = {}
    paths = sorted(path for path in home.rglob("*") if path.is_file() and not path.is_symlink())
    # All at once: who opens a database as such takes away what lies beside it.
    for path, read in [(path, path.read_bytes()) for path in paths]:
        for content in _contents(path, read):
            for numbers in _TRACES.findall(content):
                number = int(next(filter(None, numbers)))
                found.setdefault(number, set()).add(path.relative_to(home).as_posix())
    return found


def traces_of(home: Path, some: tuple[Person, ...]) -> dict[int, set[str]]:
    """The same of some people."""
    numbers = {one.number for one in some}
    return {number: files for number, files in traces(home).items() if number in numbers}


def _contents(path: Path, content: bytes) -> Iterator[bytes]:
    yield content
    if content.startswith(b"PAR1"):
        with duckdb.connect() as connection:
            yield from _rows(connection, f"read_parquet('{path}', hive_partitioning=false)")
    elif content[8:12] == b"DUCK":
        with duckdb.connect(str(path), read_only=True) as connection:
            for schema, name in connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall():
                yield from _rows(connection, f'"{schema}"."{name}"')
    elif content.startswith(b"SQLite"):
        with closing(sqlite3.connect(path)) as database:
            yield "\n".join(database.iterdump()).encode()


def _rows(connection: duckdb.DuckDBPyConnection, relation: str) -> Iterator[bytes]:
    for row in connection.execute(f"SELECT CAST(found AS VARCHAR) FROM {relation} AS found").fetchall():
        yield str(row[0]).encode()


def rows_of(people: People) -> dict[str, list[dict[str, object]]]:
    """All rows of all tables and their quarantines, without where they came from and in an order of their own."""
    found = {}
    for table in ("staged.customers", "staged.posts", "staged.orders", "curated.spending", "curated.ages"):
        found[table] = _sorted(people.small.rows(table))
        if table.startswith("staged"):
            rejected = people.small.quarantine(table)
            hidden = ("_source_file", "_source_row", "_duplicate_of")
            plain = [{name: value for name, value in row.items() if name not in hidden} for row in rejected]
            found[table.replace("staged", "quarantine")] = _sorted(plain)
    return found


def _sorted(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return sorted(rows, key=lambda row: sorted((name, str(value)) for name, value in row.items()))


def without(
    people: People, rows: dict[str, list[dict[str, object]]], gone: tuple[Person, ...]
) -> dict[str, list[dict[str, object]]]:
    """What these rows must be once some people are forgotten: all others, with what named them in texts replaced."""
    numbers = {one.number for one in gone}
    emails = {one.email for one in gone}
    hashes = {people.small.platform.personal_key.digest(email) for email in emails}

    def stays(row: dict[str, object]) -> bool:
        text = str(row.get("_original") or "").lower()
        named = any(email in text for email in emails)
        theirs = (row.get("customer_id"), row.get("author"), row.get("customer"))
        return not named and theirs[0] not in numbers and theirs[1] not in emails and theirs[2] not in emails | hashes

    def replaced(value: object) -> object:
        if not isinstance(value, str):
            return value
        parts = re.split(r"((?:co)?ann\d+@example\.org|\+4179\d{7})", value)
        phones = {one.phone for one in gone}
        return "".join("[forgotten]" if part in emails | phones else part for part in parts)

    found = {
        table: [{name: replaced(value) for name, value in row.items()} for row in of if stays(row)]
        for table, of in rows.items()
    }
    found["curated.ages"] = _sorted([{"age": age, "customers": count} for age, count in _by_month(people, numbers)])
    return {table: _sorted(of) for table, of in found.items()}


def _by_month(people: People, gone: set[int]) -> Iterator[tuple[object, int]]:
    """Ages are counted in each month for itself."""
    for month in ("2024-01", "2024-02"):
        counted: dict[object, int] = {}
        for row in people.small.rows("staged.customers", month):
            if row["customer_id"] not in gone:
                counted[row["age"]] = counted.get(row["age"], 0) + 1
        yield from counted.items()
