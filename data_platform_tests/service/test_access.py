"""Who may push, and what is turned away before anything of it is kept."""

import gzip
import json
import logging
import re
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest

from data_platform.service import app, bodies
from data_platform.service.access import access
from data_platform.service.app import push_app
from data_platform.steps.errors import StepError
from data_platform_tests.service.pushing import FILES, TOKENS, Shop, asking, lines, review, told
from data_platform_tests.small_dataset import small_dataset

WRONG = ["", "Bearer", "Bearer wrong", "Basic canary-shop-token", f"Bearer {TOKENS['OTHER_TOKEN']}", "Bearer \xff"]


def _with(name: str, value: str) -> dict[bytes, bytes]:
    """Headers of which one is any bytes at all."""
    return {k.encode(): v.encode("latin-1") for k, v in {**asking("SHOP_TOKEN", "k"), name: value}.items()}


@pytest.mark.parametrize("authorization", WRONG)
def test_without_a_token_of_the_table_nothing_is_taken_and_nothing_told(shop: Shop, authorization: str) -> None:
    sent = _with("authorization", authorization)

    answers = [
        shop.http.post("/v1/tables/reviews", content=lines(review(1)), headers=sent),
        shop.http.get("/v1/tables/reviews/receipts/k", headers=sent),
    ]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].headers["www-authenticate"] == "Bearer"
    assert told(answers[0]) == told(answers[1])
    assert shop.sightings() == ()


@pytest.mark.parametrize(
    "table", ["places", "nothing", "%2e%2e", "..%2f..%2fetc", "ＲＥＶＩＥＷＳ", "reviews%00", "raw.reviews"]
)
def test_a_table_that_takes_no_pushes_is_not_found_and_who_has_no_token_does_not_learn_that(
    shop: Shop, table: str
) -> None:
    url = f"/v1/tables/{table}"

    with_token = shop.http.post(url, content=lines(review(1)), headers=asking("SHOP_TOKEN", "k"))
    without = shop.http.post(url, content=lines(review(1)), headers=asking("wrong", "k"))

    assert with_token.status_code == 404
    assert without.status_code == (404 if "%2f" in table else 401)


@pytest.mark.parametrize(
    "key", ["", "..", "../x", "a/b", "a b", "-a", "a" * 201, "é", "a%00", "a\\b", '"', "a?b", "a#b", "%2e%2e"]
)
def test_a_key_that_is_none_is_told(shop: Shop, key: str) -> None:
    sent = _with("idempotency-key", key)

    answer = shop.http.post("/v1/tables/reviews", content=lines(review(1)), headers=sent)

    assert answer.status_code == 400
    assert "an idempotency key has" in told(answer)["detail"]
    assert shop.sightings() == ()


@pytest.mark.parametrize(
    "name", ["../../x.ndjson", "/etc/passwd.ndjson", "..\\..\\x.ndjson", "\u202ex.ndjson", "x\0.ndjson"]
)
def test_a_name_leads_nowhere(shop: Shop, name: str) -> None:
    answer = shop.push("k", lines(review(1)), name=name)

    if answer.status_code == 400:
        assert not name.isprintable()
        assert shop.sightings() == ()
    else:
        (sighting,) = shop.sightings()
        assert re.fullmatch(r"raw/reviews/../[0-9a-f]{64}-(x|passwd)\.ndjson", str(sighting.key))


def test_a_type_that_curl_sends_by_itself_is_answered_with_what_to_send(shop: Shop) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}

    assert shop.push("k", lines(review(1)), headers=form).status_code == 415
    assert shop.push("k", lines(review(1)), headers={"content-encoding": "br"}).status_code == 415


def test_two_clients_with_one_token_are_an_error_and_one_without_stays_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = small_dataset(tmp_path, FILES)
    monkeypatch.setenv("SHOP_TOKEN", "canary")
    doors = access(small.catalog)

    assert list(doors.doors["reviews"].clients.values()) == ["shop"]
    assert [line.partition(":")[0] for line in doors.told] == [
        "raw.notes takes nothing of other",
        "raw.reviews takes nothing of web",
    ]
    monkeypatch.setenv("WEB_TOKEN", "canary")
    with pytest.raises(StepError, match="shop and web have the same token") as wrong:
        push_app(small.platform)
    assert "canary" not in str(wrong.value) + repr(doors) + repr(small.catalog)


