"""What is not what it claims is refused, with what was found and what to do; what is, is described."""

import datetime as dt
import gzip
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_platform.sources import inspect
from data_platform.sources.arrival import arrived
from data_platform.sources.errors import Refused
from data_platform.sources.inspect import Inspected, inspect_parquet

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:9f0e03\nsize 7854533\n"
PAGE = b"\n<!DOCTYPE html><html><head><title> 404 Not Found </title></head></html>"
ERROR = b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'


def parquet(path: Path, table: pa.Table) -> Path:
    pq.write_table(table, path)
    return path


@pytest.mark.parametrize(
    ("name", "found", "said"),
    [
        ("f.parquet", b"", r"f.parquet: is empty \(0 bytes\), expected a Parquet file"),
        ("f.parquet", PAGE, "is an HTML page that says '404 Not Found', expected a Parquet file"),
        ("f.parquet", b"\xef\xbb\xbf<html lang=en>", "is an HTML page"),
        ("f.parquet", ERROR, "is an XML document that says 'AccessDenied'"),
        ("f.parquet", b"<Error><Code>NoSuchKey</Code></Error>", "is an XML document that says 'NoSuchKey'"),
        ("f.parquet", b'{"message": "rate limit"}', "is a JSON document that says 'rate limit'"),
        ("f.parquet", LFS, "is a Git LFS pointer to 7,854,533 bytes"),
        ("f.parquet", gzip.compress(b"x", mtime=0), "is a gzip file"),
        ("f.parquet", b"PK\x03\x04zip", "is a zip file"),
        ("f.parquet", b"PARE" + bytes(20) + b"PARE", "an encrypted Parquet file"),
        ("f.parquet", b"PAR1", "is a truncated Parquet file"),
        ("f.parquet", b"PAR1" + bytes(100), "is a truncated Parquet file: PAR1 at the start"),
        ("f.parquet", b"PAR1" + bytes(100) + b"PAR1", "its Parquet footer cannot be read"),
        ("f.parquet", b"VendorID,fare\n1,2\n", r"is not a Parquet file, it starts with b'VendorID'"),
        ("f.csv", b"", "is empty"),
        ("f.csv", b"\n\r\n", "holds no header"),
        ("f.csv", PAGE, "is an HTML page"),
        ("f.csv", LFS, "is a Git LFS pointer"),
        ("f.csv", b'[{"a": 1}]', "is a JSON document"),
        ("f.csv", b"PAR1" + bytes(100) + b"PAR1", "is a Parquet file, expected a CSV file"),
        ("f.csv.gz", b"a,b\n1,2\n", "is not a gzip file, it starts with b'a,b"),
        ("f.csv.gz", LFS, "is a Git LFS pointer"),
        ("f.csv.gz", gzip.compress(PAGE, mtime=0), "is an HTML page"),
        ("f.csv.gz", gzip.compress(b"a,b\n" * 1000, mtime=0)[:-9], "is cut off or broken"),
        ("f.csv.gz", gzip.compress(b"a,b\n" * 1000, mtime=0) + b"rubbish", "is cut off or broken"),
        ("f.csv.gz", gzip.compress(b"", mtime=0), "is empty"),
    ],
)
def test_what_is_not_what_it_claims_is_refused(tmp_path: Path, name: str, found: bytes, said: str) -> None:
    # Downloads lie under other names than the source's.
    path = tmp_path / "incoming"
    path.write_bytes(found)
    with pytest.raises(Refused, match=said) as caught:
        arrived(path, name, tmp_path / "rows", tmp_path / "unparsed")
    assert caught.value.reason.startswith(f"{name}: ")
    assert [each.name for each in tmp_path.iterdir()] == ["incoming"]


def test_every_cut_of_a_parquet_file_is_refused(tmp_path: Path) -> None:
    whole = parquet(tmp_path / "whole", pa.table({"a": range(1000), "b": [str(n) for n in range(1000)]})).read_bytes()
    cut = tmp_path / "cut"
    for size in [*range(0, 64), *range(64, len(whole), 97), len(whole) - 1]:
        cut.write_bytes(whole[:size])
        with pytest.raises(Refused):
            inspect_parquet(cut, "f.parquet")


def test_a_parquet_file_that_lost_a_piece_in_the_middle_is_refused(tmp_path: Path) -> None:
    path = parquet(tmp_path / "f", pa.table({"a": range(1000)}))
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + whole[1100:])
    with pytest.raises(Refused, match=r"column 'a' should lie at bytes 4 to .* a piece of the file is missing"):
        inspect_parquet(path, "f.parquet")


def test_a_footer_whose_row_groups_do_not_add_up_is_refused(tmp_path: Path) -> None:
    path = parquet(tmp_path / "f", pa.table({"a": range(1000)}))
    whole = path.read_bytes()
    # The first 1000 in the footer is that of all rows: a zigzag varint, D0 0F; D2 0F is 1001.
    at = whole.index(b"\xd0\x0f", len(whole) - 8 - pq.read_metadata(path).serialized_size)
    path.write_bytes(whole[:at] + b"\xd2\x0f" + whole[at + 2 :])
    with pytest.raises(Refused, match="do not add up to the 1,001 rows"):
        inspect_parquet(path, "f.parquet")


