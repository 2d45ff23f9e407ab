"""CSV to Parquet: every cell the text it was, every record counted twice, what cannot be read told line by line."""

import csv
import gzip
import io
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_platform.sources import text
from data_platform.sources.arrival import arrived
from data_platform.sources.errors import Refused
from data_platform.sources.marks import Dialect
from data_platform.sources.options import ReadOptions
from data_platform.sources.records import Block, Counter
from data_platform_tests.sources.reading import PLAIN, Rows, parsed, refused


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
    for packed, name in ((content, "f.csv"), (gzip.compress(content), "F.CSV.GZ")):
        found = parsed(tmp_path, packed, name)
        assert (found.names, found.rows, found.unparsed) == (("a", "b"), rows, [])


def test_header_names_are_kept_as_written_and_those_that_are_missing_or_repeated_get_one(tmp_path: Path) -> None:
    found = parsed(tmp_path, b',Trip_type ,"a\nb","c ""d""",trip_TYPE,\n1,2,3,4,5,6\n')
    assert found.names == ("column_1", "Trip_type ", "a\nb", 'c "d"', "trip_TYPE_2", "column_6")
    assert found.rows == [["1", "2", "3", "4", "5", "6"]]


def test_a_name_that_occurs_twice_is_refused_where_the_table_means_it(tmp_path: Path) -> None:
    assert parsed(tmp_path, b"a,b,A\n1,2,3\n", declared=("b",)).names == ("a", "b", "A_2")
    assert "column names occur twice" in refused(tmp_path, b"a,b,A\n1,2,3\n", declared=("a",))


@pytest.mark.parametrize(
    ("content", "rows", "unparsed"),
    [
        (b'a,b\n1,2\n\n3\n"x\ny",4\n5,6,7\n', [0, 2], [(1, 4, "3", "1 cells"), (3, 7, "5,6,7", "3 cells")]),
        (b"a,b\n1,2,,\n3,4,,5\n", [0], [(1, 3, "3,4,,5", "4 cells, the header has 2")]),
        (b"a,b\n1,2\n1,\0\n", [0], [(1, 3, "1,\0", "a NUL byte")]),
        (b'a,b\n1,"2\n3,4\n', [1], [(0, 2, '1,"2', "a quote that opens here is never closed")]),
        (b'a,b\n1,2\n3,"4"5\n', [0], [(1, 3, '3,"4"5', "text follows a closing quote")]),
        (b'a,b\n1,"abc\n2,def\n3,"x"\n', [1, 2], [(0, 2, '1,"abc', "text follows a closing quote")]),
        (b'a,b\r\n1,"x\r\ny"\r\n\r\n3\r\n', [0], [(1, 5, "3", "1 cells")]),
        (b'a,b\n1,"x\n\ny"\n3,"4"5\n', [0], [(1, 5, '3,"4"5', "text follows")]),
        (b'a,b\n1,"x\n\ny"\n3,"4\n', [0], [(1, 5, '3,"4', "never closed")]),
        (
            b"a,b\nCaf\xc3\xa9,\xc3\xa8\nx,\xe9\n",
            [0],
            [(1, 3, "x,\\xe9", "byte 0xE9 is not UTF-8")],
        ),
    ],
)
def test_a_line_that_cannot_be_read_is_told_and_the_others_are_read_however_the_bytes_are_cut(
    tmp_path: Path, content: bytes, rows: list[int], unparsed: list[tuple[int, int, str, str]]
) -> None:
    found = parsed(tmp_path, content, options=PLAIN)
    assert found.numbers == rows
    assert [each[:3] for each in found.unparsed] == [each[:3] for each in unparsed]
    assert all(said in error for (*_, said), (*_, error) in zip(unparsed, found.unparsed, strict=True))
    body = content.partition(b"\n")[2]
    for size in range(1, len(body) + 1):
        counter = Counter(Dialect(), 2, line=2, damaged=True)
        assert taken(counter.blocks(pieces(body, size))) == (found.numbers, found.unparsed)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a,b\n" + b"1\n" * 7, "7 of 7 records cannot be read: line 2: 1 cells, the header has 2, line 3: "),
        (b"a,b\n1,2\n3", "the last record, at line 3, has 1 of 2 cells and no line end: the file looks cut off"),
        (b'a,b\n1,2\n3,"4', "the record at line 3 ends within a quoted cell: the file looks cut off"),
        (b"a,b\n1,2\nx,\xc3", "the last character is cut off"),
        (b'"a"b,c\n1,2\n', "the header cannot be read"),
        (b'a,"b\n1,2\n', "the header cannot be read"),
        (b"a," + b"b" * 200_000 + b"\n1,2\n", "the header cannot be read: its line is longer than 65,536 bytes"),
        (b"a,_source_ROW\n1,2\n", "a column is called _source_row"),
        (b"\n\n", "holds no header"),
    ],
)
def test_what_would_have_to_be_guessed_is_refused_with_its_line(tmp_path: Path, content: bytes, reason: str) -> None:
    assert reason in refused(tmp_path, content)
    assert reason in refused(tmp_path, gzip.compress(content), "f.csv.gz")


