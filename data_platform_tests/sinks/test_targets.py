"""Targets that others change, lock, restore or have made otherwise: told in words without values, or sent again."""

import re
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from data_platform.steps.errors import StepError
from data_platform_tests.databases import Database
from data_platform_tests.sinks.town import LATER, PASSWORD, TABLE, USER, Town, contract_with, town

_OURS = '"daily rain"'
_KEYS, _SENT = '"_data_platform_keys_of_daily rain"', "_data_platform_sent"
_COLUMNS = (
    "place TEXT NOT NULL, reading_date DATE NOT NULL, readings BIGINT, rain_mm {decimal}, mean_mm DOUBLE PRECISION, "
    "is_wet BOOLEAN, last_at TIMESTAMP, last_moment {moment}, note TEXT, packed {bytes}"
)
_KEY = ", PRIMARY KEY (place, reading_date)"


def _fails(gauges: Town) -> str:
    with pytest.raises(StepError) as failed:
        gauges.send(LATER)
    for value in ("Harbour", "20.25", "it's 'so'"):
        assert value not in str(failed.value), "a message has no value of a row"
    return str(failed.value)


def _columns(database: Database) -> str:
    if database.kind == "sqlite":
        return _COLUMNS.format(decimal="TEXT", moment="TEXT", bytes="BLOB")
    return _COLUMNS.format(decimal="NUMERIC", moment="TIMESTAMP WITH TIME ZONE", bytes="BYTEA")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (f"DELETE FROM {_OURS} WHERE reading_date < '2024-01-02'", "the target has 2 of the 3 rows that were sent"),
        (f"UPDATE {_OURS} SET note = 'x' WHERE reading_date < '2024-01-02'", "rows have other values in the target"),
        (f"DELETE FROM {_KEYS} WHERE reading_date < '2024-01-02'", "the target has 2 of the 3 rows that were sent"),
        (f"DELETE FROM {_SENT} WHERE \"partition\" = '2024-01'", "never sent, or the target was made anew"),
    ],
)
def test_what_others_changed_is_noticed_and_sent_again(gauges: Town, change: str, told: str) -> None:
    gauges.send()
    before = gauges.there("*")
    gauges.database.run(change)
    lacks = gauges.lacks()
    assert lacks.keys() == {"2024-01"}
    assert told in lacks["2024-01"]
    assert gauges.send(LATER).sent.keys() == {"2024-01"}
    assert gauges.there("*") == before
    assert gauges.lacks() == {}


def test_rows_of_others_stay_as_they_are(gauges: Town) -> None:
    gauges.send()
    gauges.database.run(f"INSERT INTO {_OURS} (place, reading_date) VALUES ('Theirs', '2024-01-01')")
    assert gauges.lacks() == {}
    gauges.put("2024-01", [])
    gauges.send(LATER)
    assert [row[0] for row in gauges.there("place")] == ["Harbour", "Theirs"]


@pytest.mark.parametrize("gone", [(_OURS,), (_KEYS,), (_SENT,), (_OURS, _KEYS, _SENT)])
def test_a_target_that_was_made_anew_gets_everything_again(gauges: Town, gone: Sequence[str]) -> None:
    gauges.send()
    before = gauges.there("*")
    gauges.database.run(*(f"DROP TABLE {table}" for table in gone))
    assert gauges.send(LATER).sent.keys() == {"2024-01", "2024-02"}
    assert gauges.there("*") == before
    assert gauges.lacks() == {}


def test_a_target_that_was_restored_from_an_old_backup_gets_what_it_lacks(gauges: Town) -> None:
    gauges.send()
    tables = (_OURS, _KEYS, _SENT)
    gauges.database.run(*(f"CREATE TABLE backup_{n} AS SELECT * FROM {table}" for n, table in enumerate(tables)))
    gauges.rains("2024-01", 9, 9)
    gauges.send(LATER)
    now = gauges.there("*")
    for n, table in enumerate(tables):
        gauges.database.run(f"DELETE FROM {table}", f"INSERT INTO {table} SELECT * FROM backup_{n}")
    assert re.fullmatch(r"the target has commit \d+, the table \d+", gauges.lacks()["2024-01"])
    assert gauges.send(LATER).sent.keys() == {"2024-01"}
    assert gauges.there("*") == now


