"""A dataset's own sample generator: the source when nothing else is at hand."""

import hashlib
import shutil
import uuid
from pathlib import Path

from data_platform.components.loading import Span
from data_platform.components.modules import load_module


def sample_span(folder: Path) -> Span:
    """The partitions that a dataset's sample has; all, when it has no sample."""
    if not (folder / "sample.py").exists():
        return Span()
    module = load_module(folder / "sample.py")
    return Span(module.FIRST_PARTITION, module.LAST_PARTITION)


def ensure_sample(folder: Path, into: Path) -> bool:
    """Generates a dataset's sample into a folder unless it is there already; whether it did.

    A generator that has changed generates anew. The folder appears whole or not at all.
    """
    if not (folder / "sample.py").exists():
        return False
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("sample*.py")))
    version = hashlib.sha256(source.encode()).hexdigest()
    mark = into / ".generator-sha256"
    if mark.exists() and mark.read_text(encoding="utf-8") == version:
        return False
    growing = into.with_name(f".{into.name}-{uuid.uuid4().hex}")
    growing.mkdir(parents=True)
    try:
        load_module(folder / "sample.py").generate(growing)
        (growing / mark.name).write_text(version, encoding="utf-8")
        shutil.rmtree(into, ignore_errors=True)
        growing.rename(into)
    finally:
        shutil.rmtree(growing, ignore_errors=True)
    return True
