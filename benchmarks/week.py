"""`python -m benchmarks.week`: a week of turnstile readings from packed CSV to staged, against DuckDB's own reader."""

import argparse
import gzip
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median

import duckdb

from benchmarks.conditions import headline
from benchmarks.report import load
from data_platform.components.datasets import read_datasets
from data_platform.contracts.quoting import identifier, literal
from data_platform.lake.names import TableName
from data_platform.lake.tables import UNPARTITIONED
from data_platform.resources.platform import platform_of
from data_platform.settings import Settings
from data_platform.steps.build import Built, build
from data_platform.steps.platform import Platform
from data_platform.steps.receive import receive

_FOLDER = Path(__file__).parent
_RUN_ID = "benchmark"
_ROWS = 250_000
_COLUMNS = ("CA", "UNIT", "SCP", "STATION", "LINENAME", "DIVISION", "DATE", "TIME", "DESC", "ENTRIES", "EXITS")
_NUMBERS = ("ENTRIES", "EXITS")
_STAGED = TableName("staged", "turnstile")


def main(arguments: list[str]) -> int:
    """Measures, writes the page and shows it. Raises RuntimeError when the sides made other rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.week", description=__doc__)
    parser.add_argument("--file", type=Path, help=f"a real week as .csv.gz with the header {','.join(_COLUMNS)}")
    parser.add_argument("--rounds", type=int, default=5, help="how often each side runs (default 5)")
    parser.add_argument("--into", type=Path, default=_FOLDER / "results_week.md", help="the page")
    chosen = parser.parse_args(arguments)
    began, busy = datetime.now(UTC), load()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        root = Path(folder).resolve()
        week = (chosen.file or _generated(root / "week.csv.gz")).resolve()
        found = list(_rounds(root, week, chosen.rounds))
    lines = [
        "# A week from CSV to staged",
        "",
        # The folder of the file is this machine's.
        headline("benchmarks.week", ["--file", week.name] if chosen.file else arguments, began, busy),
        "",
        f"{found[0][2]:,} lines of {week.name}. The platform receives the file (hash, bytes kept, encoding and dialect "
        "detected, records counted twice, row numbers), stages it with types and account, and commits; by hand it is "
        "`read_csv` and COPY. In turns in one warm process; the figure to hold is 1.5x, here it is "
        f"**{median(ours / theirs for ours, theirs, _ in found):.2f}x**.",
        "",
        "| | wall s |",
        "|---|--:|",
        f"| the platform | {median(ours for ours, _, _ in found):.2f} |",
        f"| `read_csv` and COPY | {median(theirs for _, theirs, _ in found):.2f} |",
    ]
    text = "\n".join(lines) + "\n"
    chosen.into.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


def _rounds(root: Path, week: Path, rounds: int) -> Iterator[tuple[float, float, int]]:
    """Seconds of both sides, and the rows. The first round warms up."""
    dataset = root / "datasets" / "turnstiles"
    _write_dataset(dataset, week)
    for number in range(rounds + 1):
        settings = Settings(home=root / f"home-{number}", sources="live")
        platform = platform_of(settings, read_datasets(dataset.parent, settings).catalog)
        ours, rows = _timed(partial(_ingest, platform))
        theirs, copied = _timed(partial(_by_hand, week, root / "by-hand.parquet"))
        if rows != copied:
            raise RuntimeError(f"the platform staged {rows} rows, {copied} were copied by hand")
        if number:
            yield ours, theirs, rows


def _timed(work: Callable[[], int]) -> tuple[float, int]:
    began = time.perf_counter()
    rows = work()
    return time.perf_counter() - began, rows


def _ingest(platform: Platform) -> int:
    raw = platform.catalog.raw(TableName("raw", _STAGED.table))
    receive(platform.lake, raw, [UNPARTITIONED], run_id=_RUN_ID, now=datetime.now(UTC))
    made = build(platform, platform.catalog.model(_STAGED), UNPARTITIONED, run_id=_RUN_ID)
    assert isinstance(made, Built), made
    return made.rows


def _by_hand(week: Path, into: Path) -> int:
    columns = ", ".join(map(identifier, _COLUMNS))
    with duckdb.connect() as connection:
        row = connection.execute(
            f"COPY (SELECT {columns} FROM read_csv({literal(week)})) TO {literal(into)} "
            "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
        ).fetchone()
    assert row is not None  # a COPY tells its rows
    return int(row[0])


def _write_dataset(folder: Path, week: Path) -> None:
    (folder / "staged").mkdir(parents=True)
    raw = "\n".join(f"        {name}: {{type: VARCHAR}}" for name in _COLUMNS)
    (folder / "defs.yaml").write_text(
        f"""\
type: data_platform.components.dataset.Dataset
attributes:
  description: Turnstiles.
  owners: ["team:transit"]
  raw:
    turnstile:
      description: Readings of a week.
      source: {{http_file: {{url: "{week.as_uri()}"}}}}
      columns:
{raw}
""",
        encoding="utf-8",
    )
    types = {name: "BIGINT" if name in _NUMBERS else "DATE" if name == "DATE" else "VARCHAR" for name in _COLUMNS}
    contract = "\n".join(f"  {name.lower()}: {{type: {type_}}}" for name, type_ in types.items())
    values = ", ".join(
        f"""{"strptime(t.DATE, '%m/%d/%Y')" if name == "DATE" else f't."{name}"'} AS {name.lower()}"""
        for name in _COLUMNS
    )
    (folder / "staged" / "turnstile.sql").write_text(f"SELECT {values} FROM raw.turnstile AS t\n", encoding="utf-8")
    text = f"description: One row per reading.\ncolumns:\n{contract}\n"
    (folder / "staged" / "turnstile.yaml").write_text(text, encoding="utf-8")


def _generated(path: Path) -> Path:
    """Readings of 5,000 turnstiles, 50 each."""
    with gzip.open(path, "wt", compresslevel=6, encoding="utf-8") as file:
        file.write(",".join(_COLUMNS) + "\n")
        for row in range(_ROWS):
            device, audit = divmod(row, 50)
            place = (
                f"A{device // 10:03d},R{device % 470:03d},00-00-{device % 100:02d},STATION {device % 378},NQR456W,BMT"
            )
            at = f"01/{6 + audit // 8:02d}/2024,{audit % 8 * 3:02d}:00:00"
            file.write(f"{place},{at},REGULAR,{device * 104_729 + audit * 97},{device * 7_919 + audit * 51}\n")
    return path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