def test_a_lake_that_is_filled_anew_empties_nothing(gauges: Town) -> None:
    gauges.send()
    before = gauges.there()
    fresh = Town(gauges.folder, gauges.source, gauges.home.with_name("fresh"), gauges.database)
    fresh.put_file("readings-2024-01.parquet", b"<html>busy</html>")
    fresh.run()
    assert fresh.lacks() == {}
    fresh.send(LATER)
    assert gauges.there() == before


def test_a_row_that_the_target_refuses_takes_its_whole_partition_back_and_no_other(gauges: Town) -> None:
    gauges.database.run(
        f"CREATE TABLE {_OURS} ({_columns(gauges.database)}, CONSTRAINT dry CHECK (mean_mm < 20){_KEY})"
    )
    told = _fails(gauges)
    assert "curated/daily_rain 2024-01: daily rain at" in told
    assert "dry" in told
    assert [str(row[1]) for row in gauges.there("place, reading_date")] == ["2024-02-01"]
    assert gauges.lacks().keys() == {"2024-01"}
    gauges.rains("2024-01", 1.5, 19, 0.1)
    gauges.send(LATER)
    assert len(gauges.there()) == 4


def test_a_target_that_changes_what_it_is_given_keeps_nothing_of_it(gauges: Town) -> None:
    gauges.send()
    before = gauges.there("*")
    gauges.database.run(*_triggers(gauges.database))
    gauges.rains("2024-01", 1.5, 30)
    assert "2 rows were sent, and 2 are there with other values" in _fails(gauges)
    assert gauges.there("*") == before


def _triggers(database: Database) -> Sequence[str]:
    change = f"UPDATE {_OURS} SET readings = 0 WHERE readings > 0"
    if database.kind == "sqlite":
        return [f"CREATE TRIGGER theirs AFTER UPDATE OF rain_mm ON {_OURS} BEGIN {change}; END"]
    function = (
        "CREATE FUNCTION theirs() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.readings := 0; RETURN NEW; END$$"
    )
    return [function, f"CREATE TRIGGER theirs BEFORE UPDATE ON {_OURS} FOR EACH ROW EXECUTE FUNCTION theirs()"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("note TEXT, ", "", r"has no column 'note' \(TEXT for note\); it has place, .* name another one by `columns`"),
        ("readings BIGINT", "readings REAL", r"column 'readings' is REAL, expected BIGINT for readings \(BIGINT\)"),
        ("note TEXT", "note REAL", r"column 'note' is REAL, expected TEXT for note \(VARCHAR\)"),
        ("rain_mm {}", "rain_mm NUMERIC(9,2)", r"column 'rain_mm' is NUMERIC\(9, 2\), expected .* \(DECIMAL\(38,2\)\)"),
        ("mean_mm DOUBLE PRECISION", "mean_mm NUMERIC", r"column 'mean_mm' is NUMERIC.*, expected DOUBLE"),
        ("last_at TIMESTAMP", "last_at INTEGER", r"column 'last_at' is INTEGER, expected .* for last_at"),
        (_KEY, "", r"has no primary key or unique index of exactly place, reading_date\. Add one there"),
        (_KEY, ", PRIMARY KEY (place)", r"has no primary key or unique index of exactly place, reading_date"),
        (
            _KEY,
            f", theirs INTEGER NOT NULL{_KEY}",
            r"column 'theirs' is NOT NULL without a default, and is not written",
        ),
    ],
)
def test_a_table_that_does_not_fit_is_refused_with_its_column(gauges: Town, old: str, new: str, told: str) -> None:
    decimal = "TEXT" if gauges.database.kind == "sqlite" else "NUMERIC"
    fits = f"({_columns(gauges.database)}{_KEY})"
    changed = fits.replace(old.format(decimal), new)
    assert changed != fits
    gauges.database.run(f"CREATE TABLE {_OURS} {changed}")
    assert re.search(told, _fails(gauges))
    assert gauges.there("*") == []


