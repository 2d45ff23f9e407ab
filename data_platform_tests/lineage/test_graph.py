"""The column graph over a dataset's tables, and the JSON of one of them."""

from data_platform.lake.names import TableName
from data_platform.lineage.graph import as_json, column_graph
from data_platform_tests.small_dataset import SmallDataset, reading

RAW, STAGED, DAILY = TableName("raw", "readings"), TableName("staged", "readings"), TableName("curated", "daily_rain")


def test_edges_go_from_what_the_sql_names_to_what_it_makes(small: SmallDataset) -> None:
    graph = column_graph(small.catalog)

    assert [
        (e.source.sql, e.source_column, e.column, e.how, e.sql, e.file, e.line, e.found) for e in graph.into(DAILY)
    ] == [
        ("staged.readings", "place", None, "group", "GROUP BY ALL", "rain/curated/daily_rain.sql", 3, ("sql",)),
        ("staged.readings", "read_at", None, "group", "GROUP BY ALL", "rain/curated/daily_rain.sql", 3, ("sql",)),
        ("staged.readings", "place", "place", "value", "place", "rain/curated/daily_rain.sql", 1, ("sql",)),
        (
            *("staged.readings", "read_at", "reading_date", "value", "CAST(read_at AS DATE) AS reading_date"),
            *("rain/curated/daily_rain.sql", 1, ("sql",)),
        ),
        (
            *("staged.readings", "rain_mm", "rain_mm", "value", "sum(rain_mm) AS rain_mm"),
            *("rain/curated/daily_rain.sql", 1, ("sql",)),
        ),
    ]
    assert {(e.table, e.source_column) for e in graph.out_of(RAW)} == {
        (STAGED, name) for name in ("reading_id", "place_id", "read_at", "value", "note")
    }


def test_views_are_nodes(small: SmallDataset) -> None:
    view = 'description: Wet readings.\nview: true\ncolumns:\n  rain_mm: {type: "DECIMAL(8,2)"}\n'
    small.write({"staged/wet.yaml": view, "staged/wet.sql": "SELECT rain_mm FROM staged.readings\n"})
    small.write({"curated/daily_rain.sql": _DAILY_OF_VIEW, "curated/daily_rain.yaml": _DAILY_OF_VIEW_YAML})
    graph, wet = column_graph(small.catalog), TableName("staged", "wet")

    assert [(e.source, e.source_column) for e in graph.into(wet)] == [(STAGED, "rain_mm")]
    assert [(e.table, e.column) for e in graph.out_of(wet)] == [(DAILY, "rain_mm")]
    assert as_json(graph, small.catalog, wet)["made_by"] == "view"


def test_a_table_without_sql_takes_each_column_as_it_is_from_the_line_of_its_contract(small: SmallDataset) -> None:
    graph, places = column_graph(small.catalog), TableName("staged", "places")

    assert [(e.source.sql, e.source_column, e.column, e.how, e.file, e.line) for e in graph.into(places)] == [
        ("raw.places", "place_id", "place_id", "value", "rain/staged/places.yaml", 4),
        ("raw.places", "name", "name", "value", "rain/staged/places.yaml", 5),
    ]
    assert as_json(graph, small.catalog, places)["made_by"] == "pass_through"


def test_a_table_is_told_as_json_with_the_rules_that_look_at_each_column(small: SmallDataset) -> None:
    small.put("2024-01", [reading(1)])
    small.run()
    catalog = small.catalog
    commit = small.platform.lake.table(STAGED).history()[0]

    told = as_json(column_graph(catalog), catalog, STAGED, commit)

    assert {key: told[key] for key in ("table", "dataset", "layer", "made_by", "disagreements")} == {
        "table": "staged.readings", "dataset": "rain", "layer": "staged", "made_by": "sql", "disagreements": [],
    }  # fmt: skip
    assert told["commit"] == {"version": commit.version, "at": commit.committed_at.isoformat(), "partitions": 1}
    assert told["columns"]["rain_mm"] == {
        "type": "DECIMAL(8,2)",
        "semantic": None,
        "unit": "mm",
        "description": "",
        "personal": False,
        "privacy": "",
        "rules": [
            {
                "name": "castable",
                "kind": "reject",
                "sql": 'TRY_CAST("rain_mm" AS DECIMAL(8,2)) IS NULL AND "rain_mm" IS NOT NULL',
            },
            {"name": "rain_mm_required", "kind": "reject", "sql": '"rain_mm" IS NULL'},
            {
                "name": "rain_mm_range",
                "kind": "reject",
                "sql": "\"rain_mm\" < CAST('0' AS DECIMAL(8,2)) OR \"rain_mm\" > CAST('500' AS DECIMAL(8,2))",
            },
            {"name": "heavy", "kind": "flag", "sql": "rain_mm > 100"},
        ],
        "sql": "r.value AS rain_mm",
        "line": 1,
    }
    assert '"read_at" < partition_start()' in str(told["columns"]["read_at"]["rules"])
    assert {
        "source": "staged.places", "source_column": "name", "column": "place", "how": "value", "sql": "p.name AS place",
        "file": "rain/staged/readings.sql", "line": 1, "found": ["sql"],
    } in told["from"]  # fmt: skip
    assert {
        "table": "curated.daily_rain", "column": "rain_mm", "source_column": "rain_mm", "how": "value",
        "sql": "sum(rain_mm) AS rain_mm", "file": "rain/curated/daily_rain.sql", "line": 1, "found": ["sql"],
    } in told["to"]  # fmt: skip


def test_a_rule_over_several_columns_is_told_of_each(small: SmallDataset) -> None:
    contract = (small.folder / "staged/readings.yaml").read_text()
    rule = 'rules:\n  - {name: noted, reject: "rain_mm > 400 AND note IS NULL"}'
    small.write({"staged/readings.yaml": contract.replace("rules:", rule)})
    columns = as_json(column_graph(small.catalog), small.catalog, STAGED)["columns"]

    assert {name for name, column in columns.items() if "noted" in [r["name"] for r in column["rules"]]} == {
        "rain_mm", "note",
    }  # fmt: skip


_DAILY_OF_VIEW = "SELECT sum(rain_mm) AS rain_mm FROM staged.wet\n"
_DAILY_OF_VIEW_YAML = """\
description: All rain.
columns:
  rain_mm: {type: "DECIMAL(18,2)"}
reconciles: {none: "it is one sum over everything"}
"""
