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
    r"""(?<![\w.+%'@-])[^\W_]?[\w.!#$%&'*+/=?^`{|}~-]*\w@            # local part
    (?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+                        # domain, of any script
    (?:xn--[a-z0-9-]{2,59}|[^\W\d_]{2,63})(?![\w-]|\.\w*@)""",
    re.VERBOSE | re.IGNORECASE,
)
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}[ -]?\d{2}(?:[ -]?[A-Z0-9]){11,30}", re.IGNORECASE)
_CARD = re.compile(r"(?<![\d.,+])(?<!\d[ -])[2-6]\d{3}(?:[ -]?\d){9,15}(?![ -]?\d)")
_HANDLE = re.compile(r"(?<![\w@/+-])(?<!\w\.)@[^\W\d]\w*(?:[.-]\w+)*(?:@[\w-]+(?:\.[\w-]+)+)?")
# As few digits as a phone number may have that is not just any number, with little between them.
_DIGITS = re.compile(r"\d(?:[ ().,/-]{0,3}\d){6}|[A-Z]{2}[ -]?\d{2}[ -]?[A-Z0-9]{4}", re.IGNORECASE)
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
    if _DIGITS.search(plain):
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

    match = _IBAN.search(text)
    while match is not None:
        # What follows may look like a part of it: the longest beginning that its check digits confirm counts.
        ends = (end for end in range(match.end(), match.start() + 14, -1) if text[end - 1].isalnum())
        end = next((e for e in ends if iban.is_valid(text[match.start() : e], check_country=False)), None)
        if end is not None:
            yield match.start(), end
        match = _IBAN.search(text, end or match.start() + 1)


def _phones(text: str) -> Iterator[tuple[int, int]]:
    from phonenumbers import Leniency, PhoneNumberMatcher

    taken: list[tuple[int, int]] = []
    for region in (None, *REGIONS):
        leniency = Leniency.POSSIBLE if region is None else Leniency.STRICT_GROUPING
        for match in PhoneNumberMatcher(text, region, leniency):
            if region is not None and match.raw_string.isdigit() and not match.raw_string.startswith("0"):
                continue  # ten digits in a row are an order number as often
            if all(match.end <= start or match.start >= end for start, end in taken):
                taken.append((match.start, match.end))
    yield from taken
