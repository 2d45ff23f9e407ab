"""A quota is kept by all threads and processes together: the judge is the service, which notes when it was asked."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.responses import Response

from data_platform.sources.errors import TransientSourceError
from data_platform.sources.rest.exchange import Quota
from data_platform.sources.rest.limits import Limits, Rate, limits_file
from data_platform_tests.sources.rest.playing import Api, Stage, texts, uri

_REQUESTS, _PER = 6, 0.5

PROGRAM = """
import sys
from pathlib import Path
from data_platform.sources.rest.limits import Rate
from data_platform.sources.rest.paging import Cursor
from data_platform.sources.rest.rest_api import RestApi

base, notes, requests, per = sys.argv[1:]
source = RestApi(
    base, "/v1/posts", Path(notes), None, paging=Cursor("cursor", ("meta", "next")), records=("data",),
    rate=Rate(int(requests), float(per)),
)
for _ in range(3):
    print(source.look(source.shown).text)
"""


def _most_in_a_window(times: list[float]) -> int:
    """The most questions that any window of the quota's length had, wherever it begins."""
    return max(sum(0 <= other - first < _PER for other in times) for first in times)


def _strict(api: Api) -> Api:
    """It refuses whoever asks too often, and says so by a header that nobody expects."""

    def judged(_number: int, _request: object) -> Response | None:
        times = [at for _, at in api.asked]
        return Response("too often", 400) if _most_in_a_window(times) > _REQUESTS else None

    api.hook = judged
    return api


def test_two_processes_keep_one_quota_together(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    api = _strict(Api(texts(30)))
    stage.source(api)
    command = [sys.executable, "-c", PROGRAM, stage.base, str(stage.folder), str(_REQUESTS), str(_PER)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate()[0].splitlines() for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert len({line for lines in told for line in lines}) == 1
    times = [at for _, at in api.asked]
    assert len(times) == 18
    assert _most_in_a_window(times) <= _REQUESTS


def test_threads_keep_one_quota_together(stage: Stage) -> None:
    api = _strict(Api(texts(10)))
    source = stage.source(api, rate=Rate(_REQUESTS, _PER))
    with source.connected() as connected, ThreadPoolExecutor(8) as pool:
        found = list(pool.map(connected.look, [uri(source)] * 14))
    assert len(set(found)) == 1
    assert _most_in_a_window([at for _, at in api.asked]) <= _REQUESTS


def test_who_is_told_to_wait_makes_all_others_wait(stage: Stage) -> None:
    api = Api(hook=lambda number, _: Response("", 429, {"Retry-After": "1"}) if number == 1 else None)
    one_at_a_time = Rate(1, 0.001)
    source, other = stage.source(api, rate=one_at_a_time), stage.source(api, rate=one_at_a_time)
    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(lambda one: one.look(uri(one)), (source, other)))) == 1
    first, *rest = [at for _, at in api.asked]
    assert all(at - first >= 1.0 for at in rest)


def test_a_quota_that_is_used_up_is_waited_for_before_it_is_refused(stage: Stage) -> None:
    api = Api(texts(20), headers={"X-Left": "0", "X-Reset": "1"})
    source = stage.source(api, quota=Quota("X-Left", "X-Reset"))
    source.look(uri(source))
    first, second = [at for _, at in api.asked]
    assert second - first >= 0.99  # the service's own clock


@pytest.mark.parametrize("since", [0, 1], ids=["seconds from now", "a moment"])
def test_a_quota_that_is_used_up_for_long_ends_the_look(stage: Stage, since: int) -> None:
    reset = str(since * int(time.time()) + 3600)
    api = Api(headers={"X-Left": "0", "X-Reset": reset})
    source = stage.source(api, quota=Quota("X-Left", "X-Reset"))
    with pytest.raises(TransientSourceError, match=r"wants to be left alone for 3[56]\d\d s more"):
        source.look(uri(source))
    assert len(api.asked) == 1
    with pytest.raises(TransientSourceError, match=r"wants to be left alone"):
        stage.source(api).look(uri(source))
    assert len(api.asked) == 1


def test_a_turn_of_a_process_that_was_killed_ends_by_itself(tmp_path: Path) -> None:
    limits = Limits(limits_file(tmp_path, "x"), Rate(1, 0.01), 0.05, 5.0, "x")
    taken, _ = limits._take()
    assert taken is not None
    with limits.turn():
        pass


def test_a_clock_that_was_set_back_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = Limits(limits_file(tmp_path, "x"), Rate(1, 60.0), 60.0, 0.5, "x")
    with limits.turn():
        pass
    with pytest.raises(TransientSourceError):
        limits._wait()
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now - 86_400)
    with limits.turn():
        pass
