"""The job and the command: where values come from, what Dagster keeps of them, and when nothing is begun."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest

from data_platform.components.metadata import asset_key
from data_platform.lake.names import TableName
from data_platform_tests.cli.driven import instance_in
from data_platform_tests.components.small_dagster import QUIET, definitions_of, failure
from data_platform_tests.steps.forget_command import command
from data_platform_tests.steps.forget_home import rows_of, traces_of
from data_platform_tests.steps.forget_people import KEY, People, Person, people

Run = Callable[..., dg.ExecuteInProcessResult]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> People:
    """Eight people, received and made: who is forgotten here is another one in each test."""
    made = people(tmp_path_factory.mktemp("people"), 8)
    made.deliver(0)
    made.small.run()
    return made


@pytest.fixture(scope="module")
def instance(world: People) -> Iterator[dg.DagsterInstance]:
    with instance_in(world.small) as instance:
        yield instance


@pytest.fixture(scope="module")
def definitions(world: People) -> dg.Definitions:
    return definitions_of(world.small)


@pytest.fixture
def run(definitions: dg.Definitions, instance: dg.DagsterInstance) -> Run:
    """Launches the job as the UI does."""

    def launch(**config: object) -> dg.ExecuteInProcessResult:
        run_config = {**QUIET, "ops": {"forget_people": {"config": {"column": KEY, **config}}}}
        of = definitions.resolve_job_def("forget")
        return of.execute_in_process(instance=instance, run_config=run_config, raise_on_error=False)

    return launch


def values_in(folder: Path, *some: Person) -> Path:
    """A file with these people, as a spreadsheet saves it."""
    file = folder / "values.txt"
    file.write_text("".join(f"{one.email}\r\n" for one in some), encoding="utf-8-sig")
    return file


def contents(world: People) -> dict[Path, bytes]:
    """All files of the lake."""
    return {path: path.read_bytes() for path in world.small.settings.lake_path.rglob("*") if path.is_file()}


def test_a_run_reads_the_values_from_a_file_and_dagster_keeps_none_and_is_told_what_was_made(
    world: People, instance: dg.DagsterInstance, run: Run, tmp_path: Path
) -> None:
    gone = world.everybody[:2]

    assert run(file=str(values_in(tmp_path, *gone))).success

    assert traces_of(world.small.home, gone) == {}
    table = world.small.platform.lake.table(TableName("curated", "ages"))
    events = instance.event_log_storage.get_latest_tags_by_partition(
        asset_key(table.name), dg.DagsterEventType.ASSET_MATERIALIZATION, ["dagster/data_version"]
    )
    versions = {key: tags["dagster/data_version"] for key, tags in events.items()}
    assert versions == {key: state.fingerprint for key, state in table.partitions().items()}


def test_a_run_reads_the_values_from_a_variable_that_it_is_told(
    world: People, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHO", world.everybody[2].email)

    assert run(variable="WHO").success
    assert traces_of(world.small.home, world.everybody[2:3]) == {}


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({}, "say where the values are"),
        ({"variable": "NOBODY_SET_IT"}, "the variable NOBODY_SET_IT is not set"),
        ({"file": "nowhere.txt"}, r"nowhere\.txt: cannot be read as text \(FileNotFoundError\)"),
        ({"column": "staged.customers.mail", "file": "values.txt"}, r"has no column mail \(did you mean 'email'"),
        ({"file": "values.txt", "follow": ["name"]}, "'name' does not lead from one row to another"),
    ],
)
def test_what_is_asked_wrongly_is_told_and_changes_nothing(
    world: People, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: dict[str, object], told: str
) -> None:
    values_in(tmp_path, world.everybody[7])
    monkeypatch.chdir(tmp_path)
    before = contents(world)

    result = run(**config)

    assert not result.success
    assert re.search(told, failure(result)), failure(result)
    assert contents(world) == before


def test_nothing_is_begun_while_a_run_is_at_work(
    world: People, instance: dg.DagsterInstance, definitions: dg.Definitions, run: Run, tmp_path: Path
) -> None:
    maintenance = definitions.resolve_job_def("maintenance")
    other = instance.create_run_for_job(maintenance, status=dg.DagsterRunStatus.STARTED)
    before = contents(world)

    result = run(file=str(values_in(tmp_path, world.everybody[7])))

    instance.delete_run(other.run_id)
    assert f"1 runs are at work, such as {other.run_id}" in failure(result)
    assert contents(world) == before


def test_a_dry_run_says_what_would_go_and_changes_nothing(world: People, instance: dg.DagsterInstance) -> None:
    before = contents(world)

    code, printed = command(world, instance, world.everybody[7].email, dry_run=True)

    assert code == 0
    assert "raw/orders: 2 rows would go from 1 files, 0 change" in printed
    assert "Nothing was changed." in printed
    assert contents(world) == before


def test_values_that_nobody_has_are_forgotten_at_once(world: People, instance: dg.DagsterInstance) -> None:
    before = rows_of(world)

    code, printed = command(world, instance, "nobody@example.com\n")

    assert (code, rows_of(world)) == (0, before)
    assert "None of the values was found." in printed
