"""The rules of the house that a machine can check, as functions from a repository's root to its complaints."""

import ast
import io
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

LONGEST_FILE = 350
LONGEST_FUNCTION = 70
SHAPELESS_NAMES = frozenset(
    (
        "util",
        "utils",
        "helper",
        "helpers",
        "common",
        "constants",
        "misc",
        "lib",
        "manager",
        "handler",
        "processor",
        "legacy",
    )
)
# Spelled with a bracket, so that this file does not name them itself.
UNFINISHED = re.compile(r"\b(TO[D]O|FIX[M]E|XX[X]|HA[C]K|place[h]older|stu[b]|not yet implement[e]d)\b")
FOREIGN = re.compile(
    r"pypi\.or[g]|pythonhoste[d]\.org|npmj[s]\.(org|com)|(deb|security|archive)\.(debian|ubunt[u])|mave[n]\.org|crate[s]\.io"
    r"|(?<![\w.$}~*-])/(wor[k]|far[m]|roo[t]|hom[e]/\w+|User[s]/\w+)/"
)
SILENCE = re.compile(r"#\s*(noqa|type:\s*ignore|ruff:|mypy:|pragma:)")
REASONED_SILENCE = re.compile(
    r"#\s*((ruff: )?noqa: [A-Z]+\d+(, ?[A-Z]+\d+)*|type: ignore\[[a-z-]+(, ?[a-z-]+)*\])\s*[-–—#:]+\s*\w+\W+\w+"
)

Complaints = Iterator[str]


def _files(root: Path, *suffixes: str) -> Iterator[Path]:
    """What git tracks, or would if it were added, with one of the suffixes (none: everything)."""
    listed = subprocess.run(
        ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=True,
    )
    for name in sorted(set(listed.stdout.split("\0")) - {""}):
        path = root / name
        if path.is_file() and (not suffixes or path.suffix in suffixes):
            yield path


def _lines(root: Path, *suffixes: str) -> Iterator[tuple[str, str]]:
    """Every line of the text files, with "path:number" before it."""
    for path in _files(root, *suffixes):
        data = path.read_bytes()
        if b"\0" not in data:
            for number, line in enumerate(data.decode("utf-8", errors="replace").splitlines(), 1):
                yield f"{path.relative_to(root)}:{number}", line


def _platform(root: Path) -> Iterator[tuple[Path, ast.Module]]:
    for path in _files(root, ".py"):
        if path.is_relative_to(root / "data_platform"):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def modules_open_with_a_charter(root: Path) -> Complaints:
    for path in _files(root, ".py"):
        text = path.read_text(encoding="utf-8")
        if not text.strip():
            continue
        charter = ast.get_docstring(ast.parse(text)) or ""
        lines = [line for line in charter.splitlines() if line.strip()]
        if not 1 <= len(lines) <= 3:
            yield f"{path.relative_to(root)}:1: opens with a charter of one to three lines, this has {len(lines)}"


def packages_are_empty(root: Path) -> Complaints:
    for path in _files(root, ".py"):
        if path.name == "__init__.py" and path.read_text(encoding="utf-8").strip():
            yield f"{path.relative_to(root)}:1: an __init__.py is empty: one import path per name"


def files_are_short(root: Path) -> Complaints:
    for path in _files(root, ".py"):
        length = len(path.read_text(encoding="utf-8").splitlines())
        if length > LONGEST_FILE:
            yield f"{path.relative_to(root)}:{LONGEST_FILE}: {length} lines: split it at {LONGEST_FILE}"


def functions_fit_a_screen(root: Path) -> Complaints:
    for path, module in _platform(root):
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    yield f"{path.relative_to(root)}:{node.lineno}: {node.name} is {length} lines, not one screen"


def names_say_what_is_inside(root: Path) -> Complaints:
    for path in _files(root, ".py"):
        for part in path.relative_to(root).with_suffix("").parts:
            for shapeless in SHAPELESS_NAMES & set(part.lower().split("_")):
                yield f"{path.relative_to(root)}:1: {shapeless!r} says nothing: its user's module is its home"


