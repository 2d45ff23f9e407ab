"""What a process found out and the next one need not find out again: a file of this machine that may be lost any time.

Only the code that wrote a file reads it; one that is lost, broken, of other code or cannot be written costs time and
nothing else.
"""

import contextlib
import hashlib
import importlib.metadata
import json
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parent
# Libraries that decide, beside our own code, what is found out.
_JUDGES = ("duckdb", "pint", "pydantic", "pyyaml", "sqlglot")


def read(path: Path) -> Mapping[str, Any]:
    """What is kept in a file; nothing unless it is whole and was written by the code that runs now."""
    try:
        seal, _, text = path.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return {}
    found: dict[str, Any] = json.loads(text) if seal == digest(code(), text) else {}
    return found


def write(path: Path, found: Mapping[str, Any]) -> None:
    """Keeps it, in one step, in the place of what was there. Makes no folder, and a full disk or one that cannot be
    written to stops nobody: then what was there stays.
    """
    text = json.dumps(found)
    with (
        contextlib.suppress(OSError),
        tempfile.TemporaryDirectory(prefix=f"{path.name}.", dir=path.parent) as folder,
    ):
        new = Path(folder) / path.name
        new.write_text(f"{digest(code(), text)}\n{text}", encoding="utf-8")
        new.replace(path)


def digest(*of: Any) -> str:
    """A sha256 of values that JSON can hold; anything else counts as its text."""
    return hashlib.sha256(json.dumps(of, default=str).encode()).hexdigest()


@cache
def code() -> str:
    """This package without its datasets, and the libraries that it asks."""
    files = sorted(path for path in _PACKAGE.rglob("*.py") if path.relative_to(_PACKAGE).parts[0] != "datasets")
    texts = {str(path.relative_to(_PACKAGE)): path.read_text(encoding="utf-8") for path in files}
    return digest(sys.version, texts, {name: importlib.metadata.version(name) for name in _JUDGES})
