"""Which files a dataset's folder may hold, and where: what lies elsewhere would silently not run."""

from collections.abc import Iterator
from pathlib import Path

from data_platform.contracts.errors import ContractError, Gathering, closest

LAYERS = ("staged", "curated")
MODELS = (".sql", ".py", ".yaml")
_FOLDERS = {**dict.fromkeys(LAYERS, MODELS), "dashboards": (".py",)}
_OURS = {".sql", ".yaml", ".yml"}


def check_places(folder: Path) -> None:
    """Raises ContractError for a file of a dataset's folder that nobody would read; Mistakes for several."""
    mistakes = Gathering()
    for path in _shown(folder):
        with mistakes.going_on():
            if path.name in _FOLDERS:
                _check_folder(path, mistakes)
            elif path.is_dir():
                _check_other(path)
            elif path.suffix in _OURS and path.name != "defs.yaml":
                raise ContractError(
                    path, 1, "lies beside defs.yaml, where nobody reads it; move it to staged/ or curated/"
                )
    mistakes.tell()


def check_datasets(root: Path) -> None:
    """Raises ContractError for a folder that looks like a dataset and has no `defs.yaml`; Mistakes for several."""
    mistakes = Gathering()
    for folder in _shown(root):
        if folder.is_dir() and not (folder / "defs.yaml").exists():
            lost = next(_written(folder), None)
            with mistakes.going_on():
                if lost is not None:
                    text = f"{folder.name}/ has no defs.yaml, so that nobody reads this; write that file"
                    raise ContractError(lost, 1, text)
    mistakes.tell()


def _check_folder(folder: Path, mistakes: Gathering) -> None:
    for path in _shown(folder):
        suffixes = _FOLDERS[folder.name]
        with mistakes.going_on():
            if path.is_dir():
                lost = next(_written(path), None)
                if lost is not None:
                    raise ContractError(lost, 1, f"lies too deep: {folder.name}/ has no folders; move it up")
            elif path.suffix not in suffixes:
                close = "; call it .yaml" if path.suffix == ".yml" else "; move this one elsewhere"
                raise ContractError(path, 1, f"expected {_either(suffixes)} files in {folder.name}/{close}")


def _check_other(folder: Path) -> None:
    lost = next(_written(folder), None)
    if lost is not None:
        close = closest(folder.name, _FOLDERS)
        repair = f"did you mean {close}/?" if close else "move it to staged/, curated/ or a dataset of its own"
        raise ContractError(lost, 1, f"lies in {folder.name}/, where nobody reads it: {repair}")


def _shown(folder: Path) -> Iterator[Path]:
    """What lies in a folder, without what editors, systems and Python leave there."""
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return (path for path in found if not path.name.startswith((".", "__")))


def _written(folder: Path) -> Iterator[Path]:
    """Files below a folder that an author meant for the platform."""
    return (path for path in sorted(folder.rglob("*")) if path.suffix in _OURS)


def _either(words: tuple[str, ...] | list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]
