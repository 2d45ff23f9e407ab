"""`python -m benchmarks`: the platform against scripts written by hand, on one month of trips; see README.md."""

import argparse
import shlex
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.generate import generate
from benchmarks.layout import Layout
from benchmarks.report import Figures, load, page
from benchmarks.rounds import SideFailed, prepare, run_command_line, run_rounds
from benchmarks.source import MONTH, month_file

_FOLDER = Path(__file__).parent
# The scripts that this platform is measured with lie beside the repository, where they are present at all.
_YARDSTICK = _FOLDER.parents[1] / "shared" / "bench"
_SIDES = ("dagster", "plain", "library")
_YARDSTICK_SIDES = ("cte", "best")


def main(arguments: list[str] | None = None) -> int:
    """Measures, prints the page and writes it; 1 when a side failed or made other rows than the plain script."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rows", type=int, default=3_300_000, help="rows of the generated month (default 3300000)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each side runs (default 3)")
    parser.add_argument("--source", type=Path, help="read 2024-02 and 2024-03 from this copy of the TLC's site instead")
    parser.add_argument("--yardstick", type=Path, default=_YARDSTICK, help="folder of ref_duckdb.py, if there is one")
    parser.add_argument("--into", type=Path, default=_FOLDER / "results.md", help="the page (default results.md)")
    chosen = parser.parse_args(arguments)
    began, busy = datetime.now(UTC), load()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        has_yardstick = (chosen.yardstick / "ref_duckdb.py").exists()
        layout = Layout(Path(folder).resolve(), chosen.yardstick.resolve() if has_yardstick else None)
        if chosen.source is not None:
            shutil.copytree(chosen.source, layout.source)
        else:
            generate(layout.source, chosen.rows)
        try:
            prepare(layout)
            sides = run_rounds(layout, [*_SIDES, *(_YARDSTICK_SIDES if has_yardstick else ())], chosen.rounds)
            command_line = run_command_line(layout)
        except SideFailed as failed:
            sys.stderr.write(f"{failed}\n")
            return 1
        rows = pq.read_metadata(month_file(layout.source, MONTH)).num_rows
    command = shlex.join(["python", "-m", "benchmarks", *(sys.argv[1:] if arguments is None else arguments)])
    text = page(Figures(command, began, busy, rows, sides, command_line))
    chosen.into.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
