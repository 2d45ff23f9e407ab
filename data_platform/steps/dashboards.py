"""Dashboards of the published warehouse: drawn again when the publication, the file or the look has changed."""

import hashlib
import traceback
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from data_platform.site.dashboards.arithmetic import check as check_arithmetic
from data_platform.site.dashboards.folder import Missing, Standing, files, finish, keep, standing
from data_platform.site.dashboards.following import follow, publication
from data_platform.site.dashboards.page import About, page, source
from data_platform.site.dashboards.panels import drawing
from data_platform.site.dashboards.picture import picture
from data_platform.site.pages import asset, write
from data_platform.site.replacing import replaced
from data_platform.steps.platform import Platform
from data_platform.warehouse.publication import WAREHOUSE, current
from data_platform.warehouse.recorded import NotPublishedError, open_recorded


@dataclass(frozen=True)
class Dashboard:
    """A pure function from the read-only warehouse to Altair charts, in a file of a dataset's `dashboards/`."""

    about: About
    path: Path
    text: str
    function: Callable[..., Any]

    @property
    def name(self) -> str:
        return self.about.name


@dataclass(frozen=True)
class Drawn:
    """A dashboard as it stands: its page, a picture of it (PNG), and whether it was drawn just now."""

    dashboard: Dashboard
    page: Path
    png: bytes
    version: str
    changed: bool


@dataclass(frozen=True)
class Failed:
    """A dashboard that could not be drawn: file, line and reason. Its page before stands."""

    dashboard: Dashboard
    reason: str
    error: Exception


def dashboards_folder(platform: Platform) -> Path:
    return platform.site / "dashboards"


def dashboards_are_behind(platform: Platform, dashboards: Sequence[Dashboard]) -> bool:
    """Whether drawing now would show something new, or take away what is no dashboard any more."""
    wanted = _versions(platform, dashboards)
    stands = standing(dashboards_folder(platform))
    return bool(wanted) and {name: one.version for name, one in stands.items()} != wanted


def offer_dashboards(platform: Platform) -> None:
    """An index where none was written yet: other pages lead to it before anything is drawn."""
    folder = dashboards_folder(platform)
    if (folder / "index.html").exists():
        return
    with replaced(folder) as new:
        # Somebody may have drawn them in between.
        stands = standing(folder)
        for name in stands:
            keep(folder, new, name)
        finish(new, stands, [])


def draw(
    platform: Platform, dashboards: Sequence[Dashboard], *, only: Collection[str] | None = None
) -> tuple[list[Drawn], list[Failed]]:
    """Draws what is behind of `dashboards`, which are all there are; `only` names those to look at.

    Readers get all new pages with their index in one step. One that fails keeps its page and holds back no other.
    Nothing is drawn, and nothing returned, when nothing is published yet.
    """
    folder = dashboards_folder(platform)
    wanted = _versions(platform, dashboards)
    asked = [one for one in dashboards if wanted and (only is None or one.name in only)]
    stands = standing(folder)
    failed: list[Failed] = []
    changed: set[str] = set()
    todo = [one for one in asked if one.name not in stands or stands[one.name].version != wanted[one.name]]
    if todo or (wanted and not stands.keys() <= wanted.keys()):
        with replaced(folder) as new:
            stands = {name: one for name, one in standing(folder).items() if name in wanted}
            for one in todo:
                try:
                    stands[one.name] = _drawn_into(new, platform, one, wanted[one.name])
                    changed.add(one.name)
                except _WaitsError as error:
                    stands[one.name] = Standing(one.about, "", wanted[one.name], waits_for=str(error))
                except _DrawingError as error:
                    failed.append(Failed(one, str(error), error))
                    if one.name in stands:
                        # Of no version: the index says that it failed, so it is drawn again even as it was before.
                        stands[one.name] = replace(stands[one.name], version="")
            for name in stands.keys() - changed:
                if not stands[name].waits_for:
                    keep(folder, new, name)
            finish(new, stands, [Missing(one.dashboard.about) for one in failed])
    drawn = []
    without = {failure.dashboard.name for failure in failed} | waiting(platform).keys()
    for one in asked:
        if one.name not in without:
            at, png = files(folder, one.name)
            drawn.append(Drawn(one, at, png.read_bytes(), wanted[one.name], one.name in changed))
    return drawn, failed


def waiting(platform: Platform) -> dict[str, str]:
    """Which dashboards have no page because a table that they read is not published yet: by name, that table."""
    stands = standing(dashboards_folder(platform))
    return {name: one.waits_for for name, one in stands.items() if one.waits_for}


class _WaitsError(Exception):
    """Which relation is not published yet."""


class _DrawingError(Exception):
    """Why a dashboard could not be drawn: file, line, what was wrong."""


def _drawn_into(new: Path, platform: Platform, dashboard: Dashboard, version: str) -> Standing:
    connection, warehouse = open_recorded(platform.warehouse / WAREHOUSE)
    with connection:
        try:
            parts = drawing(dashboard.function(warehouse), warehouse)
            check_arithmetic(platform.catalog, warehouse.queries)
            tables = {table for query in warehouse.queries for table in query.tables}
            followed = follow(connection, platform.catalog, tables)
            published = publication(connection)
            text = page(dashboard.about, parts, warehouse.queries, followed, published)
            png = picture(parts.panels)
        except NotPublishedError as error:
            if _will_be_published(platform, error.relation):
                raise _WaitsError(error.relation) from error
            raise _DrawingError(f"{_place(dashboard, error)}: {_one_line(error)}") from error
        except Exception as error:  # an author's function may raise anything
            raise _DrawingError(f"{_place(dashboard, error)}: {type(error).__name__}: {_one_line(error)}") from error
    at, image = files(new, dashboard.name)
    write(at, text)
    image.write_bytes(png)
    return Standing(dashboard.about, f"{published.published_at:%Y-%m-%d %H:%M}", version)


def _will_be_published(platform: Platform, relation: str) -> bool:
    """Whether it is a table of ours, or its quarantine; anything else is misspelt."""
    layer, _, table = relation.partition(".")
    known = {name.sql for name in platform.catalog.tables if name.layer != "raw"}
    return relation in known or (layer == "quarantine" and f"staged.{table}" in known)


def _place(dashboard: Dashboard, error: Exception) -> str:
    """The last line of the dashboard's own file on the way to the error; where its function begins for all else."""
    frames = traceback.extract_tb(error.__traceback__)
    own = (frame.lineno for frame in reversed(frames) if frame.filename == str(dashboard.path) and frame.lineno)
    return f"{dashboard.path}:{next(own, dashboard.function.__code__.co_firstlineno)}"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:2000]


def _versions(platform: Platform, dashboards: Sequence[Dashboard]) -> dict[str, str]:
    """By name, what a page depends on: the publication, the file, and what all pages look like."""
    published = current(platform.warehouse)
    if published is None:
        return {}
    return {
        one.name: hashlib.sha256(f"{published.id}\n{_look()}\n{one.text}".encode()).hexdigest()[:15]
        for one in dashboards
    }


@cache
def _look() -> str:
    texts = (asset("site.css"), source("dashboard.css"), source("dashboard.js"))
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
