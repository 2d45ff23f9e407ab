"""A folder of pages changes as a whole: whoever reads, whatever dies, however many write."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from data_platform.site.replacing import replaced
from data_platform_tests.site import killed_writer


def write(folder: Path, text: str) -> None:
    with replaced(folder) as new:
        new.joinpath("page.html").write_text(text, encoding="utf-8")


def write_half(folder: Path) -> None:
    with replaced(folder) as new:
        new.joinpath("page.html").write_text("half", encoding="utf-8")
        new.joinpath("missing.html").read_text(encoding="utf-8")


def page(folder: Path) -> str:
    return folder.joinpath("page.html").read_text(encoding="utf-8")


def folders(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.parent.iterdir() if path.name.startswith(f"{folder.name}."))


def test_readers_see_the_old_folder_until_the_new_one_is_whole(tmp_path: Path) -> None:
    folder = tmp_path / "site" / "catalogue"
    with replaced(folder) as new:
        new.joinpath("page.html").write_text("first", encoding="utf-8")
        assert not folder.exists()
    assert page(folder) == "first"
    with replaced(folder) as new:
        assert list(new.iterdir()) == []
        new.joinpath("page.html").write_text("second", encoding="utf-8")
        assert page(folder) == "first"
    assert page(folder) == "second"


def test_an_error_while_writing_leaves_the_old_folder_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "catalogue"
    write(folder, "old")
    before = folders(folder)
    with pytest.raises(FileNotFoundError):
        write_half(folder)
    assert page(folder) == "old"
    assert folders(folder) == before


def test_who_is_reading_the_folder_before_can_go_on_and_older_ones_go(tmp_path: Path) -> None:
    folder = tmp_path / "catalogue"
    write(folder, "first")
    inside = folder.resolve()
    write(folder, "second")
    assert page(inside) == "first"
    write(folder, "third")
    assert not inside.exists()
    assert len(folders(folder)) == 2


def test_the_site_can_be_moved_as_a_whole(tmp_path: Path) -> None:
    write(tmp_path / "site" / "catalogue", "text")
    moved = (tmp_path / "site").rename(tmp_path / "elsewhere")
    assert page(moved / "catalogue") == "text"


@pytest.mark.parametrize(("moment", "seen"), [("writing", "old"), ("switching", "old"), ("cleaning", "new")])
def test_a_writer_killed_at_any_moment_leaves_a_whole_folder_and_the_next_one_cleans_up(
    tmp_path: Path, moment: str, seen: str
) -> None:
    folder = tmp_path / "catalogue"
    write(folder, "older")
    write(folder, "old")
    program = [sys.executable, "-B", killed_writer.__file__, str(folder), moment]
    killed = subprocess.run(program, check=False, capture_output=True, cwd=Path(__file__).parents[2])
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert page(folder) == seen
    write(folder, "next")
    assert page(folder) == "next"
    assert len(folders(folder)) == 2


def test_writers_at_the_same_time_take_turns(tmp_path: Path) -> None:
    folder = tmp_path / "catalogue"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: write(folder, str(number)), range(12)))
    assert page(folder) in {str(number) for number in range(12)}
    assert len(folders(folder)) == 2


def test_a_folder_that_somebody_else_made_is_not_taken_away(tmp_path: Path) -> None:
    folder = tmp_path / "catalogue"
    folder.mkdir()
    folder.joinpath("mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError, match="move it away"):
        write(folder, "new")
    assert folder.joinpath("mine.txt").read_text(encoding="utf-8") == "mine"