def test_what_becomes_of_ragged_records_is_for_the_author_to_say(tmp_path: Path) -> None:
    content = b"a,b,c\n1,2,3\n4,5,6\n7\n8,9"
    assert "looks cut off" in refused(tmp_path, content)
    quarantined = parsed(tmp_path, content, options=ReadOptions(ragged="quarantine"))
    assert (quarantined.numbers, [line for _, line, *_ in quarantined.unparsed]) == ([0, 1], [4, 5])
    padded = parsed(tmp_path, content, options=ReadOptions(ragged="pad"))
    assert padded.rows[2:] == [["7", None, None], ["8", "9", None]]
    assert padded.found.told == "2 records were filled up with empty cells"
    strict = ReadOptions(ragged="refuse")
    assert "1 of 3 records cannot be read: line 4: 1 cells" in refused(
        tmp_path, b"a,b,c\n1,2,3\n4,5,6\n7\n", options=strict
    )


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_cell_larger_than_any_buffer_is_read(tmp_path: Path, end: str) -> None:
    large = "x" * 9_000_000
    assert parsed(tmp_path, f'a,b\n1,2\n3,"{large}"{end}'.encode()).rows == [["1", "2"], ["3", large]]


def test_a_quote_that_is_never_closed_costs_one_line_of_a_large_file(tmp_path: Path) -> None:
    lines = [b"%d,x" % number for number in range(500_000)]
    lines[7] = b'7,"x'
    found = parsed(tmp_path, b"a,b\n" + b"\n".join(lines) + b"\n", options=PLAIN)
    assert (found.found.records, found.unparsed) == (
        500_000,
        [(7, 9, '7,"x', "a quote that opens here is never closed")],
    )


def test_quotes_within_plain_text_are_text_however_the_bytes_are_cut() -> None:
    content = b'5"x,6""\n"7""",8"\n"",""\n'
    for size in range(1, len(content) + 1):
        assert taken(Counter(Dialect(), 2).blocks(pieces(content, size))) == ([0, 1, 2], [])


