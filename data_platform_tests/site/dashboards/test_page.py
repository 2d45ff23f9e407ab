"""A dashboard's page as text: self-contained, and data in it is never anything else than data."""

import base64
import hashlib
import json
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import altair as alt
import duckdb
import pytest
import vl_convert

from data_platform.site.dashboards.panels import DashboardError, drawing
from data_platform.site.dashboards.picture import picture, sheet
from data_platform.warehouse.recorded import RecordedWarehouse
from data_platform_tests.site.dashboards.drawn import Function, page_text, unpacked

HOSTILE = "</script><script>alert(1)</script><!-- \" ' & <b> 🚇"


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def bars(sql: str) -> Function:
    def dashboard(warehouse: RecordedWarehouse) -> Any:
        rows = warehouse.sql(sql)
        names = [name for (name,) in rows.project("name").distinct().fetchall()]
        chosen = alt.param("chosen", value=names[0], bind=alt.binding_select(options=names, name="Name"))
        return alt.Chart(rows, title=str(names[0])).mark_bar().encode(x="value:Q", y="name:N").add_params(chosen)

    return dashboard


class Page(HTMLParser):
    """What a browser would find in a page: its elements with their attributes, and the texts of its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: dict[str, str] = {}
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self._open = dict(attrs).get("id") or f"script {len(self.scripts)}"
            self.scripts[self._open] = ""

    def handle_data(self, data: str) -> None:
        if self._open:
            self.scripts[self._open] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._open = ""


def test_the_page_refers_to_nothing_outside(connection: duckdb.DuckDBPyConnection) -> None:
    page = Page(page_text(bars("SELECT 'a' AS name, 1 AS value"), connection))
    assert not any("src" in attributes for _, attributes in page.elements)
    leads_to = {str(attributes["href"]) for _, attributes in page.elements if "href" in attributes}
    assert all(re.match(r"#|\.\./catalogue/|data:,$", address) for address in leads_to)
    (policy,) = (a["content"] for tag, a in page.elements if tag == "meta" and "http-equiv" in a)
    assert str(policy).startswith("default-src 'none'; script-src 'sha256-")


def test_only_the_two_scripts_of_the_page_itself_may_run(connection: duckdb.DuckDBPyConnection) -> None:
    page = Page(page_text(bars("SELECT 'a' AS name, 1 AS value"), connection))
    (policy,) = (str(a["content"]) for tag, a in page.elements if tag == "meta" and "http-equiv" in a)
    allowed = set(re.findall(r"'sha256-(.*?)'", policy))
    running = [text for name, text in page.scripts.items() if name.startswith("script ")]
    assert {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in running} == allowed
    assert "unsafe-inline" not in policy.split("style-src")[0]


def test_names_in_the_data_are_data(connection: duckdb.DuckDBPyConnection) -> None:
    quoted = HOSTILE.replace("'", "''")
    page = Page(page_text(bars(f"SELECT '{quoted}' AS name, 1 AS value"), connection))
    assert len(page.scripts) == 5
    assert not any(tag == "b" for tag, _ in page.elements)
    assert unpacked(page.scripts["rows-of-query_1"]) == [{"name": HOSTILE, "value": 1}]
    assert json.loads(page.scripts["queries"])[0]["sql"] == f"SELECT '{quoted}' AS name, 1 AS value"
    assert json.loads(page.scripts["parts"])["filters"][0]["options"] == [HOSTILE]


def test_a_page_tells_each_query_as_data_that_can_be_run_again(connection: duckdb.DuckDBPyConnection) -> None:
    def dashboard(warehouse: RecordedWarehouse) -> Any:
        rows = warehouse.sql("SELECT 'a' AS name, range AS value FROM range($days)", params={"days": 3})
        return alt.Chart(rows).mark_bar().encode(x="value:Q")

    page = Page(page_text(dashboard, connection))
    (query,) = json.loads(page.scripts["queries"])
    again = connection.sql(query["sql"], params=query["parameters"])
    shown = unpacked(page.scripts[f"rows-of-{query['name']}"])
    assert [tuple(row.values()) for row in shown] == again.fetchall()
    assert (query["columns"], query["rows"]) == (["name", "value"], 3)


@pytest.mark.parametrize(("rows", "columns", "why"), [(200_001, 1, "200,001 rows"), (150_000, 40, "6,000,000 values")])
def test_more_than_a_browser_bears_is_refused(
    connection: duckdb.DuckDBPyConnection, rows: int, columns: int, why: str
) -> None:
    def dashboard(warehouse: RecordedWarehouse) -> Any:
        named = ", ".join(f"1 AS c{number}" for number in range(columns))
        return alt.Chart(warehouse.sql(f"SELECT {named} FROM range({rows})")).mark_bar().encode(x="sum(c0):Q")

    with pytest.raises(DashboardError, match=f"dashboard 'some_chart' carries .*{why}"):
        page_text(dashboard, connection)


def test_the_picture_is_a_sound_png_small_enough_for_metadata(connection: duckdb.DuckDBPyConnection) -> None:
    warehouse = RecordedWarehouse(connection)
    rows = warehouse.sql("SELECT 'row ' || range AS name, sin(range) AS value FROM range(40)")
    chart = alt.Chart(rows, title="Sines").mark_bar().encode(x="value:Q", y="name:N")
    card = alt.Chart(rows, title="All").mark_text().encode(text="sum(value):Q")
    png = picture(drawing([card, card, chart, chart.properties(width=900)], warehouse).panels)
    chunks = chunks_of(png)
    kinds = [kind for kind, _ in chunks]
    assert (kinds[0], *kinds[-2:]) == (b"IHDR", b"IDAT", b"IEND")
    width, height = struct.unpack_from(">II", chunks[0][1])
    assert len(zlib.decompress(chunks[-2][1])) == height * (1 + 4 * width)
    assert width > 900
    assert len(png) < 200_000


def test_charts_on_the_picture_do_not_mix_their_sums(connection: duckdb.DuckDBPyConnection) -> None:
    warehouse = RecordedWarehouse(connection)
    rows = alt.Chart(warehouse.sql("SELECT unnest([10, 20, 12]) AS value"))
    cards = [
        rows.transform_aggregate(told=f"{how}(value)").mark_text().encode(text="told:N")
        for how in ("sum", "count", "max")
    ]
    drawn = vl_convert.vega_to_svg(sheet(drawing(cards, warehouse).panels))
    assert re.findall(r"<text[^>]*>(\d+)</text>", drawn) == ["42", "3", "20"]


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


def test_loading_dashboards_imports_no_drawing_library() -> None:
    program = (
        "import sys, data_platform.steps.dashboards; print({'altair', 'vl_convert', 'pyarrow'} & set(sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert ended.stdout.strip() == "set()"
