"""Which rows and texts are of somebody, and which only look like it."""

import pyarrow as pa
import pytest

from data_platform.privacy.key import PersonalKey
from data_platform.privacy.removing import Remover
from data_platform.privacy.spelling import Mentions
from data_platform.privacy.tombstones import Tombstones, digest_of

KEY = PersonalKey.given("a key for this test")


def remover(*named: Mentions, mentioned: dict[str, list[str]] | None = None, **forgotten: list[str]) -> Remover:
    """One that knows these values by kind."""

    def digests(values: dict[str, list[str]]) -> dict[str, frozenset[str]]:
        return {kind: frozenset(digest_of(KEY.digest, kind, one) for one in of) for kind, of in values.items()}

    return Remover(Tombstones(digests(forgotten), {}, digests(mentioned or {})), KEY.digest, named)


@pytest.mark.parametrize(
    ("kind", "value", "same", "others"),
    [
        (
            "email",
            "Ann@example.org",
            ["ann@example.org", " ANN@EXAMPLE.ORG\t", "Ann@example.org"],
            ["joann@example.org", "ann@example.org.uk", "an n@example.org", "ann@example.or", "ann", ""],
        ),
        ("handle", "@Ann", ["ann", "@ANN", " @ann "], ["anna", "@an", "a nn"]),
        ("phone", "+41 79 123 45 67", ["+41791234567", "0041 79 1234567", "+41(79)123-45-67"], ["0791234567"]),
        ("id", "A-17", ["A-17", " A-17 "], ["a-17", "A-170", "A-1", "A 17"]),
        ("name", "Zoë Test", ["Zoe\u0308 Test", "Zoë Test "], ["zoë test", "Zoe Test", "Zoë  Test"]),
    ],
)  # fmt: skip
def test_other_spellings_of_a_value_are_the_same_and_its_neighbours_are_not(
    kind: str, value: str, same: list[str], others: list[str]
) -> None:
    rows = pa.table({"who": [*same, *others, None]})

    cleaned = remover(mentioned=None, **{kind: [value]}).cleaned(rows, {"who": [kind]})

    assert cleaned.removed["who"].to_pylist() == same
    assert cleaned.kept["who"].to_pylist() == [*others, None]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("write to ann@example.org.", "write to [forgotten]."),
        ("<ANN@example.org>, 'ann@example.org'", "<[forgotten]>, '[forgotten]'"),
        ("joann@example.org, ann@example.org.uk", "joann@example.org, ann@example.org.uk"),
        ("call 0041 79 123 45 67!", "call [forgotten]!"),
        ("call +41 79 123 45 678", "call +41 79 123 45 678"),
        ("hi @ann, hi @anna", "hi [forgotten], hi @anna"),
        ("😀ann@example.org\u0085", "😀[forgotten]\u0085"),
    ],
)
def test_in_a_text_a_value_is_found_by_its_form_alone(text: str, left: str) -> None:
    found = remover(email=["ann@example.org"], phone=["+41791234567"], handle=["ann"])

    assert found.without(text) == left


def test_a_value_without_a_form_is_found_in_texts_as_a_word_while_it_is_known() -> None:
    named = Mentions(["Ann Smith", "Bob"], "name")

    assert remover(named, name=["Ann Smith", "Bob"]).without("Ann Smith, Joann Smith, ann smith, Bob") == (
        "[forgotten], Joann Smith, ann smith, Bob"
    )


def test_texts_deep_within_lists_records_and_bytes_are_searched_and_the_others_stay_what_they_are() -> None:
    deep: list[dict[str, list[str]] | None] = [{"of": ["ann@example.org", "b"]}, None, {"of": []}]
    rows = pa.table(
        {
            "deep": pa.array(deep, pa.struct([("of", pa.list_(pa.string()))])),
            "bytes": pa.array([b"\xff ann@example.org", None, b"\xff"]),
            "words": pa.array(["ann@example.org", "b", None]).dictionary_encode(),
            "number": [1, 2, 3],
        }
    )

    cleaned = remover(email=["ann@example.org"]).cleaned(rows, {})

    assert cleaned.kept.schema == rows.schema
    assert cleaned.changed == 1
    assert cleaned.kept.to_pylist() == [
        {"deep": {"of": ["[forgotten]", "b"]}, "bytes": b"\xff [forgotten]", "words": "[forgotten]", "number": 1},
        *rows.to_pylist()[1:],
    ]


def test_what_is_only_mentioned_takes_no_row_and_no_other_persons_own_column() -> None:
    rows = pa.table({"phone": ["+41791234567"], "text": ["call +41791234567"]})

    cleaned = remover(mentioned={"phone": ["+41791234567"]}).cleaned(rows, {"phone": ["phone"]}, tagged=["phone"])

    assert cleaned.kept.to_pylist() == [{"phone": "+41791234567", "text": "call [forgotten]"}]


def test_numbers_are_compared_as_they_are_written() -> None:
    rows = pa.table({"id": pa.array([17, 170, None], pa.int64())})

    cleaned = remover(mentioned=None, **{"id:customer": ["17"]}).cleaned(rows, {"id": ["id:customer"]})

    assert cleaned.kept["id"].to_pylist() == [170, None]
