"""The lake's history as OpenLineage events: what they say, that they are valid, and what a receiver gets of them."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from openlineage.client import event_v2

from data_platform.steps.errors import StepError
from data_platform.steps.openlineage import send_events, write_events
from data_platform_tests.planning.town import rain, snow, town
from data_platform_tests.small_dataset import SmallDataset

KEY = "s3cr3t-of-the-receiver"
Event = dict[str, Any]


@dataclass
class Receiver:
    """A server on loopback that keeps events by run id, as Marquez does, and what else it was sent."""

    url: str = ""
    runs: dict[str, Event] = field(default_factory=dict)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    refuse_from: int = 1_000_000
    status: int = 422


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found.headers.append(dict(self.headers))
            found.paths.append(self.path)
            refused = len(found.paths) >= found.refuse_from
            if not refused:
                found.runs[event["run"]["runId"]] = event
            # A receiver may say anything, the key that it was sent among it.
            said = f"no: {self.headers['Authorization']}" if refused else None
            self.send_response(found.status if refused else 201, said)
            if found.status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        found.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield found
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> SmallDataset:
    """The town with a view, a personal column, and two commits of one partition."""
    small = town(tmp_path_factory.mktemp("town"))
    contract = (small.folder / "staged/readings.yaml").read_text()
    small.write({"staged/readings.yaml": contract.replace("note: {type", "note: {pii: name, type")})
    rain(small, "2024-01", 1, 2, None)
    rain(small, "2024-02", 3)
    snow(small, "2024-02", 10)
    small.run()
    rain(small, "2024-02", 3, 4)
    small.receive("readings", "2024-02")
    small.run()
    return small


def written(small: SmallDataset, path: Path) -> list[Event]:
    write_events(small.platform, path, namespace="town")
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_there_is_one_event_a_commit_in_the_order_of_time(built: SmallDataset, tmp_path: Path) -> None:
    events = written(built, tmp_path / "events.ndjson")
    lake = built.platform.lake
    commits = [commit for name in lake.tables() for commit in lake.table(name).history()]

    assert len(events) == len(commits) == len({event["run"]["runId"] for event in events})
    assert [event["eventTime"] for event in events] == sorted(commit.committed_at.isoformat() for commit in commits)
    assert {event["eventType"] for event in events} == {"COMPLETE"}


def test_an_event_tells_inputs_outputs_rows_and_columns(built: SmallDataset, tmp_path: Path) -> None:
    events = written(built, tmp_path / "events.ndjson")
    event = next(each for each in reversed(events) if each["job"]["name"] == "curated.daily_rain")

    assert event["job"]["namespace"] == "town"
    assert event["job"]["facets"]["sql"]["query"].startswith("SELECT place, CAST(read_at AS DATE)")
    assert [(each["namespace"], each["name"]) for each in event["inputs"]] == [("town", "staged.readings")]
    (output,) = event["outputs"]
    facets = output["facets"]
    assert output["name"] == "curated.daily_rain"
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == facets["dataQualityMetrics"]["rowCount"] == 2
    assert [column["name"] for column in facets["schema"]["fields"]] == ["place", "reading_date", "readings", "rain_mm"]
    assert facets["documentation"]["description"] == "Rain per place and day."
    lineage = facets["columnLineage"]
    (source,) = lineage["fields"]["rain_mm"]["inputFields"]
    (way,) = source.pop("transformations")
    assert source == {"namespace": "town", "name": "staged.readings", "field": "rain_mm"}
    assert (way["type"], way["subtype"], way["description"]) == ("DIRECT", "TRANSFORMATION", "sum(rain_mm) AS rain_mm")
    assert {(each["field"], each["transformations"][0]["subtype"]) for each in lineage["dataset"]} == {
        ("place", "GROUP_BY"), ("read_at", "GROUP_BY"),
    }  # fmt: skip


def test_a_view_is_looked_through(built: SmallDataset, tmp_path: Path) -> None:
    events = written(built, tmp_path / "events.ndjson")
    event = next(each for each in reversed(events) if each["job"]["name"] == "curated.monthly_weather")
    fields = event["outputs"][0]["facets"]["columnLineage"]["fields"]

    assert {each["name"] for each in event["inputs"]} == {"staged.readings", "staged.snow"}
    assert {(each["name"], each["field"]) for each in fields["mm"]["inputFields"]} == {
        ("staged.readings", "rain_mm"), ("staged.snow", "depth_mm"),
    }  # fmt: skip


def test_personal_columns_are_tagged_and_no_value_is_told(built: SmallDataset, tmp_path: Path) -> None:
    events = written(built, tmp_path / "events.ndjson")
    event = next(each for each in events if each["job"]["name"] == "staged.readings")
    tags = event["outputs"][0]["facets"]["tags"]["tags"]
    assert [(tag["key"], tag["field"]) for tag in tags] == [("personal", "note")]
    assert "Harbour" not in (tmp_path / "events.ndjson").read_text()


def test_events_are_what_the_clients_own_classes_take(built: SmallDataset, tmp_path: Path) -> None:
    for event in written(built, tmp_path / "events.ndjson"):
        told = {key: value for key, value in event.items() if key != "schemaURL"}
        told |= {
            "run": event_v2.Run(**event["run"]),
            "job": event_v2.Job(**event["job"]),
            "eventType": event_v2.RunState(event["eventType"]),
            "inputs": [event_v2.InputDataset(**each) for each in event["inputs"]],
            "outputs": [event_v2.OutputDataset(**each) for each in event["outputs"]],
        }
        assert event_v2.RunEvent(**told).schemaURL == event["schemaURL"]


def test_a_commit_of_other_code_says_nothing_of_its_columns(built: SmallDataset, tmp_path: Path) -> None:
    sql = built.folder / "curated/daily_rain.sql"
    before = sql.read_text()
    sql.write_text(before.replace("sum(rain_mm)", "max(rain_mm)"))
    try:
        events = written(built, tmp_path / "events.ndjson")
    finally:
        sql.write_text(before)
    event = next(each for each in events if each["job"]["name"] == "curated.daily_rain")
    assert "columnLineage" not in event["outputs"][0]["facets"]
    assert "sql" not in event["job"]["facets"]
    assert event["outputs"][0]["facets"]["dataQualityMetrics"]["rowCount"] > 0


def test_a_receiver_that_is_sent_everything_again_has_it_once(built: SmallDataset, receiver: Receiver) -> None:
    first = send_events(built.platform, receiver.url, KEY, namespace="town")
    runs = dict(receiver.runs)
    assert send_events(built.platform, receiver.url, KEY, namespace="town") == first == len(runs)
    assert receiver.runs == runs
    assert len(receiver.paths) == 2 * first
    assert set(receiver.paths) == {"/api/v1/lineage"}
    assert {headers["Authorization"] for headers in receiver.headers} == {f"Bearer {KEY}"}


def test_another_installation_has_other_runs(built: SmallDataset, receiver: Receiver) -> None:
    count = send_events(built.platform, receiver.url, None, namespace="town")
    send_events(built.platform, receiver.url, None, namespace="city")
    assert len(receiver.runs) == 2 * count
    assert all("Authorization" not in headers for headers in receiver.headers)


@pytest.mark.parametrize("status", [401, 422, 302])
def test_a_receiver_that_refuses_is_told_with_what_it_took(
    built: SmallDataset, receiver: Receiver, status: int
) -> None:
    receiver.refuse_from, receiver.status = 3, status
    with pytest.raises(StepError) as told:
        send_events(built.platform, receiver.url, KEY, namespace="town")
    assert f"{receiver.url} does not take the event of " in str(told.value)
    assert "2 were taken before it; mend the receiver" in str(told.value)
    assert KEY not in str(told.value)
    if status != 302:
        assert str(status) in str(told.value)


def test_a_receiver_that_is_not_there_is_told(built: SmallDataset) -> None:
    with pytest.raises(StepError, match=r"127\.0\.0\.1:9 does not take the event of .* 0 were taken before it"):
        send_events(built.platform, "http://127.0.0.1:9", KEY, namespace="town")


def test_a_file_is_replaced_as_a_whole(built: SmallDataset, tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_text("what was there before\n")
    first = written(built, path)
    assert written(built, path) == first
    assert [each.name for each in tmp_path.iterdir()] == ["events.ndjson"]
