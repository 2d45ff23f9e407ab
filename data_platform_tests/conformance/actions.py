"""What a process does that is killed or overtaken: work, at a town that another one made. See `proof.kill_victims`."""

import json
import os
from pathlib import Path

# Imported before the fork, so that no victim spends its time on it; deltalake must not be used before.
import deltalake
import pandas
import pyarrow.compute
import pyarrow.parquet

from data_platform_tests.conformance.town import Town, town_of

PRELOADED = (deltalake, pandas, pyarrow.compute, pyarrow.parquet)


def prepare(_: str) -> None:
    """Nothing: each town has its own dataset."""


def work(root: str, home: str) -> None:
    """Whatever is delivered arrives, and all that is stale is made."""
    os.environ.update(json.loads((Path(root) / "environment").read_text()))
    _town(root, home).works()


def _town(root: str, home: str) -> Town:
    return town_of((Path(root) / "kind").read_text(), Path(root), Path(home))
