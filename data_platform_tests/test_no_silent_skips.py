"""That a test cannot vanish from CI: skipped one by one, as a module, or because none carries its marker any more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
PYPROJECT = """
[tool.pytest.ini_options]
testpaths = ["tests"]
addopts = ["-p", "data_platform_tests.no_silent_skips", "--strict-markers"]
markers = ["browser: needs a browser"]
"""
RUNS = "import pytest\n@pytest.mark.browser\ndef test_b(): pass\n"
SKIPPED = "import pytest\n@pytest.mark.browser\ndef test_b(): pytest.skip('no browser here')\n"
UNMARKED_SKIPPED = RUNS + "def test_u(): pytest.skip('not today')\n"
MODULE_SKIPPED = "import pytest\npytest.skip('not at all', allow_module_level=True)\n"
UNMARKED = "def test_u(): pass\n"


@pytest.mark.parametrize(
    ("tests", "allowed", "workers", "exit_code", "said"),
    [
        (SKIPPED, None, 0, 0, "1 skipped"),
        (RUNS, "", 0, 0, "1 passed"),
        (RUNS, "", 2, 0, "1 passed"),
        (SKIPPED, "browser", 0, 0, "1 skipped"),
        (SKIPPED, "", 0, 1, "was skipped where it must run: Skipped: no browser here"),
        (SKIPPED, "", 2, 1, "was skipped where it must run: Skipped: no browser here"),
        (UNMARKED_SKIPPED, "browser", 0, 1, "was skipped where it must run: Skipped: not today"),
        (MODULE_SKIPPED, "browser", 0, 2, "was skipped as a whole"),
        (UNMARKED, "", 0, 1, "no test marked browser ran"),
        (UNMARKED, "", 2, 1, "no test marked browser ran"),
        (UNMARKED, "browser", 0, 0, "1 passed"),
    ],
)
def test_what_must_run_cannot_be_skipped(
    tmp_path: Path, tests: str, allowed: str | None, workers: int, exit_code: int, said: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_some.py").write_text(tests)
    environment = {name: value for name, value in os.environ.items() if name not in ("ALLOWED_SKIPS", "PYTEST_ADDOPTS")}
    environment |= {"PYTHONPATH": str(REPOSITORY)} | ({} if allowed is None else {"ALLOWED_SKIPS": allowed})

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", str(workers), "-p", "no:randomly", "-p", "no:hypothesispytest"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert said in run.stdout
    assert run.returncode == exit_code
