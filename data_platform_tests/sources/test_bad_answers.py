"""Every answer in docs/sources.md, played by a server and received: the outcome that is written there."""

from pathlib import Path

import pytest

from data_platform.components.source_kinds.http_file import HttpFileSpec
from data_platform.lake.names import TableName
from data_platform.sources.http_file import HttpFile
from data_platform_tests.proof import bad_answers
from data_platform_tests.proof.answers import Case
from data_platform_tests.small_dataset import FILES, small_dataset


@pytest.mark.parametrize("case", bad_answers.CASES, ids=lambda case: case.answer)
def test_an_answer_ends_as_it_is_written(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    seen = bad_answers.play(case)
    assert bad_answers.matches(case, seen), seen
    assert bad_answers.row(case, seen) in bad_answers.written()


def test_the_documentation_has_these_answers_and_no_others() -> None:
    rows = [line for line in bad_answers.written() if line.startswith("| ") and "---" not in line]
    answers = [row.split(" | ")[0].removeprefix("| ") for row in rows]
    assert [answer for answer in answers if answer != "the source answers"] == [c.answer for c in bad_answers.CASES]
    assert len(set(answers)) == len(bad_answers.CASES) + 1


def test_the_limits_in_the_documentation_are_those_of_a_source() -> None:
    text = bad_answers.PAGE.read_text(encoding="utf-8").partition("## Patience and limits")[2].partition("\n## ")[0]
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| `")]
    documented = {row[0].strip("| `"): [float(n) for n in row[1].replace(",", "").split(" and ")] for row in rows}
    for defaults in (HttpFileSpec.model_validate({"url": "https://example.org/f"}), HttpFile("https://example.org/f")):
        in_code = {name: getattr(defaults, name) for name in documented}
        in_code["absent"] = sorted(in_code["absent"])
        assert {n: v if isinstance(v, list) else [v] for n, v in in_code.items()} == documented
    assert HttpFileSpec.model_fields.keys() - {"url"} == documented.keys()


def test_an_author_sets_the_limits(tmp_path: Path) -> None:
    limits = {"attempts": 2, "timeout_seconds": 3.5, "min_bytes_per_second": 4, "max_seconds": 5.5, "max_bytes": 6}
    written = ", ".join(f"{name}: {value}" for name, value in limits.items())
    small = small_dataset(tmp_path, {"defs.yaml": FILES["defs.yaml"].replace('places.csv"', f'places.csv", {written}')})
    (source,) = small.catalog.raw(TableName("raw", "places")).sources
    assert {name: getattr(source, name) for name in limits} == limits
