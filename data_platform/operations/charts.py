"""Charts as files that need nothing else: one HTML page that opens offline, and a picture of it."""

import html
import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:  # Altair takes as long to import as a small step to run
    from altair import TopLevelMixin
    from duckdb import DuckDBPyConnection

# As wide as the dialog in which the Dagster UI shows it, and small enough to be kept as metadata of every run.
_PIXELS_PER_POINT = 1.0
_MOST_ROWS = 5_000
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

# The library's menu without its links to a public editor: they would send the data out of the house.
_EMBED_OPTIONS = {"mode": "vega-lite", "actions": {"export": True, "source": False, "compiled": False, "editor": False}}

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>body {{ margin: 2rem; background: white; }}</style>
<script>{library}</script>
</head>
<body>
<div id="chart"></div>
<script>vegaEmbed("#chart", {chart}, {options}).catch(console.error);</script>
</body>
</html>
"""


@dataclass(frozen=True)
class RenderedChart:
    """The page at `page`, and the same chart as the bytes of a PNG picture."""

    page: Path
    png: bytes


def render(
    chart: "Callable[[DuckDBPyConnection], TopLevelMixin]", warehouse: "DuckDBPyConnection", folder: Path, name: str
) -> RenderedChart:
    """Draw `chart` of what `warehouse` (open read-only) holds; `folder/<name>.html` is replaced in one step.

    The page carries its data and the drawing library and asks nothing of a network. Raises ValueError for a
    chart of more than 5,000 rows or one that takes data from an address. If anything fails the old page stays.
    """
    import vl_convert

    specification = chart(warehouse).to_dict()
    rows = sum(len(data) for data in specification.get("datasets", {}).values())
    if rows > _MOST_ROWS:
        raise ValueError(f"chart '{name}' carries {rows} rows; browsers draw {_MOST_ROWS} well. Aggregate in its SQL.")
    png = _compressed(vl_convert.vegalite_to_png(specification, scale=_PIXELS_PER_POINT, allowed_base_urls=[]))
    text = _PAGE.format(
        title=html.escape(name.replace("_", " ").capitalize()),
        library=_drawing_library(),
        chart=_script_safe(specification),
        options=_script_safe(_EMBED_OPTIONS),
    )
    page = folder / f"{name}.html"
    _replace(page, text)
    return RenderedChart(page, png)


@cache
def _drawing_library() -> str:
    import vl_convert

    # Bundling takes two seconds, as long as all the rest.
    library: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return library


def _script_safe(value: Any) -> str:
    # In a page, `</script>` ends the script even inside a JSON string: names in the data must not be able to.
    return json.dumps(value).replace("<", "\\u003c")


def _compressed(png: bytes) -> bytes:
    """The same picture, pixel by pixel. The renderer compresses for speed, to two or three times the size."""
    chunks, start = [], len(_PNG_SIGNATURE)
    while start < len(png):
        (length,) = struct.unpack_from(">I", png, start)
        chunks.append((png[start + 4 : start + 8], png[start + 8 : start + 8 + length]))
        start += 12 + length  # length, type, content, checksum
    pixels = zlib.compress(zlib.decompress(b"".join(content for kind, content in chunks if kind == b"IDAT")), 9)
    before_pixels = [chunk for chunk in chunks if chunk[0] not in (b"IDAT", b"IEND")]
    return _PNG_SIGNATURE + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in (*before_pixels, (b"IDAT", pixels), (b"IEND", b""))
    )


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    complete = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        complete.write_text(text, encoding="utf-8")
        complete.replace(path)
    finally:
        complete.unlink(missing_ok=True)
