"""Dialects, encodings, JSON, workbooks and lines: what is detected, what is told, and what the author may say."""

import datetime as dt
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from data_platform.sources.errors import Refused
from data_platform.sources.json_text import count_elements
from data_platform.sources.lines import check_count
from data_platform.sources.options import LineParser, ReadOptions
from data_platform_tests.sources.reading import Rows, parsed, refused

TWO: Rows = [["1", "a"], ["2", "b"]]


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"id,name\n1,a\n2,b\n", "f.csv", ""),
        (b"id;name\n1;a\n2;b\n", "f.csv", "cells between ';'"),
        (b"id\tname\n1\ta\n2\tb\n", "f.txt", "cells between tab"),
        (b"id|name\n1|a\n2|b\n", "f", "cells between '|'"),
        (b"'id','name'\n'1','a'\n2,'b'\n", "f.csv", "quotes are '"),
        (b"A report, of today\n\nid,name\n1,a\n2,b\n", "f.csv", ""),
        (b"# made by hand\nid,name\n1,a\n2,b\n", "f.csv", "the header is line 2"),
    ],
)
def test_a_dialect_is_detected_and_told(tmp_path: Path, content: bytes, name: str, told: str) -> None:
    found = parsed(tmp_path, content, name, declared=("id",) if b"report" not in content else ("id", "name"))
    assert (found.names, found.rows) == (("id", "name"), TWO)
    assert found.found.told == (told or ("the header is line 3" if b"report" in content else ""))


def test_what_the_author_says_is_not_looked_for(tmp_path: Path) -> None:
    content = b"1;a\n2;b\n"
    options = ReadOptions(delimiter=";", header=False, names=("id", "name"))
    assert parsed(tmp_path, content, options=options).rows == TWO
    assert parsed(tmp_path, b"x;y\n" + content, options=ReadOptions(header=1, names=("id", "name"))).rows == TWO
    assert "`read: names` has 1 names" in refused(tmp_path, b"a;b\n1;2\n", options=ReadOptions(names=("id",)))
    assert "where there is no text" in refused(tmp_path, b"a;b\n1;2\n", options=ReadOptions(header=9))
    quotes = parsed(tmp_path, b'id,name\n1,"a\n2,b"\n', options=ReadOptions(quote="none"))
    assert quotes.rows == [["1", '"a'], ["2", 'b"']]


def test_a_header_that_is_not_there_is_not_made_of_data(tmp_path: Path) -> None:
    found = parsed(tmp_path, b"1,2024-01-01\n2,2024-01-02\n")
    assert (found.names, len(found.rows), found.found.told) == (("column_1", "column_2"), 2, "no header was found")


@pytest.mark.parametrize(
    ("encoding", "text", "told"),
    [
        ("utf-8-sig", "Café 🚕", ""),
        ("utf-16", "Café 🚕", "utf-16 (byte order mark)"),
        ("utf-32", "Café 🚕", "utf-32 (byte order mark)"),
        ("utf-16-le", "Cafe", "utf-16-le (NUL bytes)"),
        ("utf-16-be", "Cafe", "utf-16-be (NUL bytes)"),
        ("cp1252", "Café “zu” 5 €", "cp1252 (guessed)"),
        ("cp1251", "Привет, как дела? Это обычный русский текст про погоду", "cp1251 (guessed)"),
    ],
)
def test_text_arrives_in_any_encoding_and_that_is_told(tmp_path: Path, encoding: str, text: str, told: str) -> None:
    found = parsed(tmp_path, f'id,name\n1,"{text}"\n2,b\n'.encode(encoding))
    if encoding != "cp1251":  # two code pages of Windows and Apple share these letters
        assert found.rows == [["1", text], ["2", "b"]]
        assert found.found.told == told
    said = parsed(tmp_path, f'id,name\n1,"{text}"\n2,b\n'.encode(encoding), options=ReadOptions(encoding=encoding))
    assert (said.rows, said.found.told) == ([["1", text], ["2", "b"]], "")


