"""`python -m benchmarks`: the platform against scripts written by hand, on one month of trips; see README.md."""

import argparse
import shlex
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.layout import Layout
from benchmarks.report import Figures, load, page
from benchmarks.rounds import SideFailed, copy_source, generate, prepare, run_command_line, run_rounds

_FOLDER = Path(__file__).parent
# The scripts that this platform is measured with lie beside the repository, where they are present at all.
_YARDSTICK = _FOLDER.parents[1] / "shared" / "bench"
_SIDES = ("dagster", "bare", "library", "few", "plain")
_YARDSTICK_SIDES = ("cte", "best")


def main(arguments: list[str]) -> int:
    """Measures, writes the page and shows it; 1 when a side failed or made other rows than the plain script."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rows", type=int, default=3_300_000, help="rows of the generated month (default 3300000)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each side runs (default 3)")
    parser.add_argument("--source", type=Path, help="read 2024-02 and 2024-03 from this copy of the TLC's site instead")
    parser.add_argument("--yardstick", type=Path, default=_YARDSTICK, help="folder of ref_duckdb.py, if there is one")
    parser.add_argument("--into", type=Path, default=_FOLDER / "results.md", help="the page (default results.md)")
    chosen = parser.parse_args(arguments)
    try:
        figures = measure(
            shlex.join(["python", "-m", "benchmarks", *arguments]),
            rows=chosen.rows,
            rounds=chosen.rounds,
            site=chosen.source,
            yardstick=chosen.yardstick,
        )
    except SideFailed as failed:
        sys.stderr.write(f"{failed}\n")
        return 1
    text = page(figures)
    chosen.into.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


def measure(command: str, *, rows: int, rounds: int, site: Path | None, yardstick: Path) -> Figures:
    """Runs everything in a temporary folder. Raises SideFailed."""
    began, busy = datetime.now(UTC), load()
    has_yardstick = (yardstick / "ref_duckdb.py").exists()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        layout = Layout(Path(folder).resolve(), yardstick.resolve() if has_yardstick else None)
        if site is None:
            generate(layout, rows)
        else:
            copy_source(layout, site)
        prepare(layout)
        sides = run_rounds(layout, [*_SIDES, *(_YARDSTICK_SIDES if has_yardstick else ())], rounds)
        return Figures(command, began, busy, sides, run_command_line(layout))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
