"""Charts of the published warehouse: drawn again when the publication or the drawing function has changed."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_platform.operations.charts import render
from data_platform.steps.platform import Platform
from data_platform.warehouse.publication import WAREHOUSE, current
from data_platform.warehouse.read import open_read_only


@dataclass(frozen=True)
class Chart:
    """A pure function from the read-only warehouse to an Altair chart, in a file of a dataset's `dashboards/`."""

    name: str
    dataset: str
    description: str
    path: Path
    text: str
    function: Callable[..., Any]


@dataclass(frozen=True)
class Drawn:
    """A chart as it stands: its page, a picture of it (PNG), and whether it was drawn just now."""

    page: Path
    png: bytes
    version: str
    changed: bool


def chart_is_behind(platform: Platform, chart: Chart) -> bool:
    """Whether drawing now would show something new."""
    wanted = _version(platform, chart)
    return wanted is not None and not _stands(platform, chart, wanted)


def draw(platform: Platform, chart: Chart) -> Drawn | None:
    """Draws a chart if it is behind; None when nothing is published yet."""
    wanted = _version(platform, chart)
    if wanted is None:
        return None
    page, picture, mark = _files(platform, chart)
    if _stands(platform, chart, wanted):
        return Drawn(page, picture.read_bytes(), wanted, changed=False)
    with open_read_only(platform.warehouse / WAREHOUSE) as warehouse:
        rendered = render(chart.function, warehouse, platform.charts, chart.name)
    picture.write_bytes(rendered.png)
    # Last, so that a chart that was not finished is drawn again.
    mark.write_text(wanted, encoding="utf-8")
    return Drawn(rendered.page, rendered.png, wanted, changed=True)


def _version(platform: Platform, chart: Chart) -> str | None:
    publication = current(platform.warehouse)
    if publication is None:
        return None
    return hashlib.sha256(f"{publication.id}\n{chart.text}".encode()).hexdigest()[:15]


def _stands(platform: Platform, chart: Chart, wanted: str) -> bool:
    files = _files(platform, chart)
    return all(file.exists() for file in files) and files[2].read_text(encoding="utf-8") == wanted


def _files(platform: Platform, chart: Chart) -> tuple[Path, Path, Path]:
    folder = platform.charts
    return folder / f"{chart.name}.html", folder / f"{chart.name}.png", folder / f".{chart.name}.version"