def test_a_wrong_encoding_is_refused_and_damage_in_utf_8_costs_its_lines(tmp_path: Path) -> None:
    assert "is not ascii (set)" in refused(tmp_path, b"id,name\n1,\xe9\n", options=ReadOptions(encoding="ascii"))
    damaged = "id,name\n1,Café Österreich\n2,".encode() + b"\xff\n3,c\n"
    found = parsed(tmp_path, damaged)
    assert (found.rows, found.unparsed) == (
        [["1", "Café Österreich"], ["3", "c"]],
        [(1, 3, "2,\\xff", "byte 0xFF is not UTF-8")],
    )
    assert found.found.told == "utf-8 (a few bytes are not)"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("f.json", b'[{"id": 1, "name": "a"}, {"name": "b", "id": 2}]', "json"),
        ("f.json", b'\xef\xbb\xbf {"next": null, "rows": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]}', "json"),
        ("f.json", b'{"id": 1, "name": "a"}\n{"id": 2, "name": "b"}\n', "json"),
        ("f.jsonl", b'{"id": 1, "name": "a"}\r\n\r\n{"id": 2, "name": "b"}', "ndjson"),
        ("f", b'{"id": 1, "name": "a"}\n{"id": 2, "name": "b"}\n', "ndjson"),
    ],
)
def test_json_in_its_usual_shapes(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    found = parsed(tmp_path, content, name)
    assert (found.names, found.rows) == (("id", "name"), TWO)
    assert found.found.told.startswith(told)


def test_a_json_value_stays_the_text_it_was(tmp_path: Path) -> None:
    content = b'[{"a": 1.50, "b": true, "c": null, "d": "", "e": {"x": [1.0, "\\u00e9"]}, "f": 1e400}, {"a": "1"}]'
    found = parsed(tmp_path, content, "f.json")
    assert found.rows == [
        ["1.50", "true", None, "", '{"x": [1.0, "é"]}', "1e400"],
        ["1", None, None, None, None, None],
    ]


def test_what_is_no_object_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    lines = b'{"a": 1}\n{"a": 2\n[3]\n{"a": 4}\n{"a": 5, "a": 6}\n{"a": 7}\n{"a": 8}\n'
    found = parsed(tmp_path, lines, "f.ndjson")
    assert [row for (row,) in found.rows] == ["1", "4", "7", "8"]
    assert [(line, text) for _, line, text, _ in found.unparsed] == [
        (2, '{"a": 2'),
        (3, "[3]"),
        (5, '{"a": 5, "a": 6}'),
    ]
    array = parsed(tmp_path, b'[{"a": 1},\n{"a": 2}, "x"]', "f.json")
    assert array.unparsed == [(2, 2, '"x"', "is a text, expected an object")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'[{"a": 1}, {"a": 2', "the array is broken or cut off in the element at line 1"),
        (b'[{"a": 1}\n{"a": 2}]', "line 2: '{' stands where ']' is expected"),
        (b'[{"a": 1}] x', "more follows the array"),
        (b'{"message": "slow down"}', "is an object with no array of objects"),
        (b'{"a": [{"x": 1}], "b": [{"x": 1}]}', "arrays of objects under ['a', 'b']"),
        (b"[1, 2]", "holds no object with a key"),
        (b'[{"a": 1, "A": 2}]', "cannot be told apart without their case"),
        (b"nothing", "is no JSON document"),
        (b"", "is empty"),
    ],
)
def test_json_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    assert said in refused(tmp_path, content, "f.json")


def test_elements_are_counted_by_brackets_alone_however_the_bytes_are_cut() -> None:
    values: list[dict[str, Any]] = [{"a": ',]}"\\'}, {"b": [1, {"c": "\\\\"}]}, {}, {"d": "x"}]
    several: list[list[dict[str, Any]]] = [values, [], [{}], values[:1]]
    for some in several:
        content = json.dumps(some, indent=1).encode()
        for size in range(1, len(content) + 1):
            assert count_elements(content[at : at + size] for at in range(0, len(content), size)) == len(some)


