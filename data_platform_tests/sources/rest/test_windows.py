"""How windows are cut and written; and a sample's service, which stands only while somebody asks."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from data_platform.contracts.partitions import Partitions
from data_platform.sources.rest.rest_api import RestApi
from data_platform.sources.rest.windows import Cut, Windows

_HOUR = timedelta(hours=1)
_NEW_YORK = Partitions("daily", datetime(2024, 3, 1).date(), "America/New_York")


@pytest.mark.parametrize(
    ("how", "since", "until"),
    [
        ("iso8601", "2024-03-10T04:30:00Z", "2024-03-11T04:00:00Z"),
        ("unix", "1710045000", "1710129600"),
        ("unix_ms", "1710045000000", "1710129600000"),
        ("%d.%m.%Y %H:%M", "09.03.2024 23:30", "11.03.2024 00:00"),
    ],
)
def test_a_window_is_asked_for_from_its_overlap_on_as_the_service_writes_times(
    how: str, since: str, until: str
) -> None:
    windows = Windows(_NEW_YORK.bounds, "America/New_York", "a", "b", format=how, overlap=_HOUR / 2, closes_after=_HOUR)
    (cut,) = windows.of("2024-03-10")
    assert windows.params(cut) == {"a": since, "b": until}
    # The day on which the clocks go forward has 23 hours.
    assert windows.closes(cut) == datetime(2024, 3, 11, 5, tzinfo=UTC)


def test_windows_of_a_size_are_the_partition_without_a_gap() -> None:
    windows = Windows(_NEW_YORK.bounds, "America/New_York", "a", size=7 * _HOUR)
    cuts = list(windows.of("2024-03-10"))
    assert [cut.end for cut in cuts[:-1]] == [cut.start for cut in cuts[1:]]
    assert (cuts[0].start, cuts[-1].end) == _NEW_YORK.bounds("2024-03-10")
    assert cuts[3] == Cut(datetime(2024, 3, 10, 21), datetime(2024, 3, 11))
    assert cuts[3].slot == "2024-03-10T21:00:00/2024-03-11T00:00:00"
    assert windows.params(cuts[3]) == {"a": "2024-03-11T01:00:00Z"}
    assert windows.closes(cuts[3]) is None


def test_a_samples_service_starts_with_the_first_question_and_is_one_for_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    bases: set[str] = set()

    async def posts(request: Request) -> JSONResponse:
        bases.add(request.url.netloc)
        return JSONResponse([{"id": 1}])

    started: list[str] = []

    def service(dataset: str) -> Starlette:
        started.append(dataset)
        return Starlette(routes=[Route("/v1/posts", posts)])

    source = RestApi("sample://town", "/v1/posts", tmp_path, service)
    with source.connected() as connected:
        assert started == []
        assert connected.shown == "sample://town/v1/posts"
        assert connected.look(source.shown) == connected.look(source.shown)
    assert started == ["town"]
    assert len(bases) == 1
