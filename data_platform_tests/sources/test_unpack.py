"""Packed files: what they hold is read, and what would harm is refused with the reason."""

import bz2
import gzip
import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from data_platform.sources import unpack
from data_platform.sources.options import ReadOptions
from data_platform_tests.sources.reading import parsed, refused

TABLE = b"id,name\n1,a\n2,b\n"
ROWS = [["1", "a"], ["2", "b"]]
LARGE = b"id,name\n" + b"".join(b"%d,place %d\n" % (number, number % 7) for number in range(100_000))


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            # Without a time of its own: tests are named by their bytes.
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name)
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def locked(name: str) -> bytes:
    """An archive whose member says that it is encrypted."""
    content = bytearray(zipped((name, TABLE)))
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(magic) + at] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("f.csv.gz", gzip.compress(TABLE, mtime=0), "gzip"),
        ("f.csv", gzip.compress(TABLE, mtime=0), "gzip"),
        ("f.csv.gz", gzip.compress(TABLE[:9], mtime=0) + gzip.compress(TABLE[9:], mtime=0) + bytes(9), "gzip"),
        ("f.csv.bz2", bz2.compress(TABLE), "bz2"),
        ("f.csv.zst", pa.compress(TABLE, "zstd", asbytes=True), "zstd"),
        ("f.zip", zipped(("f.csv", TABLE)), "zip"),
        ("f.csv", zipped(("folder/", b""), ("folder/f.csv", TABLE), ("__MACOSX/._f.csv", b"\0\0")), "zip"),
    ],
)
def test_what_is_packed_is_read_whatever_it_is_called(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    found = parsed(tmp_path, content, name)
    assert (found.names, found.rows, found.found.told) == (("id", "name"), ROWS, told)


def test_the_members_of_an_archive_are_parts_of_one_table(tmp_path: Path) -> None:
    found = parsed(tmp_path, zipped(("a.csv", TABLE), ("b.csv", b"ID , name\n3,c\n4\n5,e\n")))
    assert found.rows == [*ROWS, ["3", "c"], ["5", "e"]]
    assert found.unparsed == [(3, 3, "4", "f.csv/b.csv: 1 cells, the header has 2")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (zipped(("a.csv", TABLE), ("b.csv", b"id,other\n1,2\n")), "has the columns ['id', 'other'], the part before"),
        (zipped(("../../etc/f.csv", TABLE)), "'../../etc/f.csv' points out of the archive"),
        (zipped(("/etc/f.csv", TABLE)), "points out of the archive"),
        (zipped(("a\\..\\..\\f.csv", TABLE)), "points out of the archive"),
        (zipped(("C:/f.csv", TABLE)), "points out of the archive"),
        (zipped((link("f.csv"), b"/etc/passwd")), "is a symbolic link"),
        (locked("f.csv"), "is encrypted"),
        (zipped(("f.zip", zipped(("f.csv", TABLE)))), "holds a zip file within"),
        (zipped(("f.csv.gz", gzip.compress(TABLE, mtime=0))), "holds a gzip file within"),
        (zipped(), "has no member"),
        (zipped(("f.csv", TABLE))[:-30], "the zip file is cut off or broken"),
        (zipped(("f.csv", TABLE), ("f.png", b"\x89PNG" + bytes(64))), "is no text"),
        (zipped(*((f"{number}.csv", TABLE) for number in range(1001))), "has 1,001 members, at most 1,000"),
        (gzip.compress(LARGE, mtime=0)[:-100], "the gzip file is cut off or broken"),
        (gzip.compress(LARGE, mtime=0) + b"rubbish", "the gzip file is cut off or broken"),
        (bz2.compress(LARGE)[:-100], "the bz2 file is cut off or broken"),
        (pa.compress(LARGE, "zstd", asbytes=True)[:-100], "is cut off"),
    ],
)
def test_what_cannot_be_trusted_or_is_broken_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    assert said in refused(tmp_path, content)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lambda text: zipped(("f.csv", text))])
def test_a_bomb_is_refused_before_it_goes_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(unpack, "_UNSUSPICIOUS", 1 << 20)
    bomb = pack(TABLE + (b"0," + b"x" * 50_000 + b"\n") * 200)
    assert len(bomb) * 300 < 10_000_000
    assert "is this a bomb?" in refused(tmp_path, bomb)


def test_a_packing_that_the_author_names_is_the_one_that_is_expected(tmp_path: Path) -> None:
    assert "is a gzip file, expected a bz2 file" in refused(
        tmp_path, gzip.compress(TABLE, mtime=0), options=ReadOptions(compression="bz2")
    )
    assert "is a gzip file" in refused(tmp_path, gzip.compress(TABLE, mtime=0), options=ReadOptions(compression="none"))
    plain = parsed(tmp_path, TABLE, "f.csv.gz", options=ReadOptions(compression="none"))
    assert plain.rows == ROWS
