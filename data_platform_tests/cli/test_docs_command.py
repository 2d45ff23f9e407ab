"""`make docs`: pages about all tables at any time, also before anything was loaded."""

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def docs(home: Path) -> subprocess.CompletedProcess[str]:
    environment = {"DATA_PLATFORM_HOME": str(home), "PYTHONPATH": str(REPOSITORY), "PATH": "/usr/bin:/bin"}
    program = [sys.executable, "-B", "-m", "data_platform", "docs"]
    return subprocess.run(program, env=environment, cwd=home.parent, capture_output=True, text=True, check=False)


def test_the_catalogue_of_a_fresh_home_is_written_and_its_place_is_told(tmp_path: Path) -> None:
    done = docs(tmp_path / "home")
    page = tmp_path / "home" / "site" / "catalogue" / "index.html"
    assert (done.returncode, done.stdout) == (0, f"catalogue  {page} (written)\n"), done.stderr
    assert "nothing committed yet" in page.read_text(encoding="utf-8")
    assert docs(tmp_path / "home").stdout == f"catalogue  {page} (unchanged)\n"


def test_a_home_that_cannot_be_written_is_told_in_a_line(tmp_path: Path) -> None:
    tmp_path.joinpath("home").write_text("a file")
    done = docs(tmp_path / "home")
    assert done.returncode == 2
    assert "DATA_PLATFORM_HOME" in done.stderr
    assert len(done.stderr.splitlines()) == 1