@pytest.mark.parametrize(
    ("good", "rows", "reason"),
    [
        (b"1,2\n", 2, "2 were counted, but 1 read"),
        (b"1,2\n3,4\n", 1, "1 were counted, but 2 read"),
        (b"1,2\n3\n", 2, "2 records were counted, but not read"),
    ],
)
def test_a_reader_that_disagrees_with_the_counter_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, good: bytes, rows: int, reason: str
) -> None:
    class Wrong(Counter):
        def blocks(self, chunks: Iterable[bytes]) -> Iterator[Block]:
            assert b"".join(chunks) == b"1,2\n"
            for block in super().blocks([b"1,2\n" * rows]):
                yield Block(good, block.numbers)

    monkeypatch.setattr(text, "Counter", Wrong)
    assert reason in refused(tmp_path, b"a,b\n1,2\n")


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    # In a process of its own: Arrow tells the highest use of memory since the process began.
    script = """
import sys
from pathlib import Path
import pyarrow
from data_platform.sources.arrival import arrived
folder = Path(sys.argv[1])
for name in ("small.csv", "large.csv"):
    arrived(folder / name, name, folder / f"{name}.parquet", folder / "unparsed")
    print(pyarrow.default_memory_pool().max_memory())
"""
    for name, thousands in (("small.csv", 900), ("large.csv", 2000)):
        with (tmp_path / name).open("wb") as file:
            file.write(b"a,b,c\n")
            for _ in range(thousands // 10):
                file.write(b'123,"some text, quoted",2024-01-01 00:00:00\n' * 10_000)
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    small, large = map(int, done.stdout.split())
    assert large < 1.3 * small
    metadata = pq.read_metadata(tmp_path / "large.csv.parquet")
    assert metadata.num_rows == 2_000_000
    assert metadata.num_row_groups <= 2_000_000 // 100_000


CELLS = st.text(st.sampled_from('a",\n\r é🚕'), max_size=6)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@st.composite
def csv_files(draw: st.DrawFn) -> tuple[list[list[str]], bytes, bytes]:
    """Rows of one width, header first, and that header and the rest in some mixture of quoting and line ends."""
    width = draw(st.integers(1, 4))
    header = [f"{'x' * number}{draw(CELLS)}" for number in range(1, width + 1)]
    rows = [header, *draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=8))]
    texts = []
    for row in rows:
        quoted = [
            '"' + cell.replace('"', '""') + '"'
            if not cell or set(cell) & set('",\r\n') or draw(st.booleans())
            else cell
            for cell in row
        ]
        texts.append(",".join(quoted) + draw(ENDS) + draw(st.sampled_from(["", "", "\n", "\r\n"])))
    mark = draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    return rows, mark + texts[0].encode(), "".join(texts[1:]).encode()


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    return (content[start : start + size] for start in range(0, len(content), size))


def taken(blocks: Iterator[Block]) -> tuple[list[int], list[tuple[int, int, str, str]]]:
    """The numbers of good records, and the odd ones."""
    good: list[int] = []
    odd: list[tuple[int, int, str, str]] = []
    for block in blocks:
        good += block.numbers.tolist()
        odd += [(each.number, each.line, each.text, each.error) for each in block.odd]
    return good, odd


@given(csv_files(), st.integers(1, 9))
@settings(deadline=None)
def test_the_counter_finds_every_record_however_the_bytes_are_cut(
    file: tuple[list[list[str]], bytes, bytes], size: int
) -> None:
    rows, _, body = file
    assert taken(Counter(Dialect(), len(rows[0])).blocks(pieces(body, size))) == (list(range(len(rows) - 1)), [])


@given(csv_files())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_every_cell_of_any_file_is_found_again(tmp_path: Path, file: tuple[list[list[str]], bytes, bytes]) -> None:
    rows, header, body = file
    if len({name.strip().lower() for name in rows[0]}) == len(rows[0]):
        found = parsed(tmp_path, header + body, options=PLAIN)
        assert (found.names, found.rows) == (tuple(rows[0]), [[cell or None for cell in row] for row in rows[1:]])


@given(st.text(st.sampled_from('ab",\n\r'), max_size=30))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rubbish_is_refused_told_line_by_line_or_read_as_a_third_reader_reads_it(tmp_path: Path, content: str) -> None:
    names = ReadOptions(delimiter=",", quote='"', header=False, names=("a", "b"), ragged="quarantine")
    path = tmp_path / "incoming"
    path.write_bytes(content.encode())
    try:
        arrived(path, "f.csv", tmp_path / "rows", tmp_path / "unparsed", options=names)
    except Refused:
        return
    found = parsed(tmp_path, content.encode(), options=names)
    third = [row for row in csv.reader(io.StringIO(content, newline="")) if row]
    if not found.unparsed:
        # Empty cells beyond the second are let go.
        assert found.rows == [[cell or None for cell in row[:2]] for row in third]
        assert not any(cell for row in third for cell in row[2:])
