"""The job `trace` in Dagster: the answer on the run and on the table's page, and refusals in words."""

import dagster as dg

from data_platform_tests.components.small_dagster import MONTH, QUIET, SmallDagster, definitions_of, failure, key


def _run(town: SmallDagster, **config: object) -> dg.ExecuteInProcessResult:
    job = definitions_of(town.small).resolve_job_def("trace")
    return job.execute_in_process(
        instance=town.instance,
        run_config={**QUIET, "ops": {"trace_key": {"config": config}}},
        raise_on_error=False,
    )


def test_the_answer_is_a_table_of_files_and_rows_on_the_assets_page(town: SmallDagster) -> None:
    town.run_month()

    result = _run(town, table="curated.daily_rain", key={"place": "Harbour", "reading_date": "2024-01-10"})

    assert result.success
    record = town.instance.fetch_observations(key("curated/daily_rain"), limit=1).records[0]
    assert record.asset_observation is not None
    told = record.asset_observation.metadata
    files = told["files"]
    assert isinstance(files, dg.TableMetadataValue)
    assert [dict(line.data) for line in files.records] == [
        {
            **{"source_rows": 2, "rows": "0, 2", "partition": MONTH, "through": "staged.readings"},
            "file": f"{town.small.source.as_uri()}/readings-2024-01.parquet",
        }
    ]
    assert (told["rows_found"].value, told["source_rows"].value) == (1, 2)


def test_quarantined_rows_of_the_key_are_told_with_their_rules(town: SmallDagster) -> None:
    town.run_month()

    assert _run(town, table="staged.readings", key={"reading_id": "2"}, partition=MONTH).success

    record = town.instance.fetch_observations(key("staged/readings"), limit=1).records[0]
    assert record.asset_observation is not None
    table = record.asset_observation.metadata["quarantined"]
    assert isinstance(table, dg.TableMetadataValue)
    assert [(line.data["row"], line.data["rules"]) for line in table.records] == [(1, "rain_mm_required")]


def test_a_key_that_no_row_has_fails_the_run_in_words(town: SmallDagster) -> None:
    town.run_month()
    told = failure(_run(town, table="staged.readings", key={"reading_id": "7"}, null=["place"]))
    assert told == "staged.readings has no row, clean or quarantined, with reading_id '7', place NULL"


def test_a_person_is_not_traced_where_the_question_is_kept(town: SmallDagster) -> None:
    contract = (town.small.folder / "staged/readings.yaml").read_text()
    town.small.write({"staged/readings.yaml": contract.replace("note: {type", "note: {pii: name, type")})
    town.run_month()

    told = failure(_run(town, table="staged.readings", key={"note": "Ann"}))
    assert "Dagster keeps with this run" in told
    assert "Ann" not in told
