"""What is kept is read by the code that wrote it, and by no other."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import data_platform
from data_platform.components.proofs import Proofs

_WRITE = "from pathlib import Path; from data_platform import kept; kept.write(Path({path!r}), {{'a': 1}})"
_READ = "from pathlib import Path; from data_platform import kept; print(dict(kept.read(Path({path!r}))))"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the package, whose code a test may change."""
    root = tmp_path_factory.mktemp("code")
    source = Path(data_platform.__file__).parent
    shutil.copytree(source, root / "data_platform", ignore=shutil.ignore_patterns("__pycache__"))
    return root


def _told(program: str, root: Path, path: Path) -> str:
    env = {**os.environ, "PYTHONPATH": str(root)}
    command = [sys.executable, "-c", program.format(path=str(path))]
    return subprocess.run(command, env=env, cwd=root, capture_output=True, text=True, check=True).stdout


def _nothing(root: Path) -> None:
    """Leaves the code as it is."""


def _code(root: Path) -> None:
    with (root / "data_platform" / "engines" / "trial.py").open("a", encoding="utf-8") as file:
        file.write("# changed\n")


def _new_file(root: Path) -> None:
    (root / "data_platform" / "engines" / "more.py").write_text("", encoding="utf-8")


def _dataset(root: Path) -> None:
    (root / "data_platform" / "datasets" / "more.py").write_text("", encoding="utf-8")


def _library(root: Path) -> None:
    (root / "sqlglot-0.0.1.dist-info").mkdir()
    text = "Metadata-Version: 2.1\nName: sqlglot\nVersion: 0.0.1\n"
    (root / "sqlglot-0.0.1.dist-info" / "METADATA").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "is_read"),
    [(_nothing, True), (_dataset, True), (_code, False), (_new_file, False), (_library, False)],
)
def test_other_code_does_not_read_what_was_kept(
    change: Callable[[Path], None], is_read: bool, package: Path, tmp_path: Path
) -> None:
    root, path = tmp_path / "code", tmp_path / "kept"
    shutil.copytree(package, root)
    _told(_WRITE, root, path)
    change(root)
    assert _told(_READ, root, path) == ("{'a': 1}\n" if is_read else "{}\n")


def test_another_python_does_not_read_what_was_kept(package: Path, tmp_path: Path) -> None:
    path = tmp_path / "kept"
    _told(_WRITE, package, path)
    assert _told(f"import sys; sys.version = '3.99'; {_READ}", package, path) == "{}\n"


def test_two_questions_about_the_same_have_answers_of_their_own(tmp_path: Path) -> None:
    proofs = Proofs(tmp_path / "kept")
    assert proofs.once(lambda: 1, "first", "of this") == 1
    assert proofs.once(lambda: 2, "second", "of this") == 2
