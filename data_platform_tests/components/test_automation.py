"""Sensor and schedules against a real instance: what they request, and when they hold back."""

import socket
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.sensor_definition import SensorExecutionData

from data_platform.components.command_runs import OWNER_TAG
from data_platform_tests.components.small_dagster import MONTH, QUIET, SmallDagster, definitions_of, key
from data_platform_tests.small_dataset import FILES, NOW, reading


def _tick(town: SmallDagster, sensor: str) -> SensorExecutionData:
    repository = definitions_of(town.small).get_repository_def()
    resources = {"platform": town.small.platform}
    with dg.build_sensor_context(town.instance, repository_def=repository, resources=resources) as context:
        return repository.get_sensor_def(sensor).evaluate_tick(context)


def _requests(town: SmallDagster, sensor: str = "rain_is_stale") -> Sequence[dg.RunRequest]:
    """What a tick of the sensor asks for; nothing when it skips."""
    return _tick(town, sensor).run_requests or []


def _held(town: SmallDagster, sensor: str = "rain_is_stale") -> str:
    """Why a tick of the sensor asks for nothing."""
    tick = _tick(town, sensor)
    assert not tick.run_requests, tick.run_requests
    return tick.skip_message or ""


def _asked(town: SmallDagster) -> list[tuple[str | None, set[str]]]:
    return [(request.partition_key, _names(request)) for request in _requests(town)]


def _names(request: dg.RunRequest) -> set[str]:
    return {"/".join(asset.path) for asset in request.asset_selection or ()}


def _execute(town: SmallDagster, request: dg.RunRequest) -> dg.ExecuteInProcessResult:
    """The requested run, as the daemon launches it."""
    definitions = definitions_of(town.small)
    return definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=town.instance,
        partition_key=request.partition_key,
        asset_selection=list(request.asset_selection or ()),
        tags=dict(request.tags),
        run_config=QUIET,
        raise_on_error=False,
    )


def _work_off(town: SmallDagster) -> int:
    """Ticks and runs until the sensor skips; how many runs that took."""
    done = 0
    while found := _requests(town):
        for request in found:
            _execute(town, request)
            done += 1
        assert done < 20
    return done


def test_the_sensor_works_off_what_is_stale_and_then_skips(town: SmallDagster) -> None:
    assert _asked(town) == [(None, {"raw/places", "staged/places"})]

    assert _work_off(town) == 2

    assert len(town.small.rows("curated.daily_rain")) == 1
    assert "raw/readings 2024-02: not at its source" in _held(town)


def test_a_new_and_a_corrected_file_are_requested_with_all_that_reads_them(town: SmallDagster) -> None:
    _work_off(town)
    everything = {"raw/readings", "staged/readings", "curated/daily_rain"}

    town.small.put("2024-02", [reading(7, read_at=datetime(2024, 2, 2))])
    assert _asked(town) == [("2024-02", everything)]
    _work_off(town)

    town.small.put(MONTH, [reading(1, value=2.0)])
    assert _asked(town) == [(MONTH, everything)]


def test_changed_sql_is_requested_without_its_source(town: SmallDagster) -> None:
    _work_off(town)

    town.small.write({"curated/daily_rain.sql": FILES["curated/daily_rain.sql"].replace("sum(", "1 * sum(")})

    assert _asked(town) == [(MONTH, {"curated/daily_rain"})]


def test_the_same_ask_has_the_same_run_key_so_that_dagster_launches_it_once(town: SmallDagster) -> None:
    first, second = ([request.run_key for request in _requests(town)] for _ in range(2))

    assert first == second != []


def test_nothing_is_requested_twice_while_it_runs(town: SmallDagster) -> None:
    (request,) = _requests(town)
    job = definitions_of(town.small).resolve_implicit_global_asset_job_def()
    town.instance.create_run_for_job(
        job.get_subset(asset_selection=set(request.asset_selection or ())),
        status=dg.DagsterRunStatus.STARTED,
        asset_selection=frozenset(request.asset_selection or ()),
    )

    assert "wait for other runs" in _held(town)


def test_a_run_of_a_command_that_was_killed_holds_nothing_back(town: SmallDagster) -> None:
    (request,) = _requests(town)
    job = definitions_of(town.small).resolve_implicit_global_asset_job_def()
    killed = town.instance.create_run_for_job(
        job.get_subset(asset_selection=set(request.asset_selection or ())),
        status=dg.DagsterRunStatus.STARTED,
        asset_selection=frozenset(request.asset_selection or ()),
        tags={OWNER_TAG: f"{socket.gethostname()}/{'0' * 32}.lock"},
    )

    assert _names(_requests(town)[0]) == _names(request)
    closed = town.instance.get_run_by_id(killed.run_id)
    assert closed is not None
    assert closed.status == dg.DagsterRunStatus.FAILURE


