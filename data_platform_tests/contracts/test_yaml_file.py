"""An author's YAML: what is no mapping is told with its line, and every part can be found again."""

from pathlib import Path

import pytest

from data_platform.contracts.errors import ContractError, nearest
from data_platform.contracts.yaml_file import YamlFile

FILE = YamlFile(
    Path("t.yaml"),
    """\
# A comment.
a:
  b: [1, 2]
  c:
    - x: 1
    - y: 2

      z: 3
""",
)


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ((), 1),
        (("a",), 2),
        (("a", "b"), 3),
        (("a", "b", 1), 3),
        (("a", "c", 1), 6),
        (("a", "c", 1, "z"), 8),
        (("a", "c", 9), 4),
        (("a", "nowhere"), 2),
        (("a", "a word of pydantic's", "c", 1, "z"), 8),
    ],
)
def test_each_part_has_its_line(keys: tuple[str | int, ...], line: int) -> None:
    assert FILE.line(*keys) == line


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "t.yaml:1: the file is empty; write 'key: value' lines"),
        ("- a\n- b", "t.yaml:1: expected 'key: value' lines, found a list"),
        ("a: 1\nb: ]", "t.yaml:2: this is no valid YAML: "),
        ("a: 1\nb: 2\na: 3", "t.yaml:3: this is no valid YAML: 'a' is written twice; keep one"),
        ("a: 1\nb: {c: 1, c: 2}", "t.yaml:2: this is no valid YAML: 'c' is written twice; keep one"),
        ("a: 1\n\tb: 2", "t.yaml:2: this is no valid YAML: indent with blanks, not with tabs"),
        ("a: 1\nb: \x07", "t.yaml:2: the character 0x0007 cannot stand in YAML"),
        (
            "a: 1\nurl: {{ base }}",
            "t.yaml:2: this is no valid YAML: put text that holds '{{ … }}' in q",
        ),
        ("a: 1\nurl: {{ base }}/x", "t.yaml:2: this is no valid YAML: put text that holds"),
        (
            "a: !!python/object:os.system {}",
            "t.yaml:1: this is no valid YAML: YAML tags (!…) are not read; write the value alone",
        ),
    ],
)
def test_what_is_no_mapping_is_told_with_its_line(text: str, told: str) -> None:
    with pytest.raises(ContractError) as raised:
        _ = YamlFile(Path("t.yaml"), text).data
    assert str(raised.value).startswith(told)


def test_anchors_and_merges_may_be_used() -> None:
    data = YamlFile(Path("t.yaml"), "base: &base {a: 1, b: 2}\nother: {<<: *base, b: 3}").data
    assert data["other"] == {"a": 1, "b": 3}


def test_text_that_is_no_utf_8_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_bytes(b"a: 1\nb: \xe9\n")
    with pytest.raises(ContractError, match=r"t\.yaml:2: byte 0xe9 is no UTF-8; save the file as UTF-8"):
        YamlFile.read(path)


def test_the_nearest_name_is_offered_or_the_few_that_there_are() -> None:
    assert nearest("requird", ["required", "type"]) == " (did you mean 'required'?)"
    assert nearest("x", ["type", "required"]) == " (valid: required, type)"
    assert nearest("x", []) == ""
    assert nearest("x", [f"name{i}" for i in range(100)]) == ""
