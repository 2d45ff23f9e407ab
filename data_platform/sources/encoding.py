"""Text as UTF-8, whatever it arrived in. Nothing is guessed where a mark or the bytes themselves say it."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from data_platform.sources.errors import Refused
from data_platform.sources.unpack import Part

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 1 << 18
# How much a text looks like one of a language, from 0 to 1: below, an encoding is no better than any other.
_A_LANGUAGE = 0.1


@dataclass(frozen=True)
class Encoding:
    """A codec's name, how it is known, and whether some lines may be damaged UTF-8."""

    name: str = "utf-8"
    known: str = ""
    damaged: bool = False

    @property
    def told(self) -> str:
        return f"{self.name} ({self.known})" if self.known and self.known != "set" else ""


def marked(part: Part, wanted: str | None) -> Encoding:
    """What the author says, what a byte order mark says, what NUL bytes show; else UTF-8 until it is seen not to be."""
    head = part.head(4096)
    mark = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    if wanted is not None:
        # utf-16 and utf-8-sig take their mark away, the codecs of one order leave it to the first cell.
        name = codecs.lookup(wanted).name
        name = mark if mark and mark.startswith(name.removesuffix("-le").removesuffix("-be")) else name
        return Encoding(name, "set", damaged=name.startswith("utf-8"))
    if mark is not None:
        return Encoding(mark, "" if mark == "utf-8-sig" else "byte order mark")
    if len(head) >= 4 and b"\0" in head:
        even, odd = head[0::2].count(0), head[1::2].count(0)
        half = len(head) // 4
        if odd > half and not even:
            return Encoding("utf-16-le", "NUL bytes")
        if even > half and not odd:
            return Encoding("utf-16-be", "NUL bytes")
    return Encoding()


def guessed(part: Part) -> Encoding:
    """The encoding of what may not be UTF-8: damaged UTF-8 where most of what is not ASCII is so, or the likeliest."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    right = wrong = 0
    sample = b""
    for chunk in chain(part.read(), [b""]):
        text = decoder.decode(chunk, final=not chunk)
        bad = text.count("\ufffd")
        wrong += bad
        right += len(text) - len(text.encode("ascii", "ignore")) - bad
        if bad and len(sample) < 8 * _SAMPLE:
            sample += _around(chunk)
    if not wrong:
        return Encoding()
    if right > wrong:
        return Encoding("utf-8", "a few bytes are not", damaged=True)
    from charset_normalizer import from_bytes

    found = from_bytes(sample)
    best = found.best()
    alike = best and any(
        match.encoding == "cp1252" and match.chaos <= best.chaos and match.coherence >= best.coherence
        for match in found
    )
    if best is None or best.encoding in ("utf_8", "ascii") or alike or best.coherence < _A_LANGUAGE:
        # Windows' western code page is what people mean when nothing tells more.
        return Encoding(_western(part), "guessed")
    return Encoding(codecs.lookup(best.encoding).name, "guessed")


def _western(part: Part) -> str:
    """cp1252, or latin-1 where there is one of the five bytes that cp1252 has no character for."""
    undefined = b"\x81\x8d\x8f\x90\x9d"
    return "iso8859-1" if any(len(chunk.translate(None, undefined)) < len(chunk) for chunk in part.read()) else "cp1252"


def _around(chunk: bytes) -> bytes:
    """The lines of a piece that are not ASCII: all that tells one encoding from another."""
    return b"\n".join(line for line in chunk[: 4 * _SAMPLE].split(b"\n") if not line.isascii())[:_SAMPLE]


def utf8(part: Part, encoding: Encoding) -> Iterator[bytes]:
    """The part as UTF-8 without a mark; raises Refused where it is not what it was taken for."""
    if encoding.name == "utf-8":
        yield from part.read()
        return
    if encoding.name == "utf-8-sig":
        chunks = part.read()
        first = next(chunks, b"")
        while 0 < len(first) < len(codecs.BOM_UTF8) and (more := next(chunks, b"")):
            first += more
        yield first.removeprefix(codecs.BOM_UTF8)
        yield from chunks
        return
    decoder = codecs.getincrementaldecoder(encoding.name)()
    try:
        for chunk in part.read():
            yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
        yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise Refused(
            f"{part.name}: is not {encoding.name} ({encoding.known}): {error.reason}. "
            "Write `read: {encoding: …}`, or ask for the file in UTF-8."
        ) from error