def test_what_failed_is_asked_again_later_under_a_new_run_key(
    town: SmallDagster, monkeypatch: pytest.MonkeyPatch
) -> None:
    _work_off(town)
    town.small.put(MONTH, [reading(1), reading(1, value=9.0)])
    (received,) = _requests(town)
    assert not _execute(town, received).success
    # The file is received; what is left is a model that cannot be built from it.
    (request,) = _requests(town)
    assert not _execute(town, request).success

    assert "for a while after they failed" in _held(town)

    monkeypatch.setattr("data_platform.components.automation.datetime", _later(minutes=6))
    (again,) = _requests(town)
    assert (request.run_key or "").endswith("/0")
    assert again.run_key == (request.run_key or "").replace("/0", "/1")


def _later(minutes: int) -> type[datetime]:
    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override] # a plain one is as good
            return datetime.now(tz) + timedelta(minutes=minutes)

    return Later


def test_a_source_that_cannot_be_asked_is_told_by_the_tick(town: SmallDagster) -> None:
    _work_off(town)
    town.small.source.joinpath("places.csv").unlink()
    town.small.source.joinpath("places.csv").mkdir()

    assert "raw/places" in _held(town)


def test_many_months_are_requested_ten_at_a_time_from_the_oldest(town: SmallDagster) -> None:
    _work_off(town)
    months = [f"2024-{month:02}" for month in range(2, 13)]
    for month in months:
        town.small.put(month, [reading(1)])

    assert [partition for partition, _ in _asked(town)] == months[:10]


def test_a_schedule_asks_the_sources_that_share_its_hours(town: SmallDagster, tmp_path: Path) -> None:
    hours = '    readings:\n      check_every: "0 7 * * *"\n'
    town.small.write({"defs.yaml": FILES["defs.yaml"].replace("    readings:\n", hours)})
    town.small.run()
    town.small.put_file("places.csv", "place_id,name\n1,Quay\n2,Hill\n")
    town.small.put("2024-02", [reading(7, read_at=datetime(2024, 2, 2))])

    repository = definitions_of(town.small).get_repository_def()
    schedule = repository.get_schedule_def("rain_check")
    # A schedule's context takes an instance only by reference: one in memory has none.
    with (
        dg.DagsterInstance.local_temp(str(tmp_path)) as instance,
        dg.build_schedule_context(
            instance, NOW, repository_def=repository, resources={"platform": town.small.platform}
        ) as context,
    ):
        tick = schedule.evaluate_tick(context)

    asked = [(request.partition_key, "raw/readings" in _names(request)) for request in tick.run_requests or ()]
    assert asked == [("2024-02", True)]
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 7 * * *", "UTC")


def test_the_warehouse_is_published_once_and_only_when_no_run_is_under_way(town: SmallDagster) -> None:
    assert _held(town, "warehouse_is_behind") == "readers see everything that is committed"
    _work_off(town)

    (request,) = _requests(town, "warehouse_is_behind")
    job = definitions_of(town.small).resolve_job_def("publish")
    waiting = town.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    assert "runs are under way" in _held(town, "warehouse_is_behind")
    town.instance.report_run_canceled(waiting)

    done = job.execute_in_process(instance=town.instance, tags=dict(request.tags), run_config=QUIET)
    assert done.success
    assert town.instance.get_latest_materialization_event(key("published/warehouse")) is not None
    assert _held(town, "warehouse_is_behind") == "readers see everything that is committed"


def test_a_lookup_that_fails_does_not_hold_back_the_months_that_read_it(town: SmallDagster) -> None:
    _work_off(town)
    town.small.put_file("places.csv", "place_id,name\n1,Harbour\n1,Hill\n")
    town.small.put("2024-02", [reading(7, read_at=datetime(2024, 2, 2))])

    # The file is received, then its table fails; each is a request of its own.
    for _ in range(2):
        (places,) = _requests(town)
        assert places.partition_key is None
        assert not _execute(town, places).success

    assert _asked(town) == [("2024-02", {"raw/readings", "staged/readings", "curated/daily_rain"})]
    _work_off(town)
    assert [row["reading_id"] for row in town.small.rows("staged.readings", "2024-02")] == [7]


_LANDING = FILES["defs.yaml"].replace(
    'source: {http_file: {url: "{{ tlc_url }}/readings-{partition:%Y-%m}.parquet"}}',
    """source:
        http_file: {url: "http://127.0.0.1:1/readings-{partition:%Y-%m}.parquet", attempts: 1}
        landing:
          folder: "{{ landing }}"
          files: ['readings_(?P<month>.*)_.*[.]csv']
          partition: {from: month, format: "%Y-%m"}
          settle_seconds: 0""",
)


def test_the_sensor_asks_the_landing_zone_alone_and_takes_the_oldest_partitions_first(town: SmallDagster) -> None:
    town.small.write({"defs.yaml": _LANDING})
    town.small.settings.landing.mkdir(parents=True)
    _work_off(town)
    months = [f"{year}-{month:02}" for year in (2024, 2025) for month in range(1, 13)][:14]
    for month in reversed(months):
        for number in range(2):
            text = f"reading_id,place_id,read_at,value\n{number},1,{month}-10 12:00:00,1.5\n"
            (town.small.settings.landing / f"readings_{month}_{number}.csv").write_text(text)
    assert [partition for partition, _ in _asked(town)] == months[:10]
    town.small.receive("readings", *months[:3], now=datetime.now(UTC))
    assert "raw/readings" not in set().union(*(names for partition, names in _asked(town) if partition in months[:3]))
