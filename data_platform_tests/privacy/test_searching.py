"""Values are found however a file has them, and nothing else is taken for them."""

import io
import json

import pyarrow as pa
import pytest

from data_platform.privacy.searching import Needles

VALUES = ["ann@example.org", "Zoë O'Neill", "A&B-17"]
BLOCK = 4 << 20


def count(content: bytes, *, whole: bool = True) -> int:
    return Needles(VALUES).count_in_bytes(io.BytesIO(content), whole=whole)


@pytest.mark.parametrize(
    "content",
    [
        b"x ann@example.org y",
        b"ANN@Example.org",
        b'{"m":"\\nann@example.org"}',
        json.dumps("Zoë O'Neill").encode(),
        "Zoë O'Neill".encode(),
        "Zoe\u0308 O'Neill".encode(),
        "Zoë O'Neill".encode("utf-16-le"),
        "Zoë O'Neill".encode("latin-1"),
        b"<td>Zo\xc3\xab O&#x27;Neill</td>",
        b"?of=ann%40example.org&",
        b"<td>A&amp;B-17</td>",
    ],
)
def test_a_value_is_found_as_files_have_it(content: bytes) -> None:
    assert count(content) == 1
    # Beside zeros a text of two bytes a sign can be read in both orders.
    assert count(b"\x00" * 100 + content + b"\x00" * 100) in (1, 2)


@pytest.mark.parametrize("content", [b"joann@example.org", b"ann@example.org.uk", b"xA&B-17"])
def test_a_part_of_something_longer_is_not_the_value_unless_every_byte_counts(content: bytes) -> None:
    assert (count(content), count(content, whole=False)) == (0, 1)


@pytest.mark.parametrize("at", [BLOCK - 40, BLOCK - 15, BLOCK - 14, BLOCK - 8, BLOCK - 1, BLOCK, 2 * BLOCK - 7])
def test_a_value_across_two_blocks_is_found_once(at: int) -> None:
    assert count(b"\x00" * at + b" ann@example.org " + b"\x00" * 50) == 1
    assert count(b"\x00" * at + b"ann@example.org") == 1


def test_columns_are_searched_text_by_text() -> None:
    needles = Needles(VALUES)

    assert needles.count_in_column(pa.chunked_array([["ann@example.org", "jo"], [None, "ann@example.orgy"]])) == 1
    assert needles.count_in_column(pa.array(["ann@", "example.org"])) == 0
    assert needles.count_in_column(pa.array(["a", "b", "ann@example.org"]).slice(2)) == 1
    assert needles.count_in_column(pa.array(["ann@example.org", "b"]).slice(1)) == 0
    assert needles.count_in_column(pa.array([{"of": [b"to ann@example.org"]}, None])) == 1


def test_values_too_short_to_be_told_from_anything_are_told() -> None:
    needles = Needles(["abc", "17", "ann@example.org"])

    assert (needles.short, bool(needles), bool(Needles(["abc"]))) == (2, True, False)