def test_a_table_that_fits_is_taken_as_it_is(gauges: Town) -> None:
    unique = ", theirs INTEGER NOT NULL DEFAULT 7, UNIQUE (reading_date, place)"
    gauges.database.run(f"CREATE TABLE {_OURS} ({_columns(gauges.database)}{unique})")
    gauges.send()
    assert [row[0] for row in gauges.there("theirs")] == [7] * 4
    assert gauges.lacks() == {}


def test_keys_in_two_partitions_are_refused_before_anything_is_sent(gauges: Town) -> None:
    sql = "SELECT place, count(*) AS readings FROM staged.readings GROUP BY ALL"
    gauges.says(contract=contract_with("grain: [place]"), sql=sql)
    told = _fails(gauges)
    assert "1 keys (place) are in several partitions, such as 2024-01 and 2024-02; nothing was sent" in told
    assert gauges.there("place") == []


def test_two_tables_do_not_share_a_target(gauges: Town) -> None:
    gauges.send()
    gauges.database.run(f"UPDATE {_KEYS} SET _table = 'curated.other'")
    assert "curated.other is written back there. Give curated.daily_rain a table of its own" in _fails(gauges)


def test_a_target_that_is_locked_is_told_after_the_wait_and_stays_as_it_is(gauges: Town) -> None:
    gauges.says(", wait_seconds: 0.2")
    gauges.send()
    before = gauges.there("*")
    gauges.rains("2024-01", 9)
    with closing(gauges.database.connect()) as other:
        other.cursor().execute(f"UPDATE {_OURS} SET readings = 1")
        assert re.search("lock", _fails(gauges))
        other.rollback()
    assert gauges.there("*") == before
    assert gauges.send(LATER).sent.keys() == {"2024-01"}


def test_a_target_that_does_not_answer_or_know_us_is_told_without_the_password(
    postgresql: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gauges = town(tmp_path / "town", postgresql)
    monkeypatch.setenv(USER, "tester")
    monkeypatch.setenv(PASSWORD, "wrong-s3cret")
    gauges.run()
    told = _fails(gauges)
    assert "password authentication failed" in told
    assert "wrong-s3cret" not in told
    monkeypatch.delenv(PASSWORD)
    assert f"{PASSWORD} is not set" in _fails(gauges)
    monkeypatch.setenv(PASSWORD, "wrong-s3cret")
    nowhere = postgresql.url.replace(str(postgresql.port), "1")
    path = gauges.folder / "curated/daily_rain.yaml"
    path.write_text(path.read_text().replace(postgresql.url, nowhere))
    assert re.search(r"127\.0\.0\.1:1/.*[Cc]onnection refused", _fails(gauges))


def test_what_was_sent_is_noted_in_the_lake_once(gauges: Town) -> None:
    gauges.send()
    gauges.send(LATER)
    noted = gauges.noted()
    assert [(one.partition, one.rows) for one in noted] == [("2024-01", 3), ("2024-02", 1)]
    states = gauges.platform.lake.table(TABLE).partitions()
    assert {one.fingerprint for one in noted} == {state.fingerprint for state in states.values()}
    assert "tester" not in str(noted)


def test_a_database_file_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    gauges = town(tmp_path / "town", Database("sqlite", f"sqlite:///{tmp_path}/missing.sqlite", ""))
    assert "missing.sqlite: there is no such file" in _fails(gauges)
    assert not (tmp_path / "missing.sqlite").exists()
