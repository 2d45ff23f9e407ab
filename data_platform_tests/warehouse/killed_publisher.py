"""A publisher that kills its own process at a chosen step. Run by test_kills in processes of their own."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from data_platform.warehouse.publication import current
from data_platform.warehouse.publish import publish
from data_platform.warehouse.relations import PublishedCommit
from data_platform_tests.warehouse.example import CONFIG, NOW, commit, generation

# What Python reports before it opens, renames, links or removes a file: every step of the publisher's own.
_TOUCHES = {"open", "os.rename", "os.link", "os.remove"}


def publish_and_die(root: Path, number: int, last_touch: int) -> None:
    """Publish a generation, killed just before that touch of the folder; with 0, while the file is being built.

    It survives if it has fewer touches.
    """
    folder = root / "warehouse"
    touches = 0

    def die_at_last_touch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal touches
        if event in _TOUCHES and str(arguments[0]).startswith(str(folder)):
            touches += 1
            if touches == last_touch:
                os.kill(os.getpid(), signal.SIGKILL)

    def commits() -> Iterator[PublishedCommit]:
        if last_touch == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        yield commit(number)

    contents = generation(root, number, commits())
    base = current(folder)
    sys.addaudithook(die_at_last_touch)
    publish(folder, contents, base=base, now=NOW, config=CONFIG)
