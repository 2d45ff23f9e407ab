"""`python -m benchmarks.landing`: what a question costs over a landing zone of 100,000 files that were all received."""

import argparse
import hashlib
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

from benchmarks.conditions import headline, loop_seconds, pace
from benchmarks.report import load
from data_platform.components.datasets import read_datasets
from data_platform.lake.names import TableName
from data_platform.lake.sightings import Sighting
from data_platform.planning.arrivals import keys_of, question
from data_platform.planning.catalog import RawTable
from data_platform.planning.stale import Answer, stale
from data_platform.resources.platform import platform_of
from data_platform.settings import Settings
from data_platform.sources.slot import Place
from data_platform.steps.platform import Platform

_NOW = datetime(2034, 1, 15, tzinfo=UTC)
_MONTHS = 120
_READINGS = TableName("raw", "readings")
_HEADER = "reading_id,value\n"
_DEFS = """\
type: data_platform.components.dataset.Dataset
attributes:
  description: Gauges that send their readings.
  owners: ["team:weather"]
  partitions: {monthly: {start: "2024-01"}}
  raw:
    readings:
      description: Readings, many files a month.
      source:
        landing:
          folder: "{{ landing }}"
          files: ['readings-(?P<month>\\d{4}-\\d{2})-\\d+\\.csv']
          partition: {from: month, format: "%Y-%m"}
      columns:
        reading_id: {type: BIGINT}
        value: {type: DOUBLE}
"""


def main(arguments: list[str]) -> int:
    """Measures, writes the page and shows it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.landing", description=__doc__)
    parser.add_argument("--files", type=int, default=100_000, help="files in the folder (default 100000)")
    into = Path(__file__).parent / "results_landing.md"
    parser.add_argument("--into", type=Path, default=into, help="the page (default results_landing.md)")
    chosen = parser.parse_args(arguments)
    began, busy, before = datetime.now(UTC), load(), loop_seconds()
    with tempfile.TemporaryDirectory(prefix="landing-") as folder:
        root = Path(folder).resolve()
        # In a process of its own: ours begins without what that one knows.
        preparing = get_context("spawn").Process(target=_prepare, args=(root, chosen.files))
        preparing.start()
        preparing.join()
        lines = list(_measured(root))
    text = "\n".join(
        [
            f"# A landing zone of {chosen.files:,} files\n",
            f"{headline('benchmarks.landing', arguments, began, busy)}\n",
            f"One table of {_MONTHS} months, all files received. `stale()` as the sensor asks it, time after time.\n",
            "| | wall s | CPU s |\n|---|--:|--:|",
            *lines,
            f"\n{pace(before)}\n",
        ]
    )
    chosen.into.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


def _measured(root: Path) -> Iterator[str]:
    """A line of the page for each question."""
    platform = _platform(root)
    zone = platform_settings(root).landing
    yield _line("the first one of a process", platform, 0)
    yield _line("nothing changed since", platform, 0)
    new = zone / "readings-2030-01-1000001.csv"
    new.write_text(f"{_HEADER}1,1.5\n")
    yield _line("one file is new", platform, 1)
    _receive(platform, 1)
    yield _line("one file was received since", platform, 0)
    for number in range(1000):
        (zone / f"readings-2030-02-{number + 2_000_000}.csv").write_text(f"{_HEADER}{number},1.5\n")
    yield _line("1,000 files of one month are new", platform, 1)


def platform_settings(root: Path) -> Settings:
    """Everything below one folder."""
    return Settings(home=root / "home", sources="live", tlc_url=root.as_uri(), landing=root / "landing")


def _platform(root: Path) -> Platform:
    settings = platform_settings(root)
    return platform_of(settings, read_datasets(root / "datasets", settings).catalog)


def _prepare(root: Path, files: int) -> None:
    """The files, and a ledger that has received them all; their bytes are not in the lake, which no question opens."""
    dataset = root / "datasets" / "gauges"
    for folder in (dataset, root / "landing", root / "home"):
        folder.mkdir(parents=True)
    (dataset / "defs.yaml").write_text(_DEFS, encoding="utf-8")
    for number in range(files):
        year, month = divmod(number % _MONTHS, 12)
        name = f"readings-{2024 + year}-{month + 1:02}-{number:06}.csv"
        (root / "landing" / name).write_text(f"{_HEADER}{number},1.5\n", encoding="utf-8")
    _receive(_platform(root), files)


def _receive(platform: Platform, expected: int) -> None:
    table = platform.catalog.raw(_READINGS)
    ledger = platform.lake.ledger(table.name.table)
    base = ledger.read()
    (source,) = table.sources
    places = source.places(question(platform.lake, table, source, keys_of(table, _NOW), base, _NOW))
    known = {sighting.uri for sighting in base.all()}
    new = [_sighting(table, place) for place in places.found if place.uri not in known]
    assert len(new) == expected, len(new)
    ledger.append(new, base=base)


def _sighting(table: RawTable, place: Place) -> Sighting:
    assert place.version is not None  # it is a listing
    sha256 = hashlib.sha256(place.uri.encode()).hexdigest()
    key = f"raw/{table.name.table}/{sha256[:2]}/{sha256}-file.csv"
    return Sighting(
        partition=place.partition,
        slot=place.slot,
        uri=place.uri,
        version=place.version.text,
        state="received",
        reason=None,
        sha256=sha256,
        key=key,
        data_key=f"{key}.parquet",
        bytes=place.version.bytes or 0,
        records=1,
        columns=(("reading_id", "VARCHAR"), ("value", "VARCHAR")),
        seen_at=_NOW,
        run_id="benchmark",
        origin="landing",
    )


def _line(what: str, platform: Platform, expected: int) -> str:
    wall, cpu = time.perf_counter(), time.process_time()
    answer = _ask(platform)
    assert len(answer.stale) == expected, answer
    return f"| {what} | {time.perf_counter() - wall:.2f} | {time.process_time() - cpu:.2f} |"


def _ask(platform: Platform) -> Answer:
    return stale(platform.catalog, platform.lake, _NOW, among=lambda source: source.is_local)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
