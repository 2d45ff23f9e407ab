"""The folder of all dashboards: a page and a picture of each, the index, and what is known of how they stand."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from data_platform.site.dashboards.page import About, source
from data_platform.site.pages import asset, render, write

_RECORD = "dashboards.json"


@dataclass(frozen=True)
class Standing:
    """A dashboard as the folder has it: what it is about, when what it shows was published, and its version. One that
    waits for a relation to be published has no page.
    """

    about: About
    published_at: str
    version: str
    waits_for: str = ""


@dataclass(frozen=True)
class Missing:
    """A dashboard that could not be drawn as it should be now."""

    about: About


def standing(folder: Path) -> dict[str, Standing]:
    """By name, what is in the folder, whole; nothing where there is no folder."""
    try:
        text = (folder / _RECORD).read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    found = {}
    for name, record in json.loads(text).items():
        one = Standing(**{**record, "about": About(**record["about"])})
        if one.waits_for or all(path.exists() for path in files(folder, name)):
            found[name] = one
    return found


def files(folder: Path, name: str) -> tuple[Path, Path]:
    """Page and picture of a dashboard."""
    return folder / f"{name}.html", folder / f"{name}.png"


def keep(old: Path, new: Path, name: str) -> None:
    """The page and the picture as they stand, in the new folder too: the same files, never written again."""
    for before, after in zip(files(old, name), files(new, name), strict=True):
        os.link(before.resolve(), after)


def finish(folder: Path, shown: Mapping[str, Standing], missing: Iterable[Missing]) -> None:
    """Writes the index and the record of a folder that has its pages."""
    failed = {one.about.name: one.about for one in missing}
    datasets: dict[str, list[tuple[About, Standing | None, bool]]] = {}
    for name, about in sorted({**{name: one.about for name, one in shown.items()}, **failed}.items()):
        datasets.setdefault(about.dataset, []).append((about, shown.get(name), name in failed))
    index = render(
        "dashboards.html",
        title="Dashboards",
        section="Dashboards",
        root="../catalogue/",
        datasets=dict(sorted(datasets.items())),
        style=asset("site.css") + source("dashboard.css"),
    )
    write(folder / "index.html", index)
    record = {name: asdict(one) for name, one in sorted(shown.items())}
    write(folder / _RECORD, json.dumps(record, indent=1) + "\n")
