"""Injects losses everywhere and tells who saw them: `python -m data_platform_tests.proof.losses [--write]`."""

import argparse
import tempfile
from pathlib import Path

from data_platform_tests.proof import losses_commits, losses_models, losses_seams
from data_platform_tests.proof.losses_models import Verdict
from data_platform_tests.proof.losses_page import page
from data_platform_tests.proof.losses_sample import Sample, built

PAGE = Path(__file__).parents[2] / "docs" / "losses.md"


def of_all(sample: Sample) -> list[Verdict]:
    """The verdict on every mutant of every model and on every fault at every seam."""
    return [
        *losses_models.of_models(sample),
        *losses_models.of_compiled(sample),
        *losses_seams.of_reading(sample),
        *losses_seams.of_engine(sample),
        *losses_seams.of_writer(sample),
        *losses_commits.of_commit(sample),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m data_platform_tests.proof.losses", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(PAGE.parents[1])}")
    write = parser.parse_args().write
    with tempfile.TemporaryDirectory() as folder:
        text = page(of_all(built(Path(folder))))
    if write:
        PAGE.write_text(text, encoding="utf-8")
    else:
        print(text)  # noqa: T201 - a command's output


if __name__ == "__main__":
    main()
