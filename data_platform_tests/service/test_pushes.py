"""What is pushed is in the ledger once, whole or not at all, and its receipt says so for ever."""

import gzip
import hashlib
from concurrent.futures import ThreadPoolExecutor

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_platform.lake.names import TableName
from data_platform_tests.service.pushing import Shop, asking, lines, review, told
from data_platform_tests.small_dataset import NOW


def test_a_push_is_in_the_ledger_and_its_receipt_says_what(shop: Shop) -> None:
    body = lines(review(1), review(2, written_at="2024-02-01T00:30:00+01:00")) + b"no json\n"

    answer = shop.push("first", body)

    assert answer.status_code == 201
    (sighting,) = shop.sightings()
    assert told(answer) == {
        "id": "raw/reviews/1",
        "table": "raw.reviews",
        "client": "shop",
        "key": "first",
        "partition": "2024-01",
        "slot": "shop/first",
        "rows": 3,
        "unparsed": 1,
        "forgotten": 0,
        "bytes": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
        "received_at": sighting.seen_at.isoformat().replace("+00:00", "Z"),
        "sequence": 1,
    }
    assert (sighting.origin, sighting.state, sighting.uri) == ("push", "received", "push://shop/first")
    assert shop.small.platform.lake.storage.local(str(sighting.key)).read_bytes() == body
    assert shop.waiting_files() == []


def test_the_same_key_and_bytes_give_the_same_receipt_and_no_second_sighting(shop: Shop) -> None:
    first = shop.push("again", lines(review(1)))

    second = shop.push('"again"', lines(review(1)))

    assert (first.status_code, second.status_code) == (201, 200)
    assert told(first) == told(second)
    assert len(shop.sightings()) == 1


def test_a_key_stands_for_one_push_for_ever(shop: Shop) -> None:
    shop.push("mine", lines(review(1)))

    other_bytes = shop.push("mine", lines(review(2)))
    other_partition = shop.push("mine", lines(review(1)), partition="2024-02")

    assert (other_bytes.status_code, other_partition.status_code) == (409, 409)
    assert told(other_bytes)["known_sha256"] == hashlib.sha256(lines(review(1))).hexdigest()
    assert told(other_bytes)["sent_sha256"] == hashlib.sha256(lines(review(2))).hexdigest()
    assert len(shop.sightings()) == 1


def test_keys_are_a_clients_own(shop: Shop) -> None:
    answers = [shop.push("k", lines(review(n)), token=token) for n, token in enumerate(["SHOP_TOKEN", "WEB_TOKEN"])]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert [told(answer)["slot"] for answer in answers] == ["shop/k", "web/k"]


