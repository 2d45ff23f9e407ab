"""Finds in free text what is personal by its form: e-mail addresses, phone and card numbers, IBANs, handles.

Names and postal addresses have no form: they are not found.
"""

import functools
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

Found = Literal["email", "iban", "card", "phone", "handle"]

_EMAIL = re.compile(
    r"""(?<![\w.+%'-])[^\W_]?[\w.!#$%&'*+/=?^`{|}~-]*\w@            # local part
    (?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+                        # domain, of any script
    (?:xn--[a-z0-9-]{2,59}|[^\W\d_]{2,63})(?![\w-]|\.\w*@)""",
    re.VERBOSE | re.IGNORECASE,
)
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}[ -]?\d{2}(?:[ -]?[A-Z0-9]){11,30}", re.IGNORECASE)
_CARD = re.compile(r"(?<![\d.,])(?<!\d[ -])[2-6]\d{3}(?:[ -]?\d){9,15}(?![ -]?\d)")
_HANDLE = re.compile(r"(?<![\w@/.+-])@[^\W\d]\w*(?:[.-]\w+)*(?:@[\w-]+(?:\.[\w-]+)+)?")
_DIGITS = re.compile(r"\d")
# As few digits as a phone number may have that is not just any number.
_FEWEST = 7
# Regions in whose national form numbers are looked for, beside the international form that all have.
REGIONS = ("US", "GB", "DE", "FR", "IN")


@dataclass(frozen=True)
class Span:
    """`text[start:end]` is of a kind."""

    start: int
    end: int
    kind: Found


def replaced(text: str) -> str:
    """The text with `[kind]` in place of what is found; the rest as it was, sign by sign."""
    parts, last = [], 0
    for span in spans(text):
        parts += [text[last : span.start], f"[{span.kind}]"]
        last = span.end
    return "".join([*parts, text[last:]]) if parts else text


def spans(text: str) -> list[Span]:
    """What is found, in order, without overlaps: of two readings of one place that of the stricter form wins."""
    plain = text.translate(_plain())
    found: list[Span] = []
    detectors: list[tuple[Found, Callable[[str], Iterator[tuple[int, int]]]]] = []
    if "@" in plain:
        detectors.append(("email", _emails))
    if sum(1 for _ in _DIGITS.finditer(plain)) >= _FEWEST:
        detectors += [("iban", _ibans), ("card", _cards), ("phone", _phones)]
    if "@" in plain:
        detectors.append(("handle", _handles))
    for kind, detector in detectors:
        for start, end in detector(plain):
            found.append(Span(start, end, kind))
            # Blanks: sign for sign, so that places stay what they are.
            plain = f"{plain[:start]}{'␣' * (end - start)}{plain[end:]}"
    return sorted(found, key=lambda span: span.start)


@functools.cache
def _plain() -> dict[int, str]:
    """What is written otherwise and means the same, sign for sign: full-width signs, digits of all scripts, dashes of
    all lengths, blanks of all widths, and marks of direction, which are not seen at all.
    """
    table = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {0xFE6B: "@"}
    table |= dict.fromkeys((*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63), "-")
    table |= dict.fromkeys((0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000), " ")
    table |= dict.fromkeys((0x200E, 0x200F, 0x061C, *range(0x202A, 0x202F), *range(0x2066, 0x206A)), " ")
    digits = (code for code in range(0x0660, 0x1FBFA) if unicodedata.category(chr(code)) == "Nd")
    return table | {code: str(unicodedata.digit(chr(code))) for code in digits}


def _emails(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _EMAIL.finditer(text))


def _handles(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _HANDLE.finditer(text))


def _cards(text: str) -> Iterator[tuple[int, int]]:
    from stdnum import luhn  # here and not above: most texts have no digits

    for match in _CARD.finditer(text):
        if luhn.is_valid(re.sub(r"\D", "", match[0])):
            yield match.span()


def _ibans(text: str) -> Iterator[tuple[int, int]]:
    from stdnum import iban

    for match in _IBAN.finditer(text):
        # What follows may look like a part of it: the longest beginning that its check digits confirm counts.
        for length in range(len(match[0]), 14, -1):
            if match[0][length - 1].isalnum() and iban.is_valid(match[0][:length]):
                yield match.start(), match.start() + length
                break


def _phones(text: str) -> Iterator[tuple[int, int]]:
    from phonenumbers import Leniency, PhoneNumberMatcher

    taken: list[tuple[int, int]] = []
    for region in (None, *REGIONS):
        leniency = Leniency.VALID if region is None else Leniency.STRICT_GROUPING
        for match in PhoneNumberMatcher(text, region, leniency):
            if all(match.end <= start or match.start >= end for start, end in taken):
                taken.append((match.start, match.end))
    yield from taken
