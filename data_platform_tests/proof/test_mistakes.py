"""Every mistake of an author is told with its place and a repair, all of several, and nothing that follows from one."""

from pathlib import Path

import pytest

from data_platform_tests.proof.mistakes.__main__ import PAGE
from data_platform_tests.proof.mistakes.chapters import CHAPTERS
from data_platform_tests.proof.mistakes.page import page, told
from data_platform_tests.small_dataset import FILES, reading, small_dataset

ROWS = [(chapter, title) for chapter, mistakes in CHAPTERS.items() for title in mistakes]


@pytest.mark.parametrize(("chapter", "title"), ROWS, ids=[f"{chapter}: {title}" for chapter, title in ROWS])
def test_a_mistake_is_told_with_its_place_and_nothing_besides(chapter: str, title: str) -> None:
    lines, expected = told(chapter, title), CHAPTERS[chapter][title].expected

    assert len(lines) == len(expected), "\n".join(lines)
    for line, (place, words) in zip(lines, expected, strict=True):
        assert line.startswith(place)
        assert words in line


def test_line_ends_and_marks_of_windows_are_no_mistake(tmp_path: Path) -> None:
    plain, windows = small_dataset(tmp_path / "plain"), small_dataset(tmp_path / "windows")
    for name, text in FILES.items():
        (windows.folder / name).write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())

    for small in (plain, windows):
        small.put("2024-01", [reading(1), reading(2, value=-1.0)])
        small.run()

    assert windows.rows("curated.daily_rain") == plain.rows("curated.daily_rain") != []
    assert len(windows.quarantine("staged.readings")) == 1


def test_the_page_says_what_the_platform_says_today() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m data_platform_tests.proof.mistakes --write"
