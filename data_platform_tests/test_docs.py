"""What the documents say is so: every link, path, `make` word and command in them exists."""

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from data_platform_tests import documents

REPOSITORY = Path(__file__).parents[1]
DOCUMENTS = sorted(
    path.relative_to(REPOSITORY).as_posix()
    for pattern in ("*.md", "docs/**/*.md", "data_platform/**/*.md")
    for path in REPOSITORY.glob(pattern)
)
ROOTS = frozenset(path.name for path in REPOSITORY.iterdir())
MAKEFILE_WORDS = frozenset(re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))

every_document = pytest.mark.parametrize("name", DOCUMENTS)


def _text(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


@every_document
def test_relative_links_and_pictures_lead_somewhere(name: str) -> None:
    folder = (REPOSITORY / name).parent
    broken = [
        f"{name}:{link.line}: {link.text}" for link in documents.links(_text(name)) if not (folder / link.text).exists()
    ]
    assert broken == []


@every_document
def test_every_make_word_exists(name: str) -> None:
    missing = [
        f"{name}:{word.line}: {word.text}"
        for word in documents.make_words(_text(name))
        if word.text not in MAKEFILE_WORDS
    ]
    assert missing == []


@every_document
def test_every_path_exists(name: str) -> None:
    missing = [
        f"{name}:{path.line}: {path.text}"
        for path in documents.paths(_text(name), ROOTS - {".data_platform", ".venv", ".env"})
        if not (REPOSITORY / path.text).exists()
    ]
    assert missing == []


@every_document
def test_every_command_and_each_of_its_options_is_known_to_its_program(name: str) -> None:
    wrong = [
        f"{name}:{line}: {complaint}"
        for line, command in documents.commands(_text(name))
        if (complaint := _unknown(command))
    ]
    assert wrong == []


def test_every_decision_is_in_the_index() -> None:
    index = _text("docs/README.md")
    decisions = sorted(path.name for path in (REPOSITORY / "docs/decisions").glob("*.md"))
    assert [name for name in decisions if f"(decisions/{name})" not in index] == []
    assert [int(name[:4]) for name in decisions] == list(range(1, len(decisions) + 1))


def _unknown(command: list[str]) -> str:
    """What a program does not know in a command, asked through `--help`; "" when it knows everything."""
    length = 3 if command[0] == "python" else 1
    while length < len(command) and re.fullmatch(r"[a-z][a-z_-]*", command[length]):
        length += 1
    options = [word.partition("=")[0] for word in command[length:] if re.match(r"--?[a-zA-Z]", word)]
    known, text = _help(tuple(command[:length]))
    if not known:
        return f"{' '.join(command[:length])} --help fails: {text}"
    unknown = [option for option in options if not re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text)]
    return f"{' '.join(command[:length])} knows no {', '.join(unknown)}" if unknown else ""


@cache
def _help(command: tuple[str, ...]) -> tuple[bool, str]:
    program = [sys.executable] if command[0] == "python" else [str(Path(sys.executable).parent / command[0])]
    asked = subprocess.run(
        [*program, *command[1:], "--help"],
        cwd=REPOSITORY,
        env=os.environ | {"COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.returncode == 0, asked.stdout + asked.stderr


DOCUMENT = """
See [the plan](docs/plan.md#why), ![graph](docs/graph.png "The graph") and [elsewhere](https://example.org/x).
`make run`, `make PYTHON=x run`, `it's prose`, `data_platform/lake/tables.py`, `other/thing`, `data_platform/<name>/x`
```sh
$ export DAGSTER_HOME="$(pwd)/x" && make ui   # comment
DAGSTER_HOME=x .venv/bin/dagster asset materialize --select 'a b' \\
  -m data_platform.definitions
git clone x; python -m data_platform plan
```
```python
make = [nothing](here)
```
"""


def test_claims_are_found_with_their_lines() -> None:
    assert [(c.line, c.text) for c in documents.links(DOCUMENT)] == [(2, "docs/plan.md"), (2, "docs/graph.png")]
    assert [(c.line, c.text) for c in documents.make_words(DOCUMENT)] == [(5, "ui"), (3, "run")]
    assert [c.text for c in documents.paths(DOCUMENT, frozenset({"data_platform"}))] == ["data_platform/lake/tables.py"]
    assert [command for _, command in documents.commands(DOCUMENT)] == [
        ["dagster", "asset", "materialize", "--select", "a b", "-m", "data_platform.definitions"],
        ["python", "-m", "data_platform", "plan"],
    ]


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        (["python", "-m", "json.tool", "--indent", "2"], ""),
        (["python", "-m", "json.tool", "--dent", "2"], "python -m json.tool knows no --dent"),
        (["dagster", "asset", "materialize", "-m", "x", "--select", "y", "--partition=z"], ""),
        (["dagster", "asset", "materialise"], "dagster asset materialise --help fails"),
    ],
)
def test_a_command_that_does_not_exist_is_told(command: list[str], complaint: str) -> None:
    assert _unknown(command).startswith(complaint)
    assert bool(_unknown(command)) is bool(complaint)
