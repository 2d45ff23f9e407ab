"""CSV to Parquet: every cell the text it was, every record counted twice, nothing guessed."""

import csv
import gzip
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_platform.sources.errors import Refused
from data_platform.sources.records import Scan, scan_csv
from data_platform.sources.text import convert, parse_csv

Rows = list[list[str | None]]


def parsed(folder: Path, content: bytes, name: str = "f.csv") -> tuple[tuple[str, ...], Rows]:
    """Header and rows as they came out, after checking that rows are numbered from 0."""
    path, into = folder / "incoming", folder / "parsed.parquet"
    path.write_bytes(content)
    found = parse_csv(path, into, name=name)
    table = pq.read_table(into)
    assert table.schema.names == [*(column for column, _ in found.columns), "_source_row"]
    assert str(table.schema.field("_source_row").type) == "int64"
    columns = [table.column(index).to_pylist() for index in range(table.num_columns)]
    assert columns.pop() == list(range(found.records))
    assert {type_ for _, type_ in found.columns} == {"VARCHAR"}
    return tuple(column for column, _ in found.columns), [list(row) for row in zip(*columns, strict=True)]


def refused(folder: Path, content: bytes, name: str = "f.csv") -> str:
    path, into = folder / "incoming", folder / "parsed.parquet"
    path.write_bytes(content)
    with pytest.raises(Refused) as caught:
        parse_csv(path, into, name=name)
    assert not into.exists()
    return caught.value.reason


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"a,b\n1,2\n", [["1", "2"]]),
        (b"a,b\n1,2", [["1", "2"]]),
        (b"\xef\xbb\xbfa,b\r\n1,2\r\n", [["1", "2"]]),
        (b"a,b\n\r\n1,2\r\n3,4\r\n", [["1", "2"], ["3", "4"]]),
        (b"a,b\r1,2\r3,4\r", [["1", "2"], ["3", "4"]]),
        (b'a,b\n"1\r\n,x\n","2"\n', [["1\r\n,x\n", "2"]]),
        (b'a,b\n"say ""hi""",\n', [['say "hi"', None]]),
        (b'a,b\n"",N/A\nNA,NULL\n nan ,-\n', [[None, "N/A"], ["NA", "NULL"], [" nan ", "-"]]),
        (b'a,b\n5" pipe,1.50\n007,1e9\n', [['5" pipe', "1.50"], ["007", "1e9"]]),
        (b"a,b\n2024-01-01,true\n", [["2024-01-01", "true"]]),
        ("a,b\nCafé,🚕\n".encode(), [["Café", "🚕"]]),
        (b"a,b\n", []),
        (b"a,b", []),
    ],
)
def test_a_cell_stays_the_text_it_was_and_only_empty_is_null(tmp_path: Path, content: bytes, rows: Rows) -> None:
    assert parsed(tmp_path, content) == (("a", "b"), rows)
    assert parsed(tmp_path, gzip.compress(content), "F.CSV.GZ") == (("a", "b"), rows)


def test_header_names_are_kept_as_written(tmp_path: Path) -> None:
    names, rows = parsed(tmp_path, b',Trip_type ,"a\nb","c ""d"""\n1,2,3,4\n')
    assert names == ("", "Trip_type ", "a\nb", 'c "d"')
    assert rows == [["1", "2", "3", "4"]]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'a,b\n1,2\n\n3\n"x\ny",4\n5,6,7\n', "the header has 2 cells, but line 4 has 1, line 7 has 3."),
        (b"a,b\n" + b"1\n" * 7, "line 2 has 1, line 3 has 1, line 4 has 1, line 5 has 1, line 6 has 1 and 2 more"),
        (b"a,b\n1,2,3", "line 2 has 3"),
        (b"a,b\n1,2\nx,\xe9\n", "line 3: byte 0xE9 is not UTF-8"),
        (b"a,b\n1,2\nx,\xc3", "the last character is cut off"),
        (b"a,b\n1,\0\n", "line 2: a NUL byte"),
        ("a,b\n1,2\n".encode("utf-16"), "line 1: byte 0xFF is not UTF-8"),
        (b'a,b\n1,"2\n3,4\n', "a quote that opens in the record at line 2 is never closed"),
        (b'a,b\n1,2\n3,"4"5\n', "line 3: text follows a closing quote"),
        (b'a,b\n1,"abc\n2,def\n3,"x"\n', "line 4: text follows a closing quote"),
        (b'"a"b,c\n1,2\n', "line 1: text follows a closing quote"),
        (b"a," + b"b" * 200_000 + b"\n1,2\n", "the header cannot be read: field larger than field limit"),
        (b"a,a\n1,2\n", "column names occur twice"),
        (b"a,_source_ROW\n1,2\n", "a column is called _source_row"),
    ],
)
def test_what_would_have_to_be_guessed_is_refused_with_its_line(tmp_path: Path, content: bytes, reason: str) -> None:
    assert reason in refused(tmp_path, content)
    assert reason in refused(tmp_path, gzip.compress(content), "f.csv.gz")


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_cell_larger_than_any_buffer_is_read(tmp_path: Path, end: str) -> None:
    large = "x" * 9_000_000
    assert parsed(tmp_path, f'a,b\n1,2\n3,"{large}"{end}'.encode())[1] == [["1", "2"], ["3", large]]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'a,b\r\n1,"x\r\ny"\r\n\r\n3\r\n', "line 5 has 1"),
        (b'a,b\n1,"x\n\ny"\n3,"4"5\n', "line 5: text follows"),
        (b'a,b\n1,"x\n\ny"\n3,\xe9\n', "line 5: byte 0xE9"),
        (b'a,b\n1,"x\n\ny"\n3,\0\n', "line 5: a NUL"),
        (b'a,b\n1,"x\n\ny"\n3,"4\n', "in the record at line 5 is never closed"),
    ],
)
def test_lines_are_named_right_however_the_bytes_are_cut(content: bytes, reason: str) -> None:
    for size in range(3, len(content) + 1):
        with pytest.raises(Refused) as caught:
            scan_csv(pieces(content, size))
        assert reason in caught.value.reason


