"""What a publication holds, and when one is written."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from data_platform.warehouse.publication import current, needed_files
from data_platform.warehouse.publish import PublicationMoved, publish
from data_platform.warehouse.read import open_read_only
from data_platform.warehouse.relations import (
    Contents,
    PublishedColumn,
    PublishedCommit,
    PublishedRelation,
    PublishedTable,
    PublishedView,
)
from data_platform_tests.warehouse.example import (
    CONFIG,
    GENERATION,
    NOW,
    commit,
    generation,
    generations_in,
    listing,
    publish_onto_current,
    write_parquet,
)


def rows(root: Path, query: str) -> list[tuple[Any, ...]]:
    with open_read_only(root / "warehouse" / "warehouse.duckdb") as reader:
        return reader.execute(query).fetchall()


def publish_relations(root: Path, *relations: PublishedRelation) -> None:
    versions = {f"{one.schema}/{one.name}": "1" for one in relations if isinstance(one, PublishedTable)}
    publish_onto_current(root, Contents(relations, versions))


def table(name: str, *files: Path, as_view: bool = False, columns: tuple[PublishedColumn, ...]) -> PublishedTable:
    return PublishedTable("staged" if as_view else "curated", name, "", columns, files, as_view=as_view)


def test_publishing_the_same_again_writes_nothing(tmp_path: Path) -> None:
    contents = generation(tmp_path, 1)
    first = publish_onto_current(tmp_path, contents)
    before = listing(tmp_path / "warehouse")
    never_iterated = (pytest.fail("commits were collected for nothing") for _ in range(1))
    reordered = tuple(
        replace(one, files=one.files[::-1]) if isinstance(one, PublishedTable) else one
        for one in reversed(contents.relations)
    )
    same = replace(contents, relations=reordered, commits=never_iterated)
    assert publish_onto_current(tmp_path, same) == first
    assert listing(tmp_path / "warehouse") == before


@pytest.mark.parametrize("change", ["version", "comment", "mask", "needs"])
def test_any_change_of_data_or_shape_is_published(tmp_path: Path, change: str) -> None:
    contents = generation(tmp_path, 1)
    first = publish_onto_current(tmp_path, contents)
    revenue, *others = contents.relations
    assert isinstance(revenue, PublishedTable)
    masked = (replace(GENERATION, personal=True),)
    changed = {
        "version": replace(contents, versions={**contents.versions, "curated/daily_revenue": "2"}),
        "comment": replace(contents, relations=(replace(revenue, comment="Revenue in US dollars"), *others)),
        "mask": replace(contents, relations=(replace(revenue, columns=masked), *others)),
        "needs": replace(contents, needs=frozenset({"one/more.parquet"})),
    }[change]
    assert publish_onto_current(tmp_path, changed).id != first.id


def test_a_home_that_was_moved_is_published_again_because_its_views_point_to_the_old_place(tmp_path: Path) -> None:
    publish_onto_current(tmp_path / "old", generation(tmp_path / "old", 1))
    (tmp_path / "old").rename(tmp_path / "new")
    publish_onto_current(tmp_path / "new", generation(tmp_path / "new", 1))
    assert generations_in(tmp_path / "new" / "warehouse" / "warehouse.duckdb") == {1}


def test_the_previous_publication_stays_as_a_file_and_its_files_stay_needed(tmp_path: Path) -> None:
    folder = tmp_path / "warehouse"
    all_contents = [generation(tmp_path, number) for number in (1, 2, 3)]
    for contents in all_contents:
        publish_onto_current(tmp_path, contents)
    assert generations_in(folder / "warehouse.duckdb") == {3}
    assert generations_in(folder / "previous.duckdb") == {2}
    assert needed_files(folder) == all_contents[1].needs | all_contents[2].needs
    assert sorted(path.name for path in folder.iterdir()) == [
        "previous.duckdb",
        "publication.json",
        "publish.lock",
        "warehouse.duckdb",
    ]


def test_the_current_publication_is_known_across_processes_by_its_record(tmp_path: Path) -> None:
    folder = tmp_path / "warehouse"
    assert current(folder) is None
    published = publish_onto_current(tmp_path, generation(tmp_path, 1))
    assert current(folder) == published
    assert published.versions == {"curated/daily_revenue": "1", "staged/trips": "1"}
    assert published.published_at == NOW


def test_a_deleted_warehouse_file_is_published_again(tmp_path: Path) -> None:
    folder = tmp_path / "warehouse"
    for number in (1, 2):
        publish_onto_current(tmp_path, generation(tmp_path, number))
    (folder / "warehouse.duckdb").unlink()
    assert current(folder) is None
    publish_onto_current(tmp_path, generation(tmp_path, 2))
    assert generations_in(folder / "warehouse.duckdb") == {2}
    assert generations_in(folder / "previous.duckdb") == {1}
    assert needed_files(folder) >= generation(tmp_path, 1).needs | generation(tmp_path, 2).needs


def test_a_record_that_is_no_record_is_named_and_says_what_to_do(tmp_path: Path) -> None:
    publish_onto_current(tmp_path, generation(tmp_path, 1))
    (tmp_path / "warehouse" / "publication.json").write_text('{"publications": [{}]}')
    with pytest.raises(ValueError, match=r"publication\.json is no publication record .* Delete it"):
        current(tmp_path / "warehouse")


def test_a_publisher_that_looked_before_another_published_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "warehouse"
    base = publish_onto_current(tmp_path, generation(tmp_path, 1))
    publish_onto_current(tmp_path, generation(tmp_path, 3))
    before = listing(folder)
    with pytest.raises(PublicationMoved, match=base.id):
        publish(folder, generation(tmp_path, 2), base=base, now=NOW, config=CONFIG)
    assert generations_in(folder / "warehouse.duckdb") == {3}
    assert listing(folder)["warehouse.duckdb"] == before["warehouse.duckdb"]


def test_of_publishers_at_the_same_time_one_wins_and_the_others_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "warehouse"

    def attempt(contents: Contents) -> str:
        try:
            return publish(folder, contents, base=None, now=NOW, config=CONFIG).versions["staged/trips"]
        except PublicationMoved:
            return "moved"

    with ThreadPoolExecutor(4) as threads:
        outcomes = list(threads.map(attempt, [generation(tmp_path, number) for number in range(4)]))
    winners = [outcome for outcome in outcomes if outcome != "moved"]
    assert len(winners) == 1
    assert generations_in(folder / "warehouse.duckdb") == {int(winners[0])}


def test_a_publication_that_cannot_be_built_leaves_the_old_one_and_no_litter(tmp_path: Path) -> None:
    folder = tmp_path / "warehouse"
    publish_onto_current(tmp_path, generation(tmp_path, 1))
    before = listing(folder)
    contents = generation(tmp_path, 2)
    (tmp_path / "lake" / "staged/trips/2024-02-2.parquet").unlink()
    with pytest.raises(duckdb.IOException, match=r"2024-02-2\.parquet"):
        publish_onto_current(tmp_path, contents)
    assert listing(folder).keys() == before.keys()
    assert generations_in(folder / "warehouse.duckdb") == {1}


def test_what_a_killed_publisher_left_is_gone_before_the_next_one_needs_the_space(tmp_path: Path) -> None:
    folder = tmp_path / "warehouse"
    first = publish_onto_current(tmp_path, generation(tmp_path, 1))
    left = {
        f"warehouse.{first.id}.duckdb",
        f"warehouse.{first.id}.duckdb.wal",
        f"previous.{first.id}.duckdb",
        f"publication.{first.id}.json",
    }
    for name in left:
        (folder / name).touch()

    def look_while_building() -> Iterator[PublishedCommit]:
        assert not left & listing(folder).keys()
        yield commit(2)

    publish_onto_current(tmp_path, generation(tmp_path, 2, look_while_building()))
    assert rows(tmp_path, "SELECT version FROM operations.commits") == [(2,)]


def test_files_of_the_reader_beside_the_warehouse_are_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "warehouse"
    folder.mkdir()
    (folder / "warehouse.backup.duckdb").write_text("mine")
    publish_onto_current(tmp_path, generation(tmp_path, 1))
    assert (folder / "warehouse.backup.duckdb").read_text() == "mine"


@pytest.mark.parametrize("as_view", [False, True])
def test_a_relation_without_files_has_its_columns_and_no_rows(tmp_path: Path, as_view: bool) -> None:
    columns = (PublishedColumn("fare_usd", "DECIMAL(12,2)"), PublishedColumn("_rules", "VARCHAR[]"))
    publish_relations(tmp_path, table("t", as_view=as_view, columns=columns))
    name = "staged.t" if as_view else "curated.t"
    described = rows(tmp_path, f"SELECT column_name, column_type FROM (DESCRIBE {name})")
    assert described == [("fare_usd", "DECIMAL(12,2)"), ("_rules", "VARCHAR[]")]
    assert rows(tmp_path, f"SELECT count(*) FROM {name}") == [(0,)]


@pytest.mark.parametrize("as_view", [False, True])
def test_the_declared_columns_and_types_are_published_whatever_the_files_have(tmp_path: Path, as_view: bool) -> None:
    # A folder's name is no column, whatever it looks like.
    folder = tmp_path / "lake" / "id=9"
    older = write_parquet(folder / "a.parquet", "SELECT 1::INTEGER AS id, 'x' AS _source_file")
    newer = write_parquet(folder / "b.parquet", "SELECT 2.0::DOUBLE AS fee_usd, 2::BIGINT AS id")
    columns = tuple(
        PublishedColumn(*one) for one in (("id", "BIGINT"), ("fee_usd", "DECIMAL(12,2)"), ("note", "VARCHAR"))
    )
    publish_relations(tmp_path, table("t", older, newer, as_view=as_view, columns=columns))
    name = "staged.t" if as_view else "curated.t"
    assert rows(tmp_path, f"FROM {name} ORDER BY id") == [(1, None, None), (2, Decimal("2.00"), None)]
    assert rows(tmp_path, f"SELECT list(column_type) FROM (DESCRIBE {name})") == [
        (["BIGINT", "DECIMAL(12,2)", "VARCHAR"],)
    ]


def test_names_texts_and_paths_are_data_and_never_sql_or_patterns(tmp_path: Path) -> None:
    file = write_parquet(tmp_path / "lake" / "plain.parquet", 'SELECT 7 AS "sel""ect; --"')
    odd = tmp_path / "lake" / "it's; --"
    odd.mkdir()
    file = file.rename(odd / "p?.parquet")
    write_parquet(tmp_path / "lake" / "other.parquet", 'SELECT 8 AS "sel""ect; --"').rename(odd / "pp.parquet")
    column = PublishedColumn('sel"ect; --', "BIGINT", "it's; --")
    relation = PublishedTable('sch"ema', "ta'ble", "O'Brien \" ; --", (column,), (file,), as_view=True)
    view = PublishedView('sch"ema', "vi ew", "v", """SELECT * FROM "sch""ema"."ta'ble" -- end""", (column,))
    publish_relations(tmp_path, relation, view)
    assert rows(tmp_path, """FROM "sch""ema"."ta'ble" """) == [(7,)]
    assert rows(tmp_path, """FROM "sch""ema"."vi ew" """) == [(7,)]
    assert rows(tmp_path, "SELECT DISTINCT comment FROM duckdb_columns() WHERE column_name = 'sel\"ect; --'") == [
        ("it's; --",)
    ]


def test_views_over_relative_paths_are_readable_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_parquet(tmp_path / "lake" / "a.parquet", "SELECT 5 AS generation")
    monkeypatch.chdir(tmp_path)
    publish_relations(tmp_path, table("t", Path("lake/a.parquet"), as_view=True, columns=(GENERATION,)))
    monkeypatch.chdir("/")
    assert rows(tmp_path, "FROM staged.t") == [(5,)]


def test_comments_of_tables_views_and_columns_are_carried(tmp_path: Path) -> None:
    column = PublishedColumn("id", "BIGINT", "Who it is")
    publish_relations(
        tmp_path,
        PublishedTable("curated", "t", "A table", (column,), (), as_view=False),
        PublishedTable("staged", "t", "Rows in files", (column,), (), as_view=True),
        PublishedView("staged", "v", "A view", "SELECT id FROM staged.t", (column,)),
    )
    relations = """SELECT comment FROM duckdb_tables() WHERE schema_name = 'curated'
        UNION ALL SELECT comment FROM duckdb_views() WHERE schema_name = 'staged' ORDER BY ALL"""
    assert rows(tmp_path, relations) == [("A table",), ("A view",), ("Rows in files",)]
    columns = "SELECT schema_name, table_name FROM duckdb_columns() WHERE comment = 'Who it is' ORDER BY ALL"
    assert rows(tmp_path, columns) == [("curated", "t"), ("staged", "t"), ("staged", "v")]


@pytest.mark.parametrize("as_view", [False, True])
def test_personal_columns_are_masked_and_still_say_whether_there_was_text(tmp_path: Path, as_view: bool) -> None:
    file = write_parquet(
        tmp_path / "lake" / "a.parquet",
        "SELECT 'Ann' AS name, DATE '1990-01-02' AS born_on, 1 AS id UNION ALL SELECT NULL, NULL, 2",
    )
    columns = (
        PublishedColumn("id", "INTEGER"),
        PublishedColumn("name", "VARCHAR", personal=True),
        PublishedColumn("born_on", "DATE", personal=True),
    )
    through = PublishedView("staged", "v", "", "SELECT 1 AS id, 'Bob' AS name, NULL AS born_on", columns)
    publish_relations(tmp_path, table("t", file, as_view=as_view, columns=columns), through)
    name = "staged.t" if as_view else "curated.t"
    assert rows(tmp_path, f"FROM {name} ORDER BY id") == [(1, "***", None), (2, None, None)]
    assert rows(tmp_path, "FROM staged.v") == [(1, "***", None)]
    if not as_view:
        assert b"Ann" not in (tmp_path / "warehouse" / "warehouse.duckdb").read_bytes()


def test_views_may_come_before_the_tables_that_they_read(tmp_path: Path) -> None:
    columns = (PublishedColumn("id", "BIGINT"),)
    view = PublishedView("staged", "v", "", "SELECT id FROM curated.t", columns)
    publish_relations(tmp_path, view, table("t", columns=columns))
    assert rows(tmp_path, "FROM staged.v") == []


def test_views_work_under_whatever_name_a_tool_attaches_the_warehouse(tmp_path: Path) -> None:
    publish_onto_current(tmp_path, generation(tmp_path, 1))
    with duckdb.connect() as tool:
        tool.execute(f"ATTACH '{tmp_path / 'warehouse' / 'warehouse.duckdb'}' AS some_name (READ_ONLY)")
        assert tool.execute("SELECT DISTINCT generation FROM some_name.staged.all_trips").fetchall() == [(1,)]


def test_operations_tell_what_was_published_and_every_account(tmp_path: Path) -> None:
    other = replace(commit(8), rows_in=None, rows_out=None, rows_rejected=None, rows_dropped=None, by_rule={})
    publish_onto_current(tmp_path, generation(tmp_path, 1, [commit(7), other]))
    published = "SELECT table_name, data_version, rows, published_at FROM operations.publication ORDER BY ALL"
    moment = NOW.replace(tzinfo=None)
    assert rows(tmp_path, published) == [
        ("curated/daily_revenue", "1", 2, moment),
        ("staged/all_trips", None, None, moment),
        ("staged/trips", "1", 2, moment),
    ]
    commits = rows(tmp_path, "FROM operations.commits ORDER BY version")
    account = (10, 7, 2, 1, '{"castable": 2}')
    assert commits == [
        ("staged/trips", "2024-01", 7, moment, *account, "0123456789abcde", None),
        ("staged/trips", "2024-01", 8, moment, None, None, None, None, "{}", "0123456789abcde", None),
    ]
    assert json.loads(commits[0][8]) == {"castable": 2}


def test_a_publication_without_commits_still_has_their_table(tmp_path: Path) -> None:
    publish_onto_current(tmp_path, generation(tmp_path, 1, []))
    assert rows(tmp_path, "FROM operations.commits") == []


@pytest.mark.parametrize(
    ("relations", "versions", "message"),
    [
        ([], {}, "nothing to publish"),
        ([table("t", columns=(GENERATION,))], {}, "curated/t has no data version"),
        ([table("t", columns=())], {"curated/t": "1"}, "curated/t has no columns"),
        ([table(name, columns=(GENERATION,)) for name in ("t", "T")], {"curated/t": "1"}, "curated/T .* twice"),
        ([PublishedView("Operations", "v", "", "SELECT 1 AS generation", (GENERATION,))], {}, "publisher's own"),
    ],
)
def test_contents_that_make_no_sense_are_refused(
    relations: list[PublishedRelation], versions: dict[str, str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Contents(tuple(relations), versions)


@pytest.mark.parametrize("type_text", ["MONEY", "BIGINT) AS x, (SELECT 1", "BIGINT -- x"])
def test_a_type_that_is_no_type_is_named_with_its_column(tmp_path: Path, type_text: str) -> None:
    with pytest.raises(ValueError, match="curated/t: column 'fare' has type"):
        publish_relations(tmp_path, table("t", columns=(PublishedColumn("fare", type_text),)))