def only_settings_read_the_environment(root: Path) -> Complaints:
    names = {"environ", "environb", "getenv", "getenvb", "putenv", "load_dotenv", "dotenv_values"}
    for path, module in _platform(root):
        if path == root / "data_platform" / "settings.py":
            continue
        for node in ast.walk(module):
            if isinstance(node, ast.Attribute):
                used = {node.attr}
            elif isinstance(node, ast.ImportFrom):
                used = {name.name for name in node.names}
            else:
                continue
            if used & names:
                yield f"{path.relative_to(root)}:{node.lineno}: only settings.py reads the environment"


def what_is_imported_is_declared(root: Path) -> Complaints:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {_normal(re.split(r"[^\w.-]", requirement)[0]) for requirement in project["dependencies"]}
    providers = packages_distributions()
    for path, module in _platform(root):
        for node in ast.walk(module):
            if isinstance(node, ast.Import):
                imported = {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported = {(node.module or "").partition(".")[0]}
            else:
                continue
            for name in imported - sys.stdlib_module_names - {"data_platform"}:
                if not declared & {_normal(provider) for provider in providers.get(name, [name])}:
                    yield f"{path.relative_to(root)}:{node.lineno}: {name} is not in pyproject.toml's dependencies"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def only_engine_and_warehouse_connect_to_duckdb(root: Path) -> Complaints:
    allowed = (root / "data_platform/engines/duckdb.py", root / "data_platform/warehouse")
    for path, module in _platform(root):
        if any(path.is_relative_to(place) for place in allowed):
            continue
        for node in ast.walk(module):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "duckdb":
                used = {node.attr}
            elif isinstance(node, ast.ImportFrom) and node.module == "duckdb":
                used = {name.name for name in node.names}
            else:
                continue
            if used & {"connect", "sql", "query", "execute"}:  # types and errors may be named anywhere
                yield f"{path.relative_to(root)}:{node.lineno}: only engines/duckdb.py and warehouse/ connect to DuckDB"


def silences_have_a_code_and_a_reason(root: Path) -> Complaints:
    for path in _files(root, ".py"):
        text = path.read_text(encoding="utf-8")
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT and SILENCE.search(token.string):
                where = f"{path.relative_to(root)}:{token.start[0]}"
                if not REASONED_SILENCE.search(token.string):
                    yield f"{where}: write the code and the reason: {token.string}"


def nothing_is_unfinished(root: Path) -> Complaints:
    for where, line in _lines(root, ".py", ".sql", ".yaml", ".yml", ".md", ".toml", ".sh"):
        if found := UNFINISHED.search(line):
            yield f"{where}: {found.group()!r}: finish it, or open an issue"


def no_registry_and_no_machine_is_named(root: Path) -> Complaints:
    for where, line in _lines(root):
        if found := FOREIGN.search(line):
            yield f"{where}: names a registry or a machine's folder: {found.group()!r}"


def only_datasets_and_settings_name_a_dataset(root: Path) -> Complaints:
    datasets = root / "data_platform" / "datasets"
    names = {path.relative_to(datasets).parts[0] for path in _files(root) if path.is_relative_to(datasets)}
    names -= {"__init__.py"}
    mentions = re.compile(rf"\b({'|'.join(map(re.escape, sorted(names)))})\b") if names else None
    for path in _files(root, ".py"):
        outside = path.is_relative_to(root / "data_platform") and not path.is_relative_to(datasets)
        if mentions is None or not outside or path.name == "settings.py":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if found := mentions.search(line):
                yield f"{path.relative_to(root)}:{number}: names the dataset {found.group()!r}; only its folder does"


def folders_of_tests_mirror_the_package(root: Path) -> Complaints:
    tests = root / "data_platform_tests"
    for path in _files(root, ".py"):
        if path.is_relative_to(tests) and path.name.startswith("test_"):
            folder = path.parent.relative_to(tests)
            # What holds of the whole, and of every kind of source, is proved in folders of their own.
            if str(folder) not in ("proof", "conformance") and not (root / "data_platform" / folder).is_dir():
                yield f"{path.relative_to(root)}:1: data_platform/{folder} does not exist: tests mirror the package"
