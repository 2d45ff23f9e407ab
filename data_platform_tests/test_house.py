"""The repository keeps the rules of the house, and each rule is shown to bite on a small bad tree."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from data_platform_tests import house_rules as rules

REPOSITORY = Path(__file__).parents[1]

Rule = Callable[[Path], rules.Complaints]

# Each rule with a file that breaks it. Forbidden words are spelled in two parts: this file keeps the rules too.
RULES: dict[Rule, tuple[str, str]] = {
    rules.modules_open_with_a_charter: ("data_platform/lake/tables.py", "import os\n"),
    rules.packages_are_empty: ("data_platform/lake/__init__.py", '"""Charter."""\n'),
    rules.files_are_short: ("data_platform/lake/tables.py", '"""Charter."""\n' + "\n" * rules.LONGEST_FILE),
    rules.functions_fit_a_screen: (
        "data_platform/a.py",
        "def long() -> None:\n" + "    pass\n" * rules.LONGEST_FUNCTION,
    ),
    rules.names_say_what_is_inside: ("data_platform/lake/table_helpers.py", ""),
    rules.only_settings_read_the_environment: (
        "data_platform/lake/tables.py",
        "import os\nHOME = os.environ.get('HOME')\n",
    ),
    rules.what_is_imported_is_declared: ("data_platform/lake/tables.py", "import os, duckdb, pytest\n"),
    rules.only_engine_and_warehouse_connect_to_duckdb: (
        "data_platform/sql/model.py",
        "import duckdb\nduckdb.connect()\n",
    ),
    rules.silences_have_a_code_and_a_reason: ("data_platform/a.py", "x = y  # type: " + "ignore\n"),
    rules.nothing_is_unfinished: ("data_platform/datasets/a/staged/b.sql", "SELECT 1 -- TO" + "DO the rest\n"),
    rules.no_registry_and_no_machine_is_named: ("Makefile", "install:\n\tpip --index https://py" + "pi.org/simple\n"),
    rules.only_datasets_and_settings_name_a_dataset: (
        "data_platform/components/dataset.py",
        "if name == 'taxi': ...\n",
    ),
    rules.folders_of_tests_mirror_the_package: ("data_platform_tests/kitchen/test_sink.py", ""),
}
MORE_BAD: list[tuple[Rule, str, str]] = [
    (rules.modules_open_with_a_charter, "data_platform/a.py", '"""One.\nTwo.\nThree.\nFour.\n"""\n'),
    (rules.names_say_what_is_inside, "data_platform/utils/tables.py", ""),
    (rules.only_settings_read_the_environment, "data_platform/a.py", "from os import getenv\n"),
    (rules.only_engine_and_warehouse_connect_to_duckdb, "data_platform/a.py", "from duckdb import connect\n"),
    (rules.what_is_imported_is_declared, "data_platform/a.py", "from hypothesis.strategies import text\n"),
    (rules.silences_have_a_code_and_a_reason, "data_platform/a.py", "x = y  # noqa" + ": BLE001\n"),
    (rules.silences_have_a_code_and_a_reason, "data_platform/a.py", "# ruff" + ": noqa\n"),
    (rules.nothing_is_unfinished, "docs/a.md", "This is a place" + "holder.\n"),
    (rules.no_registry_and_no_machine_is_named, "docs/a.md", "Look into /wor" + "k/main.\n"),
    (rules.no_registry_and_no_machine_is_named, "a.yml", "path: /ho" + "me/jane/data\n"),
]
GOOD: dict[str, str] = {
    "pyproject.toml": '[project]\ndependencies = ["DuckDB[all]==2.0.0"]\n',
    "data_platform/__init__.py": "",
    "data_platform/settings.py": '"""Settings."""\n\nimport os\n\nHOME = os.environ\n',
    "data_platform/lake/tables.py": '"""Tables."""\n\nx = 1  # noqa' + ": E741 - the name in the paper\n",
    "data_platform/engines/duckdb.py": '"""Engine."""\n\nimport duckdb\n\nduckdb.connect()\n',
    "data_platform/datasets/taxi/defs.yaml": "description: A taxi\n",
    "data_platform_tests/lake/test_tables.py": '"""Tables."""\n\nPATH = "~/work/x"\n',
}


def _tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", root], check=True)
    return root


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_repository_keeps_the_rule(rule: Rule) -> None:
    assert "\n".join(rule(REPOSITORY)) == ""


@pytest.mark.parametrize(
    ("rule", "name", "text"),
    [*((rule, name, text) for rule, (name, text) in RULES.items()), *MORE_BAD],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_each_rule_bites_where_it_is_broken_and_only_there(tmp_path: Path, rule: Rule, name: str, text: str) -> None:
    root = _tree(tmp_path, GOOD)
    assert list(rule(root)) == []

    _tree(root, {name: text})
    complaints = list(rule(root))
    assert len(complaints) == 1
    assert complaints[0].startswith(f"{name}:")