def test_names_that_occur_twice_are_refused_whatever_their_case(tmp_path: Path) -> None:
    for names in (["a", "a"], ["airport_fee", "Airport_fee"]):
        path = parquet(tmp_path / "f", pa.table([pa.array([1]), pa.array([2])], names=names))
        with pytest.raises(Refused, match="occur twice") as caught:
            inspect_parquet(path, "f.parquet")
        assert names[1] in caught.value.reason


def test_a_parquet_file_without_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="has no column"):
        inspect_parquet(parquet(tmp_path / "f", pa.table({})), "f.parquet")


def test_a_parquet_file_without_rows_is_fine(tmp_path: Path) -> None:
    path = parquet(tmp_path / "f", pa.table({"a": pa.array([], pa.int32())}))
    assert inspect_parquet(path, "f.parquet") == Inspected(0, (("a", "INTEGER"),))


def test_a_row_group_without_rows_is_fine(tmp_path: Path) -> None:
    empty = pa.table({"flag": pa.array([], pa.bool_()), "n": pa.array([], pa.int64())})
    with pq.ParquetWriter(tmp_path / "f.parquet", empty.schema) as writer:
        writer.write_table(empty)
        writer.write_table(pa.table({"flag": [True], "n": [1]}))
    assert pq.ParquetFile(tmp_path / "f.parquet").metadata.num_row_groups == 2
    assert inspect_parquet(tmp_path / "f.parquet", "f.parquet").records == 1


def test_parquet_types_are_named_as_duckdb_reads_them(tmp_path: Path) -> None:
    when = dt.datetime(2024, 1, 1)
    types: dict[str, tuple[pa.DataType, object]] = {
        "i8": (pa.int8(), 1), "i16": (pa.int16(), 1), "i32": (pa.int32(), 1), "i64": (pa.int64(), 1),
        "u8": (pa.uint8(), 1), "u16": (pa.uint16(), 1), "u32": (pa.uint32(), 1), "u64": (pa.uint64(), 1),
        "f16": (pa.float16(), 1.0), "f32": (pa.float32(), 1.0), "f64": (pa.float64(), 1.0), "bool": (pa.bool_(), True),
        "text": (pa.string(), "x"), "large_text": (pa.large_string(), "x"), "blob": (pa.binary(), b"x"),
        "fixed": (pa.binary(4), b"abcd"), "coded": (pa.dictionary(pa.int32(), pa.string()), "x"),
        "date": (pa.date32(), when.date()), "ms": (pa.timestamp("ms"), when), "us": (pa.timestamp("us"), when),
        "ns": (pa.timestamp("ns"), when), "utc": (pa.timestamp("us", tz="UTC"), when.replace(tzinfo=dt.UTC)),
        "time": (pa.time64("us"), when.time()), "span": (pa.duration("us"), dt.timedelta(seconds=1)),
        "money": (pa.decimal128(10, 2), Decimal("1.00")), "wide": (pa.decimal256(60, 2), Decimal("1.00")),
        "list": (pa.list_(pa.int32()), [1]), "map": (pa.map_(pa.string(), pa.int64()), [("a", 1)]),
        "record": (pa.struct([("x", pa.int32()), ('y "z"', pa.list_(pa.string()))]), {"x": 1, 'y "z"': ["a"]}),
        "id": (pa.uuid(), bytes(16)), "doc": (pa.json_(), "{}"),
    }  # fmt: skip
    table = pa.table({name: pa.array([value], type_) for name, (type_, value) in types.items()})
    path = parquet(tmp_path / "f.parquet", table)
    with duckdb.connect() as connection:
        rows = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
        # DuckDB writes its own names back from ours, quotes included.
        found = inspect_parquet(path, "f").columns
        named = [(name, connection.execute(f"SELECT typeof(NULL::{type_})").fetchall()[0][0]) for name, type_ in found]
    assert named == [(row[0], row[1]) for row in rows]


def test_a_column_that_has_only_ever_been_null_and_old_timestamps_are_named(tmp_path: Path) -> None:
    path = tmp_path / "f"
    table = pa.table({"at": [dt.datetime(2024, 1, 1)], "nothing": pa.nulls(1)})
    pq.write_table(table, path, use_deprecated_int96_timestamps=True)
    assert inspect_parquet(path, "f").columns == (("at", "TIMESTAMP"), ("nothing", "NULL"))


def test_a_parquet_file_that_unpacks_out_of_proportion_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspect, "_MOST_UNPACKED", 1 << 20)
    path = tmp_path / "f"
    pq.write_table(pa.table({"a": ["x" * 5_000_000]}), path, compression="zstd", use_dictionary=False)
    with pytest.raises(Refused, match=r"column 'a' unpacks from .* to 5,\d+,\d+ bytes: is this a bomb"):
        inspect_parquet(path, "f.parquet")
