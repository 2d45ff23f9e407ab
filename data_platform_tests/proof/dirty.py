"""Hostile files through the real path, and the page of what becomes of them.

`python -m data_platform_tests.proof.dirty FOLDER [--write]`
"""

import argparse
import multiprocessing
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from data_platform_tests.proof.dirty_file import MOST_SECONDS, Seen, within_limits

PAGE = Path(__file__).parents[2] / "docs" / "dirty.md"
_INTRODUCTION = """\
# Hostile files

Written by `python -m data_platform_tests.proof.dirty FOLDER --write`; a test compares it with what it finds today.

{files} files of five collections (csv-spectrum, the examples of csvkit, of messytables and of frictionless, corrupt
Parquet of apache/parquet-testing) and two real accidents, each as the only file of a raw table that a staged table
takes over as it is: received, parsed, counted twice, staged, accounted for and committed, in a process of its own with
60 seconds and 1 GiB of private writable memory (`RLIMIT_DATA`; what DuckDB and Arrow only reserve is not counted).
Nothing is said of the files but their columns' names.

| outcome | files | |
| --- | --: | --- |
| received | {received} | every record is found again: clean, or rejected where its line could not be read |
| refused | {refused} | not what it claims to be, or not to be read without guessing; the reason is told |
| not read | {not_read} | Parquet with a right footer and wrong pages: staging fails and says why, nothing changes |

`unparsed` are the lines that could not be read; they stand in the quarantine with line, text and error. What is told of
a received file is what was detected.
"""


def files_of(folder: Path) -> list[Path]:
    """All files below a folder, in order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def seen(paths: Sequence[Path]) -> dict[Path, Seen]:
    """What becomes of each file: `crashed` or `too slow` where its process did not tell.

    A process takes one file after the other, and another begins where it ended.
    """
    context = multiprocessing.get_context("spawn")
    found: dict[Path, Seen] = {}
    while left := [path for path in paths if path not in found]:
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=within_limits, args=(left, there))
        process.start()
        there.close()
        for path in left:
            try:
                if not here.poll(MOST_SECONDS):
                    found[path] = Seen("too slow", f"not done after {MOST_SECONDS} seconds")
                    break
                found[path] = here.recv()
            except EOFError:
                process.join()
                found[path] = Seen("crashed", f"the process ended with {process.exitcode}")
                break
        here.close()
        process.kill()
        process.join()
        process.close()
    return found


def page(found: dict[Path, Seen], folder: Path) -> str:
    """The page as Markdown."""
    outcomes = [each.outcome for each in found.values()]
    parts = [
        _INTRODUCTION.format(
            files=len(found),
            received=outcomes.count("received"),
            refused=outcomes.count("refused"),
            not_read=outcomes.count("not read"),
        )
    ]
    for group, paths in groupby(found, key=lambda path: path.relative_to(folder).parts[0]):
        parts.append(
            f"\n## {group}\n\n| file | outcome | records | unparsed | told |\n| --- | --- | --: | --: | --- |\n"
        )
        parts += _lines(found, list(paths), folder / group)
    return "".join(parts)


def _lines(found: dict[Path, Seen], paths: Sequence[Path], folder: Path) -> Iterator[str]:
    for path in paths:
        each = found[path]
        records = f"{each.records:,}" if each.outcome != "refused" else ""
        unparsed = f"{each.unparsed:,}" if each.unparsed else ""
        yield f"| {path.relative_to(folder)} | {each.outcome} | {records} | {unparsed} | {_cell(each.told)} |\n"


def _cell(text: str) -> str:
    short = text if len(text) <= 220 else f"{text[:220]}…"
    return "".join("\\|" if each == "|" else each if each.isprintable() else " " for each in short)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m data_platform_tests.proof.dirty", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the files lie, a folder for each collection")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(PAGE.parents[1])}")
    args = parser.parse_args()
    folder = args.folder.resolve()
    text = page(seen(files_of(folder)), folder)
    if args.write:
        PAGE.write_text(text, encoding="utf-8")
    else:
        print(text)  # noqa: T201 - a command's output


if __name__ == "__main__":
    main()