def test_a_body_is_bounded_whether_or_not_it_says_how_long_it_is(shop: Shop) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield lines(review(1)) * 100

    announced = shop.push("a", b"x" * 100_001)
    found = shop.http.post("/v1/tables/reviews", content=endless(), headers=asking("SHOP_TOKEN", "b"))

    assert announced.status_code == 413
    assert "at most 100,000 bytes" in told(announced)["detail"]
    assert found.status_code == 413
    assert (shop.sightings(), shop.waiting_files()) == ((), [])


def test_a_body_of_no_announced_length_is_taken(shop: Shop) -> None:
    pieces = iter([lines(review(n)) for n in range(1000)])

    answer = shop.http.post("/v1/tables/reviews", content=pieces, headers=asking("SHOP_TOKEN", "b"))

    assert (answer.status_code, told(answer)["rows"]) == (201, 1000)


def test_a_bomb_is_refused(shop: Shop) -> None:
    spaces = pa.compress(b" " * (300 << 20), "zstd", asbytes=True)
    within = gzip.compress(gzip.compress(lines(review(1))))
    answers = [
        shop.push("zstd", spaces, headers={"content-encoding": "zstd"}),
        shop.push("twice", within, headers={"content-encoding": "gzip"}),
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert "a line is longer than 67,108,864 bytes" in told(answers[0])["detail"]
    assert "holds a gzip file within" in told(answers[1])["detail"]


def _connected(shop: Shop, sent: bytes) -> socket.socket:
    base = shop.http.base_url
    connection = socket.create_connection((base.host, base.port or 0), timeout=30)
    connection.sendall(sent)
    return connection


def _head(key: str, length: int) -> bytes:
    found = {"host": "x", "content-length": str(length), **asking("SHOP_TOKEN", key)}
    return (
        b"POST /v1/tables/reviews HTTP/1.1\r\n"
        + b"".join(f"{name}: {value}\r\n".encode() for name, value in found.items())
        + b"\r\n"
    )


def test_a_client_that_falls_silent_is_told_and_one_that_leaves_leaves_nothing(shop: Shop) -> None:
    with _connected(shop, _head("silent", 100) + b"{") as silent:
        answer = silent.recv(1 << 16)
    with _connected(shop, _head("gone", 100) + b"{"):
        pass
    good = shop.push("good", lines(review(1)))

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert good.status_code == 201
    assert [sighting.slot for sighting in shop.sightings()] == ["shop/good"]
    assert shop.waiting_files() == []


def test_when_enough_is_in_work_the_next_one_is_sent_away_for_a_while(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "MOST_AT_ONCE", 1)
    gate = threading.Event()

    def held() -> Iterator[bytes]:
        yield lines(review(1))
        came.set()
        assert gate.wait(30)

    came = threading.Event()
    with ThreadPoolExecutor(1) as other:
        first = other.submit(
            shop.http.post, "/v1/tables/reviews", content=held(), headers=asking("SHOP_TOKEN", "first")
        )
        assert came.wait(30)
        turned_away = shop.push("second", lines(review(2)))
        gate.set()

    assert (turned_away.status_code, turned_away.headers["retry-after"]) == (503, "1")
    assert first.result().status_code == 201
    assert shop.push("second", lines(review(2))).status_code == 201


def test_a_full_disk_is_told_before_the_body_is_read(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_SPARE_BYTES", 1 << 60)

    answer = shop.push("k", lines(review(1)))

    assert (answer.status_code, answer.headers["retry-after"]) == (507, "600")
    assert shop.waiting_files() == []


def test_the_service_says_that_it_is_there_to_everybody(shop: Shop) -> None:
    assert shop.http.get("/healthz").json() == {"status": "ok"}


def test_no_token_and_nothing_of_a_body_is_in_a_log(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    planted = review(1, email="canary@example.org")
    bodies_of = [lines(planted), b"canary\n" * 3, lines(planted)[:-5], b"email\ncanary@example.org\n"]
    for number, body in enumerate(bodies_of):
        shop.push(f"k{number}", body, name="rows.csv" if number == 3 else "rows.ndjson")
        shop.push(f"k{number}", body, token="canary-wrong-token")
    shop.receipt("k0", token="canary-wrong-token")

    ours = [record for record in caplog.records if record.name.split(".")[0] in ("data_platform", "uvicorn")]
    assert ours
    assert [record.getMessage() for record in ours if "canary" in record.getMessage()] == []
    assert "canary" not in json.dumps([sighting.reason for sighting in shop.sightings()])
