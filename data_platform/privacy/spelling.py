"""When two spellings are one value, by the kind of personal data; and which parts of a text may be such a value."""

import re
import unicodedata
from collections.abc import Collection, Iterator

Kind = str
"""What a value is: a kind of personal data, or `id:` and whose id it is, since customer 17 is not order 17."""

# Kinds that have a form of their own: found in any text, also when only their digest is known.
WITH_FORM: tuple[Kind, ...] = ("email", "phone", "handle")

_FORMS: dict[Kind, re.Pattern[str]] = {
    "email": re.compile(r"[^\W_][\w.!#$%&*+/=?^`{|}~'-]*@[\w-]+(?:\.[\w-]+)+"),
    "handle": re.compile(r"(?<![\w.@])@\w+(?:[.-]\w+)*"),
    "phone": re.compile(r"(?<![\w.])(?:\+|00|\(|\d)[\d ()./-]{5,22}\d(?!\w)"),
}
_NEEDS: dict[Kind, str] = {"email": "@", "handle": "@", "phone": ""}
_WORD = re.compile(r"\w+")


def folded(text: str, kind: Kind) -> str:
    """What all spellings of a value have in common; '' for a text that holds none.

    Blanks around it never count. Case does not in e-mail addresses and handles, which may begin with @ or not; of phone
    numbers only the digits count, and whether they are international. All else is compared as it is written.
    """
    plain = unicodedata.normalize("NFC", text).strip()
    if kind == "email":
        return plain.casefold()
    if kind == "handle":
        return plain.removeprefix("@").casefold()
    if kind == "phone":
        digits = "".join(_WORD.findall(plain)).strip("_")
        return f"+{digits.removeprefix('00')}" if plain.startswith(("+", "00")) else digits
    return plain


def tokens(text: str, kinds: Collection[Kind]) -> Iterator[tuple[int, int, Kind]]:
    """Where something of these kinds stands in a text by its form: beginning, end, kind. Others are passed over."""
    for kind in WITH_FORM:
        if kind in kinds and _NEEDS[kind] in text:
            for found in _FORMS[kind].finditer(text):
                yield (*found.span(), kind)


class Mentions:
    """Finds known values in texts, as whole words: `ann@example.org` is no part of `joann@example.org.uk`.

    Costs the length of a text, however many values there are. Those of fewer than `SHORTEST` signs are not looked for:
    they are parts of too much else.
    """

    SHORTEST = 5

    def __init__(self, values: Collection[str], kind: Kind) -> None:
        """`values`: as people write them, of one kind, whose rule of case holds (see `folded`)."""
        self._any_case = kind in ("email", "handle")
        self._by_word: dict[str, list[tuple[int, str]]] = {}
        for value in sorted({folded(each, kind) if kind == "handle" else each.strip() for each in values}):
            plain = self._plain(unicodedata.normalize("NFC", value))
            word = _WORD.search(plain)
            if word is not None and len(plain) >= self.SHORTEST:
                self._by_word.setdefault(word[0], []).append((word.start(), plain))

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where they stand, beginning and end, in order of their beginnings; they may overlap."""
        if not self._by_word:
            return
        plain = self._plain(text)
        for word in _WORD.finditer(plain):
            for offset, value in self._by_word.get(word[0], ()):
                start = word.start() - offset
                if start >= 0 and plain.startswith(value, start) and is_whole(plain, start, start + len(value)):
                    yield start, start + len(value)

    def _plain(self, text: str) -> str:
        """Sign for sign, so that places stay what they are."""
        if not self._any_case:
            return text
        lower = text.lower()
        return lower if len(lower) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def is_whole(text: str, start: int, end: int) -> bool:
    """Whether what stands there is no part of a longer word, address or number."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if text[start].isalnum() and (_is_word(before[-1:]) or (before[-1:] in (*".+-%'",) and _is_word(before[:-1]))):
        return False
    return not (_is_word(after[:1]) or (after[:1] in (*".-@",) and _is_word(after[1:])))


def _is_word(sign: str) -> bool:
    return sign.isalnum() or sign == "_"
