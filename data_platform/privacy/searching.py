"""Looks for many values at once in bytes and in Arrow columns, at a cost that does not grow with how many there are."""

import html
import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from typing import Any, BinaryIO
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from data_platform.privacy.spelling import Mentions, is_whole

_BLOCK = 4 << 20
_SLOTS = 20  # bits of a hash: a table of a megabyte, which stays in the processor's cache
_LOWER = np.array([byte + 32 if 65 <= byte <= 90 else byte for byte in range(256)], dtype=np.uint8)
_AROUND = 8  # bytes: two signs of UTF-8
# JSON writes a line's end as a backslash and a letter, which is no part of the word that follows.
_ESCAPE = re.compile(r"\\[bfnrt]$")


class Needles:
    """Values as they may be written in files: UTF-8 and UTF-16, escaped as JSON, HTML and addresses have it.

    Case of a-z does not count. Values of fewer than `Mentions.SHORTEST` signs are not looked for, and told in `short`.
    """

    def __init__(self, values: Iterable[str]) -> None:
        plain = {value.strip() for value in values}
        self.short = sum(len(value) < Mentions.SHORTEST for value in plain)
        written = {each for value in plain if len(value) >= Mentions.SHORTEST for each in _written(value)}
        # Eight bytes tell most other texts apart; a value that has fewer is looked for by its first four.
        self._windows = {size: _Window(size, {w for w in written if (len(w) >= 8) is (size == 8)}) for size in (4, 8)}
        self.longest = max(map(len, written), default=0)

    def __bool__(self) -> bool:
        return self.longest > 0

    def spans(self, data: bytes | memoryview) -> Iterator[tuple[int, int]]:
        """Where values stand in these bytes, beginning and end, also as parts of something longer."""
        lower = _LOWER[np.frombuffer(data, dtype=np.uint8)]
        for window in self._windows.values():
            yield from window.spans(lower)

    def count_in_bytes(self, file: BinaryIO, *, whole: bool) -> int:
        """How often they stand in a file. `whole`: only where they are no part of a longer word, address or number."""
        kept, found = b"", 0
        overlap = self.longest + 2 * _AROUND
        while block := file.read(_BLOCK):
            data = kept + block
            # What ends in the part that is looked at again is counted then, when what follows it is known.
            found += sum(
                len(kept) - _AROUND < end <= len(data) - _AROUND and (not whole or _stands_alone(data, start, end))
                for start, end in self.spans(data)
            )
            kept = data[-overlap:]
        return found + sum(
            end > len(kept) - _AROUND and (not whole or _stands_alone(kept, start, end))
            for start, end in self.spans(kept)
        )

    def count_in_column(self, column: pa.ChunkedArray | pa.Array) -> int:
        """In how many of its texts they stand as words; texts deep within lists and records count too."""
        chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
        return sum(self._in_texts(leaf) for chunk in chunks for leaf in _leaves(chunk))

    def _in_texts(self, array: pa.Array) -> int:
        plain = array.cast(pa.large_binary())
        _, offsets_buffer, data = plain.buffers()
        if data is None or not len(plain):
            return 0
        offsets = np.frombuffer(offsets_buffer, dtype=np.int64)[plain.offset : plain.offset + len(plain) + 1]
        rows = set()
        for start, end in self.spans(data):
            row = int(np.searchsorted(offsets, start, side="right")) - 1
            if 0 <= row < len(plain) and end <= offsets[row + 1] and plain[row].is_valid:
                text = plain[row].as_py()
                if _stands_alone(text, start - int(offsets[row]), end - int(offsets[row])):
                    rows.add(row)
        return len(rows)


class _Window:
    """The values of a size, found by their first `size` bytes."""

    def __init__(self, size: int, values: Collection[bytes]) -> None:
        self._type = np.dtype(f"<u{size}")
        self._by_beginning: dict[int, list[bytes]] = {}
        for value in values:
            self._by_beginning.setdefault(int.from_bytes(value[:size], "little"), []).append(value)
        self._slots = np.zeros(1 << _SLOTS, dtype=bool)
        self._slots[self._hashed(np.array(list(self._by_beginning), dtype=self._type))] = True

    def spans(self, lower: "np.ndarray[tuple[int], np.dtype[np.uint8]]") -> Iterator[tuple[int, int]]:
        size = self._type.itemsize
        if not self._by_beginning or len(lower) < size:
            return
        windows = np.ndarray((len(lower) - size + 1,), self._type, lower.data, strides=(1,))
        for start in np.flatnonzero(self._slots[self._hashed(windows)]).tolist():
            for value in self._by_beginning.get(int(windows[start]), ()):
                if lower[start : start + len(value)].tobytes() == value:
                    yield start, start + len(value)

    def _hashed(self, windows: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
        bits = 8 * self._type.itemsize
        factor = self._type.type(0x9E3779B97F4A7C15 >> (64 - bits) | 1)
        slots: np.ndarray[Any, Any] = (windows * factor) >> self._type.type(bits - _SLOTS)
        return slots


def _written(value: str) -> Iterator[bytes]:
    for text in {value, unicodedata.normalize("NFC", value), unicodedata.normalize("NFD", value), value.lower()}:
        for written in (text, json.dumps(text)[1:-1], html.escape(text), quote(text), quote(text, safe="@+.-_~")):
            yield _lowered(written.encode("utf-8", "surrogatepass"))
        for encoding in ("utf-16-le", "utf-16-be", "latin-1"):
            try:
                yield _lowered(text.encode(encoding))
            except UnicodeEncodeError:
                continue  # it cannot stand in a file of that encoding


def _lowered(text: bytes) -> bytes:
    return bytes(_LOWER[np.frombuffer(text, dtype=np.uint8)])


def _stands_alone(data: bytes, start: int, end: int) -> bool:
    if 0 in data[start:end]:
        return True  # UTF-16: its neighbours are not looked at
    around = (data[max(0, start - _AROUND) : start], data[start:end], data[end : end + _AROUND])
    before, value, after = (part.decode("utf-8", "replace") for part in around)
    before = _ESCAPE.sub(" ", before)
    return is_whole(before + value + after, len(before), len(before) + len(value))


def _leaves(array: pa.Array) -> Iterator[pa.Array]:
    """The arrays of texts and of bytes in an array of any shape."""
    type_ = array.type
    if isinstance(array, pa.ExtensionArray):
        yield from _leaves(array.storage)
    elif pt.is_dictionary(type_):
        yield from _leaves(array.dictionary)
    elif pt.is_map(type_):
        yield from _leaves(array.keys)
        yield from _leaves(array.items)
    elif pt.is_list(type_) or pt.is_large_list(type_) or pt.is_fixed_size_list(type_):
        yield from _leaves(pc.list_flatten(array))
    elif pt.is_struct(type_):
        for index in range(type_.num_fields):
            yield from _leaves(array.field(index))
    elif (
        pt.is_string(type_) or pt.is_large_string(type_) or pt.is_string_view(type_)
        or pt.is_binary(type_) or pt.is_large_binary(type_) or pt.is_fixed_size_binary(type_)
    ):  # fmt: skip
        yield array