def workbook(*sheets: tuple[str, str]) -> bytes:
    """A workbook with sheets of a name and the XML of their rows."""
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'spreadsheetml.worksheet+xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    names = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, (name, _) in enumerate(sheets, 1))
    links = "".join(
        f'<Relationship Id="r{n}" Type="{relations}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        f"{types}</Types>",
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r" '
        f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{links}</Relationships>',
        **{
            f"xl/worksheets/sheet{n}.xml": f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>'
            for n, (_, rows) in enumerate(sheets, 1)
        },
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return file.getvalue()


def row(number: int, *values: object) -> str:
    cells = [
        f'<c r="{chr(65 + at)}{number}"><v>{value}</v></c>'
        if isinstance(value, (int, float))
        else f'<c r="{chr(65 + at)}{number}" t="inlineStr"><is><t>{value}</t></is></c>'
        for at, value in enumerate(values)
        if value is not None
    ]
    return f'<row r="{number}">{"".join(cells)}</row>'


SHEET = row(1, "id", "name") + row(2, 1, "a") + '<row r="3"/>' + row(4, 2.5, None)


def test_a_workbook_is_read_by_its_sheet(tmp_path: Path) -> None:
    found = parsed(tmp_path, workbook(("Data", SHEET)), "f.xlsx")
    assert (found.names, found.rows, found.found.told) == (("id", "name"), [["1", "a"], ["2.5", None]], "excel")
    both = workbook(("Empty", ""), ("Data", SHEET))
    assert parsed(tmp_path, both, "f.xlsx").found.told == "excel; sheet 'Data'"
    two = workbook(("One", SHEET), ("Two", row(1, "x") + row(2, 9)))
    assert "has several sheets with data: ['One', 'Two']" in refused(tmp_path, two, "f.xlsx")
    for sheet in ("Two", 2):
        assert parsed(tmp_path, two, "f.xlsx", options=ReadOptions(sheet=sheet)).rows == [["9"]]
    assert "has no sheet 'Three'" in refused(tmp_path, two, "f.xlsx", options=ReadOptions(sheet="Three"))


def test_a_workbook_that_would_not_fit_into_memory_is_refused(tmp_path: Path) -> None:
    far = SHEET + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    assert "reaches to row 1,048,576 and column 16,384" in refused(tmp_path, workbook(("Data", far)), "f.xlsx")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id,name\n", "is no Excel workbook"),
        (workbook(("Data", SHEET))[:-40], "cut off or broken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "the workbook cannot be read"),
        (workbook(("Data", "")), "holds no header"),
    ],
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    assert said in refused(tmp_path, content, "f.xlsx")


def _wide(line: str) -> list[list[str | None]]:
    unit, *readings = line.split(",")
    if not unit:
        raise ValueError("a line begins with its unit")
    return [[unit, *readings[at : at + 2]] for at in range(0, len(readings), 2)]


WIDE = LineParser(("unit", "at", "count"), _wide, "")


def test_lines_are_read_by_the_datasets_own_parser(tmp_path: Path) -> None:
    content = b"A,1,10,2,20\r\n\r\n,3,30\nB\nC,4,40,5\nD,6,\n"
    found = parsed(tmp_path, content, options=ReadOptions(format="lines", parser=WIDE))
    assert found.rows == [["A", "1", "10"], ["A", "2", "20"], ["D", "6", None]]
    assert found.unparsed == [
        (2, 3, ",3,30", "a line begins with its unit"),
        (3, 4, "B", "the parser gives no record for it"),
        (4, 5, "C,4,40,5", "the parser gives 2 values for 3 columns"),
    ]


def test_a_parser_that_fails_is_not_the_lines_fault(tmp_path: Path) -> None:
    broken = LineParser(("a",), lambda line: [[line[99]]], "")
    said = refused(tmp_path, b"x\n", options=ReadOptions(format="lines", parser=broken))
    assert "line 1: the parser fails with IndexError" in said


def test_moments_in_a_workbook_are_iso_8601() -> None:
    from data_platform.sources.workbook import _text

    assert _text(dt.datetime(2024, 1, 2, 3, 4)) == "2024-01-02 03:04:00"
    values = (True, 5.0, 0.1, dt.date(2024, 1, 2), "x")
    assert [_text(value) for value in values] == [
        "true",
        "5",
        "0.1",
        "2024-01-02",
        "x",
    ]


def test_refusals_name_the_file_once(tmp_path: Path) -> None:
    path = tmp_path / "incoming"
    path.write_bytes(b"")
    with pytest.raises(Refused, match=r"^f\.csv: is empty"):
        parsed(tmp_path, b"", "f.csv")


def test_readers_that_disagree_with_their_counters_are_noticed() -> None:
    check_count(2, [b"a\r", b"\n \n", b"b"])
    for found in (1, 3):
        with pytest.raises(Refused, match=rf"2 lines were counted, but {found} read"):
            check_count(found, [b"a\n\n", b"b\n"])