def test_what_is_refused_is_in_the_ledger_once_and_its_key_is_free(shop: Shop) -> None:
    bad = [shop.push("k", b"<html><title>Oops</title></html>") for _ in range(2)]
    good = shop.push("k", lines(review(1)))

    assert [answer.status_code for answer in (*bad, good)] == [422, 422, 201]
    assert "is an HTML page" in told(bad[0])["detail"]
    assert [sighting.state for sighting in shop.sightings()] == ["refused", "received"]
    assert shop.sightings()[0].reason == told(bad[0])["detail"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "is empty"),
        (b"\n\n\n", "no row has a date"),
        (b"[1, 2", "holds no object with a key (line 1: Expecting"),
        (b"7\n8\n" + lines(review(1)), "2 of 3 records cannot be read: line 1: is a number, expected an object"),
        (b'{"review_id": 1, "review_id": 2}\n', "(line 1: a key stands twice in one object)"),
        (lines({"stars": 5}), "no column 'written_at'"),
        (lines(review(1, written_at="yesterday")), "no row has a date"),
        (lines(review(1, written_at="2019-01-01")), "most of its rows are of 2019-01"),
        (lines(review(1, written_at="0001-01-01T00:00:00+14:00")), "no row has a date"),
        (b"\x1f\x8b" + bytes(20), "the gzip file is cut off or broken"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_the_reason(shop: Shop, body: bytes, reason: str) -> None:
    answer = shop.push("k", body, headers={"content-type": "application/x-ndjson"}, name="rows.ndjson")

    assert answer.status_code == 422
    assert reason in told(answer)["detail"]
    assert [sighting.state for sighting in shop.sightings()] == ["refused"]


def test_a_body_lies_where_most_of_its_rows_do_or_where_its_client_says(shop: Shop) -> None:
    body = lines(review(1), review(2, written_at="2024-02-01"), review(3, written_at="2024-02-02"))

    assert told(shop.push("a", body))["partition"] == "2024-02"
    assert told(shop.push("b", body, partition="2024-01"))["partition"] == "2024-01"
    assert shop.push("c", body, partition="2023-12").status_code == 400
    assert shop.push("d", body, partition="../2024-01").status_code == 400


def test_a_table_without_partitions_takes_everything_into_its_one(shop: Shop) -> None:
    answer = shop.push("n", lines({"note": "x"}), table="notes", token="OTHER_TOKEN")

    assert (answer.status_code, told(answer)["partition"]) == (201, None)
    assert shop.push("m", b"{}", table="notes", token="OTHER_TOKEN", partition="2024-01").status_code == 400


def test_files_of_every_format_are_taken_packed_or_not(shop: Shop) -> None:
    table = pa.Table.from_pylist([{"review_id": 1, "written_at": NOW.replace(day=1), "stars": 5}])
    parquet = pa.BufferOutputStream()
    pq.write_table(table, parquet)
    csv = b"review_id,written_at,stars\n1,2024-01-03,5\n"
    other = {"content-type": "application/octet-stream"}
    answers = [
        shop.push("csv", csv, headers={"content-type": "text/csv; charset=utf-8"}),
        shop.push("named", csv, headers=other, name="x.csv"),
        shop.push("disposed", csv, headers=other | {"content-disposition": 'attachment; filename="x.csv"'}),
        shop.push("parquet", parquet.getvalue().to_pybytes(), headers=other),
        shop.push("gzip", gzip.compress(lines(review(1))), headers={"content-encoding": "gzip"}),
        shop.push("zstd", pa.compress(lines(review(1)), "zstd", asbytes=True), headers={"content-encoding": "zstd"}),
        shop.push("gz", gzip.compress(csv), headers=other, name="x.csv.gz"),
    ]

    assert [(answer.status_code, told(answer).get("rows")) for answer in answers] == [(201, 1)] * len(answers)


def test_equal_pushes_at_once_are_one_and_different_ones_are_all_there(shop: Shop) -> None:
    def push(n: int) -> httpx.Response:
        return shop.push(f"key-{n // 8}", lines(review(n // 8)))

    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(push, range(64)))

    assert sorted(answer.status_code for answer in answers) == [200] * 56 + [201] * 8
    assert {told(answer)["key"]: told(answer) for answer in answers} == {
        f"key-{n}": told(shop.push(f"key-{n}", lines(review(n)))) for n in range(8)
    }
    assert sorted(sighting.slot for sighting in shop.sightings()) == [f"shop/key-{n}" for n in range(8)]


def test_of_different_bytes_under_one_key_at_once_one_stands(shop: Shop) -> None:
    def push(n: int) -> httpx.Response:
        return shop.push("one", lines(review(n, written_at=f"2024-0{n % 2 + 1}-01")))

    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(push, range(8)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    (sighting,) = shop.sightings()
    (taken,) = (answer for answer in answers if answer.status_code == 201)
    assert told(taken)["sha256"] == sighting.sha256


def test_what_is_pushed_is_staged_and_the_receipt_says_where(shop: Shop) -> None:
    rows = [review(1), review(2, stars=9), review(3, written_at="2024-02-05"), review(1)]
    shop.push("a", lines(*rows))
    shop.push("b", lines(review(4), review(5, stars="many", written_at="2024-03-01")))
    before = told(shop.receipt("a"))["staged"]

    done = shop.small.run()
    (a,), (b,) = told(shop.receipt("a"))["staged"], told(shop.receipt("b"))["staged"]

    assert before == [{"table": "staged.reviews", "state": "waiting"}]
    assert [line for line in done if "reviews" in line] == ["staged.reviews 2024-01"]
    assert [row["review_id"] for row in shop.small.rows("staged.reviews")] == [1, 4]
    state = shop.small.platform.lake.table(shop.small.catalog.model(TableName("staged", "reviews")).name).partitions()[
        "2024-01"
    ]
    assert (a["state"], a["partition"], a["version"]) == ("staged", "2024-01", state.version)
    assert (a["accepted"], a["rejected"], a["dropped"]) == (1, 3, 0)
    assert a["quarantined"] == {"stars_range": 1, "written_at_within_partition": 1, "duplicate": 1}
    assert (b["accepted"], b["quarantined"]) == (1, {"castable": 1, "written_at_within_partition": 1})


def test_equal_bytes_under_two_keys_are_two_facts_with_receipts_of_their_own(shop: Shop) -> None:
    shop.push("first", lines(review(1)))
    shop.small.run()
    shop.push("second", lines(review(1)))
    before = [told(shop.receipt(key))["staged"][0]["state"] for key in ("first", "second")]
    shop.small.run()

    assert before == ["staged", "waiting"]
    first, second = (told(shop.receipt(key))["staged"][0] for key in ("first", "second"))

    assert sorted([first["accepted"], second["accepted"]]) == [0, 1]
    assert first["version"] == second["version"]


def test_a_client_sees_its_own_receipts_alone(shop: Shop) -> None:
    shop.push("mine", lines(review(1)))

    assert shop.receipt("mine").status_code == 200
    assert shop.receipt("mine", token="WEB_TOKEN").status_code == 404
    assert shop.receipt("other").status_code == 404
    assert shop.http.get("/v1/tables/reviews/receipts/mine", headers=asking("wrong")).status_code == 401
