"""One step of the benchmark of the catalogue in a process of its own: the lake, writing, asking, size, browser."""

import argparse
import itertools
import json
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TypeVar

from benchmarks.histories import after, platform_at, write_lake
from data_platform.contracts.contract import ColumnSpec
from data_platform.contracts.raw import RawColumn
from data_platform.planning.catalog import ModelTable, Table
from data_platform.steps.catalogue import catalogue, catalogue_page
from data_platform.steps.platform import Platform

Column = TypeVar("Column", ColumnSpec, RawColumn)
_COLUMNS = 20
_CHROMIUM = (Path("/usr/bin/chromium"), Path("/usr/bin/google-chrome"))
_WORDS = ("reading", "duration seconds", "meter 2", "where the meter stands", "mm", "team:benchmarks", "kind code")
# From the letter typed to the results laid out: reading the height makes the browser do it.
_TYPE = """text => {
  const input = document.getElementById("query");
  const times = [];
  for (let end = 1; end <= text.length; end += 1) {
    const began = performance.now();
    input.value = text.slice(0, end);
    input.dispatchEvent(new Event("input"));
    document.body.getBoundingClientRect().height;
    times.push(performance.now() - began);
  }
  return times;
}"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.catalogue_side", description=__doc__)
    parser.add_argument("step", choices=["lake", "write", "unchanged", "size", "browse"])
    parser.add_argument("root", type=Path)
    parser.add_argument("--tables", type=int, default=1000)
    parser.add_argument("--months", type=int, default=100)
    parser.add_argument("--commits", type=int, default=4)
    chosen = parser.parse_args()
    answer: dict[str, float] = {}
    if chosen.step == "lake":
        write_lake(chosen.root, tables=chosen.tables, months=chosen.months, commits=chosen.commits)
    elif chosen.step == "browse":
        answer = _browse(_wide(chosen.root))
    elif chosen.step == "size":
        answer = _size(_wide(chosen.root))
    else:
        platform = _wide(chosen.root)
        if chosen.step == "write":
            shutil.rmtree(platform.site, ignore_errors=True)
        wall, cpu = time.perf_counter(), time.process_time()
        written = catalogue(platform, now=after(chosen.months))
        answer = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        assert written.changed == (chosen.step == "write")
    sys.stdout.write(json.dumps(answer) + "\n")


def _wide(root: Path) -> Platform:
    """The platform with twenty columns in each contract: the generated ones have two to nine."""
    platform = platform_at(root)
    return replace(platform, catalog=replace(platform.catalog, tables={t.name: _widened(t) for t in platform.catalog}))


def _widened(table: Table) -> Table:
    if isinstance(table, ModelTable):
        columns = _more(table.contract.columns)
        return replace(table, contract=table.contract.model_copy(update={"columns": columns}))
    return replace(table, columns=_more(table.columns))


def _more(columns: Mapping[str, Column]) -> dict[str, Column]:
    found = dict(columns)
    for number, (name, spec) in zip(range(_COLUMNS - len(found)), itertools.cycle(columns.items()), strict=False):
        text = f"The same as {name}, counted another time: {number}"
        found[f"{name}_{number}"] = spec.model_copy(update={"description": text})
    return found


def _size(platform: Platform) -> dict[str, float]:
    folder = catalogue_page(platform).parent.resolve()
    sizes = {path.relative_to(folder): path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    pages = [size for path, size in sizes.items() if path.parts[0] == "tables"]
    columns = [len(t.contract.columns if isinstance(t, ModelTable) else t.columns) for t in platform.catalog]
    return {
        "files": len(sizes),
        "bytes": sum(sizes.values()),
        "index": sizes[Path("index.html")],
        "search": sizes[Path("data/search.js")],
        "page": sum(pages) / len(pages),
        "columns": sum(columns),
    }


def _browse(platform: Platform) -> dict[str, float]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = next(path for path in _CHROMIUM if path.exists())
        # Chromium has no sandbox for root, which containers run as.
        browser = playwright.chromium.launch(executable_path=str(chromium), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto("about:blank")
        began = time.perf_counter()
        page.goto(catalogue_page(platform).as_uri())
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        opened = time.perf_counter() - began
        letters = [each for word in _WORDS for each in page.evaluate(_TYPE, word)]
        browser.close()
    return {"open": opened * 1000, "letter_median": median(letters), "letter_slowest": max(letters)}


if __name__ == "__main__":
    main()
