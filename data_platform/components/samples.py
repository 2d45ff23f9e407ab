"""A dataset's own sample generator: the source when nothing else is at hand. It may play a web service."""

import hashlib
import re
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from data_platform.components.modules import function_of, load_module
from data_platform.components.raw_tables import Span
from data_platform.contracts.errors import ContractError
from data_platform.contracts.partitions import first_day
from data_platform.sources.errors import PermanentSourceError

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def sample_span(folder: Path) -> Span:
    """The partitions that a dataset's sample has; all, when it has no sample."""
    if not (folder / "sample.py").exists():
        return Span()
    path = folder / "sample.py"
    module = load_module(path)
    function_of(module, path, "generate", "it writes the source's files below a folder")
    first, last = (_partition(module, path, name) for name in ("FIRST_PARTITION", "LAST_PARTITION"))
    return Span(first, last)


def _partition(module: ModuleType, path: Path, name: str) -> str | None:
    if not hasattr(module, name):
        text = f'has no {name}: write {name} = "2024-01", or {name} = None where partitions are none'
        raise ContractError(path, 1, text)
    key: str | None = getattr(module, name)
    try:
        _ = None if key is None else first_day(key)
    except ValueError as error:
        written = re.search(rf"^{name}\b", path.read_text(encoding="utf-8"), re.MULTILINE)
        line = path.read_text(encoding="utf-8").count("\n", 0, written.start()) + 1 if written else 1
        raise ContractError(path, line, f"{name}: {error}") from error
    return key


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


def sample_service(folder: Path, into: Path) -> "ASGIApp":
    """The app that plays a dataset's remote service over the sample in a folder.

    Raises PermanentSourceError where there is none, or no sample yet.
    """
    path = folder / "sample.py"
    if not path.exists():
        raise PermanentSourceError(f"sample://{folder.name}: there is no dataset with a sample of that name")
    if not into.is_dir():
        raise PermanentSourceError(f"sample://{folder.name}: its sample is not generated yet. `make run` does that")
    try:
        function = function_of(load_module(path), path, "service", "it returns the ASGI app that plays the service")
    except ContractError as error:
        raise PermanentSourceError(f"sample://{folder.name}: {error}") from error
    app: ASGIApp = function(into)
    return app


def sample_secrets(folder: Path) -> Mapping[str, str]:
    """The secrets that a dataset's sample services take, by the names of their variables: public ones, of no use
    anywhere else.
    """
    path = folder / "sample.py"
    secrets: Mapping[str, str] = getattr(load_module(path), "SECRETS", {}) if path.exists() else {}
    return secrets
