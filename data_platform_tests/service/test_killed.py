"""The endpoint as a process: killed at every step, told to end, two at once, and clients that keep it waiting."""

import signal
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from data_platform.lake.sightings import Sighting
from data_platform_tests.service.pushing import Shop, asking, lines, open_shop, review, reviews_dataset, told
from data_platform_tests.service.served import KILLED_AT, served
from data_platform_tests.small_dataset import SmallDataset

BODY = lines(review(1), review(2))


def _client(base: str) -> httpx.Client:
    return httpx.Client(base_url=base, trust_env=False, timeout=60)


def _is_there_once(shop: Shop) -> None:
    retried = shop.push("k", BODY)
    again = shop.push("k", BODY)

    assert retried.status_code in (200, 201)
    assert (again.status_code, told(again)) == (200, told(retried))
    assert [(sighting.slot, sighting.records) for sighting in shop.sightings()] == [("shop/k", 2)]
    shop.small.run()
    assert [row["review_id"] for row in shop.small.rows("staged.reviews")] == [1, 2]


@pytest.mark.parametrize("step", KILLED_AT)
def test_a_push_whose_endpoint_was_killed_is_there_once_when_it_is_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    reviews_dataset(tmp_path)
    with served(tmp_path, step) as (process, base), _client(base) as client:
        with pytest.raises(httpx.TransportError):
            client.post("/v1/tables/reviews", content=BODY, headers=asking("SHOP_TOKEN", "k"))
        assert process.wait() == -signal.SIGKILL

    with open_shop(tmp_path, monkeypatch) as shop:
        assert len(shop.sightings()) == (step == "ledger has it")
        _is_there_once(shop)


def test_a_push_whose_endpoint_was_killed_while_it_was_sent_is_there_once_when_it_is_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviews_dataset(tmp_path)
    with served(tmp_path) as (process, base), socket.create_connection(_place(base), timeout=60) as connection:
        connection.sendall(_head("k", len(BODY)) + BODY[:20])
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        process.kill()
        process.wait()

    with open_shop(tmp_path, monkeypatch) as shop:
        assert shop.sightings() == ()
        _is_there_once(shop)


def test_told_to_end_it_finishes_what_is_in_work_and_takes_nothing_more(tmp_path: Path) -> None:
    small = reviews_dataset(tmp_path)
    with served(tmp_path) as (process, base), socket.create_connection(_place(base), timeout=60) as connection:
        connection.sendall(b"POST /v1/tables/reviews HTTP/1.1\r\nexpect: 100-continue\r\n" + _fields("k", len(BODY)))
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 100 ")
        process.send_signal(signal.SIGINT)
        _wait_until_nobody_listens(_place(base))
        connection.sendall(BODY)
        answer = connection.recv(1 << 16)
        assert process.wait(60) == 0

    assert answer.startswith(b"HTTP/1.1 201 ")
    assert [sighting.slot for sighting in _sightings(small)] == ["shop/k"]


def test_two_endpoints_over_one_lake_take_a_push_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_shop(tmp_path, monkeypatch) as here, served(tmp_path) as (_, base), _client(base) as there:

        def push(number: int) -> httpx.Response:
            client = (here.http, there)[number % 2]
            headers = asking("SHOP_TOKEN", f"k{number // 4}")
            return client.post("/v1/tables/reviews", content=lines(review(number // 4)), headers=headers)

        with ThreadPoolExecutor(8) as clients:
            answers = list(clients.map(push, range(40)))

        assert sorted(answer.status_code for answer in answers) == [200] * 30 + [201] * 10
        assert sorted(sighting.slot for sighting in here.sightings()) == sorted(f"shop/k{n}" for n in range(10))


@pytest.mark.parametrize("begun", [b"", b"POST /v1/tables/reviews HTTP/1.1\r\nhost: x\r\n"])
def test_who_sends_no_whole_head_is_cut_off(tmp_path: Path, begun: bytes) -> None:
    reviews_dataset(tmp_path)
    whole = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
    with (
        served(tmp_path, "", "0.3") as (_, base),
        socket.create_connection(_place(base), timeout=30) as first,
        socket.create_connection(_place(base), timeout=30) as second,
    ):
        first.sendall(begun)
        second.sendall(whole)
        answer = second.recv(1 << 16)
        second.sendall(whole[:9])

        assert first.recv(1 << 16) == b""
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert second.recv(1 << 16)[:0] == b""


def _place(base: str) -> tuple[str, int]:
    parts = urlsplit(base)
    return str(parts.hostname), int(parts.port or 0)


def _head(key: str, length: int) -> bytes:
    return b"POST /v1/tables/reviews HTTP/1.1\r\n" + _fields(key, length)


def _fields(key: str, length: int) -> bytes:
    fields = {"host": "x", "content-length": str(length), **asking("SHOP_TOKEN", key)}
    return b"".join(f"{name}: {value}\r\n".encode() for name, value in fields.items()) + b"\r\n"


def _wait_until_nobody_listens(place: tuple[str, int]) -> None:
    while True:
        try:
            socket.create_connection(place, timeout=5).close()
        except ConnectionError:
            return


def _sightings(small: SmallDataset) -> Sequence[Sighting]:
    return small.platform.lake.ledger("reviews").read().all()
