"""What the detectors find in free text: figures on generated texts, and the traps of Unicode."""

from itertools import islice, pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_platform.privacy.detectors import replaced, spans
from data_platform.privacy.key import PersonalKey
from data_platform.privacy.masks import masked_array, redacted
from data_platform.privacy.truncation import truncated
from data_platform_tests.privacy.judge import KINDS, PAGE, Verdict, page
from data_platform_tests.privacy.labelled import labelled

KEY = PersonalKey.given("a-key-for-tests-only")


@pytest.fixture(scope="module")
def verdict() -> Verdict:
    return Verdict.of(list(labelled()))


@pytest.mark.parametrize(("kind", "recall"), [*zip(KINDS, (0.93, 0.92, 0.99, 0.99, 0.99), strict=True)])
def test_nearly_all_values_are_found_and_hardly_anything_else(verdict: Verdict, kind: str, recall: float) -> None:
    assert verdict.values(kind) >= 500
    assert verdict.recall(kind) >= recall
    assert verdict.precision(kind) >= 0.97


def test_the_page_says_what_the_detectors_say_today(verdict: Verdict) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(verdict), "python -m data_platform_tests.privacy.judge --write"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a\u0085b ann@x.org\u0085c", "a\u0085b [email]\u0085c"),
        ("👩‍👩‍👧 @ann 🏳️‍🌈", "👩‍👩‍👧 [handle] 🏳️‍🌈"),
        ("\u202bاتصل ‎+49 30 901820‏ الآن\u202c", "\u202bاتصل ‎[phone]‏ الآن\u202c"),
        ("＋４９\u3000３０\u3000９０１８２０", "[phone]"),
        ("ａｎｎ＠ｘ．ｏｒｇ", "[email]"),
        ("4111\u00a01111\u20111111\u22121111", "[card]"),
        ("٤١١١ ١١١١ ١١١١ ١١١١", "[card]"),
        ("ann@x.org,bob@y.org;@c", "[email],[email];[handle]"),
        ("a@b", "a@b"),
        ("4111 1111 1111 1112", "4111 1111 1111 1112"),
        ("v1.2.3 of 2024-01-31, 12:30, 1,234.56 €, @ noon", "v1.2.3 of 2024-01-31, 12:30, 1,234.56 €, @ noon"),
        ("DE89 3704 0044 0532 0130 00 and DE89 3704 0044 0532 0130 01", "[iban] and DE89 3704 0044 0532 0130 01"),
        ("", ""),
    ],
)
def test_places_are_found_whatever_stands_around_them(text: str, left: str) -> None:
    assert replaced(text) == left


@given(st.text())
def test_what_is_not_replaced_stays_sign_by_sign_and_places_do_not_overlap(text: str) -> None:
    found = spans(text)
    assert all(one.end <= other.start for one, other in pairwise(found))
    kept = [
        text[a:b] for a, b in zip([0, *(s.end for s in found)], [*(s.start for s in found), len(text)], strict=True)
    ]
    assert replaced(text) == "".join(
        part for pair in zip(kept, [*(f"[{s.kind}]" for s in found), ""], strict=True) for part in pair
    )


def test_arrays_are_masked_as_single_texts_are() -> None:
    texts = [each.text for each in islice(labelled(), 300)] + [None, "", "nothing here"]
    wanted = [None if text is None else redacted(text) for text in texts]

    assert masked_array(pa.array(texts), "redact", "free_text", KEY).to_pylist() == wanted
    chunked = pa.chunked_array([texts[:100], texts[100:]], pa.string())
    assert masked_array(chunked, "redact", "free_text", KEY).to_pylist() == wanted
    assert masked_array(pa.array(["a", None]), "hash", "id", KEY).to_pylist() == [KEY.digest("a"), None]
    assert masked_array(pa.array(["a", None]), "redact", "name", KEY).to_pylist() == ["[name]", None]
    assert masked_array(pa.array(["a", None]), "drop", "name", KEY).to_pylist() == [None, None]


@pytest.mark.parametrize(
    ("kind", "text", "left"),
    [
        ("email", "Ann@X.org", "x.org"),
        ("email", "no address", None),
        ("phone", "+49 30 901820", "+49"),
        ("phone", "030 901820", None),
        ("address", "192.0.2.77", "192.0.2.0/24"),
        ("address", "2001:db8:1:2::3", "2001:db8:1::/48"),
        ("address", "sw1a 1aa", "SW"),
        ("address", "12 Long Street, Town", None),
        ("name", " Zoë", "Z"),
        ("handle", "@ann", "a"),
        ("id", "", None),
        ("free_text", "Ann was here", None),
    ],
)
def test_truncating_leaves_what_can_be_counted_by_and_no_more(kind: str, text: str, left: str | None) -> None:
    assert truncated(text, kind) == left  # type: ignore[arg-type] # kinds stand as texts in the table
