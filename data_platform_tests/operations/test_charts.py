"""Rendering any chart: what a page may not need, and what data may not do to it."""

import json
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import altair as alt
import duckdb
import pytest

from data_platform.operations.charts import RenderedChart, render


def bars(query: str) -> Callable[[duckdb.DuckDBPyConnection], alt.Chart]:
    def chart(warehouse: duckdb.DuckDBPyConnection) -> alt.Chart:
        rows = [{"name": name, "value": value} for name, value in warehouse.execute(query).fetchall()]
        drawn: alt.Chart = alt.Chart(alt.InlineData(values=rows)).mark_bar().encode(x="value:Q", y="name:N")
        return drawn

    return chart


def draw(folder: Path, query: str = "SELECT 'a', 1") -> RenderedChart:
    with duckdb.connect() as warehouse:
        return render(bars(query), warehouse, folder, "some_chart")


class Page(HTMLParser):
    """What a browser would find in a page: its elements with their attributes, and the texts of its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] == "script":
            self.scripts[-1] += data


def test_the_page_draws_its_own_data_and_refers_to_nothing_outside(tmp_path: Path) -> None:
    drawn = draw(tmp_path)
    page = Page(drawn.page.read_text(encoding="utf-8"))
    assert drawn.page == tmp_path / "some_chart.html"
    assert {attribute for _, attributes in page.elements for attribute in attributes} <= {
        "lang",
        "charset",
        "name",
        "content",
        "id",
    }
    library, call = page.scripts
    assert "window.vegaEmbed" in library
    assert not re.search(r"\bimport\s*[\w{*]*.*from\s*['\"]https?:", library)
    assert '{"name": "a", "value": 1}' in call


def test_names_in_the_data_cannot_end_the_script_of_the_page(tmp_path: Path) -> None:
    name = "</script><script>alert(1)</script><!--"
    page = Page(draw(tmp_path, f"SELECT '{name}', 1").page.read_text(encoding="utf-8"))
    _, call = page.scripts
    (written,) = re.findall(r'"name": ("(?:[^"\\]|\\.)*"), "value"', call)
    assert json.loads(written) == name


def test_the_picture_is_a_sound_png_small_enough_for_metadata(tmp_path: Path) -> None:
    png = draw(tmp_path, "SELECT 'row ' || range, sin(range) FROM range(100)").png
    chunks = chunks_of(png)
    kinds = [kind for kind, _ in chunks]
    assert (kinds[0], *kinds[-2:]) == (b"IHDR", b"IDAT", b"IEND")
    width, height = struct.unpack_from(">II", chunks[0][1])
    pixels = zlib.decompress(chunks[-2][1])
    assert len(pixels) == height * (1 + 4 * width)
    assert len(png) < 200_000


def chunks_of(png: bytes) -> list[tuple[bytes, bytes]]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, start = [], 8
    while start < len(png):
        (length,) = struct.unpack_from(">I", png, start)
        kind_and_content = png[start + 4 : start + 8 + length]
        (checksum,) = struct.unpack_from(">I", png, start + 8 + length)
        assert checksum == zlib.crc32(kind_and_content)
        chunks.append((kind_and_content[:4], kind_and_content[4:]))
        start += 12 + length
    return chunks


def test_a_chart_of_more_rows_than_a_browser_likes_is_refused_and_the_old_page_stays(tmp_path: Path) -> None:
    before = draw(tmp_path).page.read_bytes()
    with pytest.raises(ValueError, match="'some_chart' carries 5001 rows"):
        draw(tmp_path, "SELECT 'row', range FROM range(5001)")
    assert (tmp_path / "some_chart.html").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["some_chart.html"]


def test_a_chart_that_takes_its_data_from_an_address_is_refused(tmp_path: Path) -> None:
    def chart(_warehouse: duckdb.DuckDBPyConnection) -> alt.Chart:
        drawn: alt.Chart = alt.Chart(alt.UrlData("http://127.0.0.1:9/data.csv")).mark_bar().encode(x="value:Q")
        return drawn

    with duckdb.connect() as warehouse, pytest.raises(ValueError, match="External data url not allowed"):
        render(chart, warehouse, tmp_path, "some_chart")
    assert list(tmp_path.iterdir()) == []


def test_drawing_again_replaces_the_page(tmp_path: Path) -> None:
    draw(tmp_path / "new folder", "SELECT 'first', 1")
    drawn = draw(tmp_path / "new folder", "SELECT 'second', 1")
    assert '"second"' in drawn.page.read_text(encoding="utf-8")
    assert [path.name for path in drawn.page.parent.iterdir()] == ["some_chart.html"]


def test_whoever_has_the_old_page_open_reads_it_to_its_end(tmp_path: Path) -> None:
    before = draw(tmp_path, "SELECT 'first', 1").page.read_text(encoding="utf-8")
    with (tmp_path / "some_chart.html").open(encoding="utf-8") as old:
        draw(tmp_path, "SELECT 'second', 1")
        assert old.read() == before


def test_importing_charts_imports_no_drawing_library() -> None:
    program = "import sys, data_platform.operations.charts; print({'altair', 'vl_convert'} & set(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert ended.stdout.strip() == "set()"


def test_a_page_in_the_middle_of_an_error_leaves_nothing_behind(tmp_path: Path) -> None:
    def chart(_warehouse: duckdb.DuckDBPyConnection) -> Any:
        raise duckdb.CatalogException("no such table")

    with duckdb.connect() as warehouse, pytest.raises(duckdb.CatalogException):
        render(chart, warehouse, tmp_path / "charts", "some_chart")
    assert list(tmp_path.iterdir()) == []