def test_quotes_within_plain_text_are_text_however_the_bytes_are_cut() -> None:
    content = b'a,b\n5"x,6""\n"7""",8"\n"",""\n'
    for size in range(3, len(content) + 1):
        assert scan_csv(pieces(content, size)).records == 3


@pytest.mark.parametrize(
    ("content", "scan", "reason"),
    [
        (b"a,b\n1,2\n", Scan(2, ("a", "b"), 4), "2 records were counted, but 1 read"),
        (b"a,b\n1,2\n", Scan(1, ("a", "c"), 4), "the header was counted as"),
        (b"a,b\n1,2\n3\n", Scan(2, ("a", "b"), 4), "2 records were counted, but not read"),
    ],
)
def test_a_reader_that_disagrees_with_the_counter_is_noticed(
    tmp_path: Path, content: bytes, scan: Scan, reason: str
) -> None:
    (tmp_path / "f.csv").write_bytes(content)
    with pytest.raises(Refused, match=reason):
        convert(tmp_path / "f.csv", tmp_path / "f.parquet", name="f.csv", scan=scan)
    assert not (tmp_path / "f.parquet").exists()


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    # In a process of its own: Arrow tells the highest use of memory since the process began.
    script = """
import sys
from pathlib import Path
import pyarrow
from data_platform.sources.text import parse_csv
folder = Path(sys.argv[1])
for name in ("small", "large"):
    parse_csv(folder / name, folder / f"{name}.parquet")
    print(pyarrow.default_memory_pool().max_memory())
"""
    for name, thousands in (("small", 900), ("large", 2000)):
        with (tmp_path / name).open("wb") as file:
            file.write(b"a,b,c\n")
            for _ in range(thousands // 10):
                file.write(b'123,"some text, quoted",2024-01-01 00:00:00\n' * 10_000)
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    small, large = map(int, done.stdout.split())
    assert large < 1.3 * small
    metadata = pq.read_metadata(tmp_path / "large.parquet")
    assert metadata.num_rows == 2_000_000
    assert metadata.num_row_groups <= 2_000_000 // 100_000


CELLS = st.text(st.sampled_from('a",\n\r é🚕'), max_size=6)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@st.composite
def csv_files(draw: st.DrawFn) -> tuple[list[list[str]], bytes]:
    """Rows of one width, header first, and a file that holds them in some mixture of quoting and line ends."""
    width = draw(st.integers(1, 4))
    header = [f"{'x' * number}{draw(CELLS)}" for number in range(1, width + 1)]
    rows = [header, *draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=8))]
    text = ""
    for row in rows:
        quoted = [
            '"' + cell.replace('"', '""') + '"'
            if not cell or set(cell) & set('",\r\n') or draw(st.booleans())
            else cell
            for cell in row
        ]
        text += ",".join(quoted) + draw(ENDS) + draw(st.sampled_from(["", "", "\n", "\r\n"]))
    return rows, draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + text.encode()


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    return (content[start : start + size] for start in range(0, len(content), size))


@given(csv_files(), st.integers(3, 9))
@settings(deadline=None)
def test_the_counter_finds_every_record_however_the_bytes_are_cut(
    file: tuple[list[list[str]], bytes], size: int
) -> None:
    rows, content = file
    scan = scan_csv(pieces(content, size))
    assert scan.records == len(rows) - 1
    assert scan.names == tuple(rows[0])


@given(csv_files())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_every_cell_of_any_file_is_found_again(tmp_path: Path, file: tuple[list[list[str]], bytes]) -> None:
    rows, content = file
    if len({name.lower() for name in rows[0]}) == len(rows[0]):
        assert parsed(tmp_path, content) == (tuple(rows[0]), [[cell or None for cell in row] for row in rows[1:]])


@given(st.text(st.sampled_from('ab",\n\r'), max_size=30), st.integers(3, 9))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rubbish_is_refused_or_read_as_a_third_reader_reads_it(tmp_path: Path, text: str, size: int) -> None:
    content = text.encode()
    try:
        scan = scan_csv(pieces(content, size))
    except Refused:
        return
    third = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    assert (scan.names, scan.records) == (tuple(third[0]), len(third) - 1)
    if len({name.lower() for name in scan.names}) == len(scan.names):
        # Not refused: the reader and the counter agree.
        assert parsed(tmp_path, content)[1] == [[cell or None for cell in row] for row in third[1:]]
