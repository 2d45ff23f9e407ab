"""Takes forgotten rows out of Arrow tables, and forgotten values out of their texts."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from data_platform.privacy.spelling import WITH_FORM, Kind, Mentions, folded, tokens
from data_platform.privacy.tombstones import Tombstones, digest_of

# What stands in a text where a forgotten value stood.
FORGOTTEN = "[forgotten]"

Replace = Callable[[str], str]
Mask = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Cleaned:
    """Rows without those that were forgotten, and these; `changed` of those kept have FORGOTTEN in a text of theirs."""

    kept: pa.Table
    removed: pa.Table
    changed: int


@dataclass(frozen=True)
class Remover:
    """Knows a forgotten value by its digest, and within texts by its form; those that are `named` as words as well."""

    tombstones: Tombstones
    digest: Callable[[str], str]
    named: Sequence[Mentions] = ()
    _known: dict[tuple[Kind, str], str] = field(default_factory=dict)

    def cleaned(self, rows: pa.Table, kinds: Mapping[str, Collection[Kind]], tagged: Collection[str] = ()) -> Cleaned:
        """`kinds`: of which columns a value as a whole is looked for, and as what. All texts are searched besides; in
        columns that are `tagged` as something else than free text, what is only mentioned is the others' as well.
        """
        theirs = np.zeros(rows.num_rows, dtype=bool)
        for name, of_column in kinds.items():
            if of_column and name in rows.column_names:
                theirs |= self._are_theirs(rows[name], of_column)
        kept = rows.filter(pa.array(~theirs)) if theirs.any() else rows
        changed = np.zeros(kept.num_rows, dtype=bool)
        for index, name in enumerate(kept.column_names):
            column = kept[name]
            if not holds_text(column.type):
                continue
            replace = self._of_tagged if name in tagged else self.without
            new = pa.chunked_array([self._replaced(chunk, replace) for chunk in column.chunks], column.type)
            differs = _differs(column, new)
            if differs.any():
                changed |= differs
                kept = kept.set_column(index, kept.schema.field(index), new)
        return Cleaned(kept, rows.filter(pa.array(theirs)), int(changed.sum()))

    def is_forgotten(self, text: str, kinds: Collection[Kind]) -> bool:
        """Whether a text as a whole is such a value."""
        return any(self._is_one(kind, text, self._digests) for kind in kinds)

    def without(self, text: str) -> str:
        """The text with FORGOTTEN in the place of each such value that stands in it."""
        return self._without(text, self._mentions)

    def _of_tagged(self, text: str) -> str:
        return self._without(text, self._digests)

    def _without(self, text: str, wanted: Mapping[Kind, frozenset[str]]) -> str:
        found = tokens(text, self._forms)
        places = [(start, end) for start, end, kind in found if self._has(kind, text[start:end], wanted)]
        places += [place for mentions in self.named for place in mentions.spans(text)]
        if not places:
            return text
        parts, last = [], 0
        for start, end in sorted(places):
            if start >= last:
                parts += [text[last:start], FORGOTTEN]
            last = max(last, end)
        return "".join([*parts, text[last:]])

    @cached_property
    def _digests(self) -> Mapping[Kind, frozenset[str]]:
        return self.tombstones.digests

    @cached_property
    def _mentions(self) -> Mapping[Kind, frozenset[str]]:
        both = (self.tombstones.digests, self.tombstones.mentioned)
        return {kind: frozenset().union(*(of.get(kind, frozenset()) for of in both)) for kind in WITH_FORM}

    @cached_property
    def _forms(self) -> tuple[Kind, ...]:
        return tuple(kind for kind in WITH_FORM if self._mentions[kind])

    def _has(self, kind: Kind, token: str, wanted: Mapping[Kind, frozenset[str]]) -> bool:
        """A token by its form may begin or end with signs that are not of the value."""
        written = {token, token.strip(".'*_~`/=-"), token.strip(" ()")}
        return any(self._is_one(kind, each, wanted) for each in written)

    def _is_one(self, kind: Kind, text: str, wanted: Mapping[Kind, frozenset[str]]) -> bool:
        plain = folded(text, kind)
        if not plain or not wanted.get(kind):
            return False
        if (kind, plain) not in self._known:
            # So that a long column of other people's values does not fill the memory.
            if len(self._known) > 1_000_000:
                self._known.clear()
            self._known[kind, plain] = digest_of(self.digest, kind, plain)
        return self._known[kind, plain] in wanted[kind]

    def _are_theirs(self, column: pa.ChunkedArray, kinds: Collection[Kind]) -> Mask:
        try:
            texts = pc.cast(column, pa.string())
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
            return np.zeros(len(column), dtype=bool)  # what is no plain value has no equal
        theirs = [text for text in pc.unique(texts).to_pylist() if text and self.is_forgotten(text, kinds)]
        return np.asarray(pc.is_in(texts, value_set=pa.array(theirs, pa.string())))

    def _replaced(self, array: pa.Array, replace: Replace) -> pa.Array:
        """The same array, of whatever shape, with what `replace` makes of each of its texts."""
        if isinstance(array, pa.ExtensionArray):
            return array.type.wrap_array(self._replaced(array.storage, replace))
        if pt.is_dictionary(array.type):
            return self._replaced(array.dictionary_decode(), replace).dictionary_encode().cast(array.type)
        if not _is_string(array.type):
            found = array.to_pylist()
            new = [_in_value(value, replace) for value in found]
            return array if new == found else pa.array(new, array.type)
        plain = array.cast(pa.large_string())
        suspects = pc.fill_null(pc.match_substring_regex(plain, self._worth_a_look), False)
        if not pc.any(suspects).as_py():
            return array
        texts = [replace(text) for text in plain.filter(suspects).to_pylist()]
        return pc.replace_with_mask(plain, suspects, pa.array(texts, pa.large_string())).cast(array.type)

    @cached_property
    def _worth_a_look(self) -> str:
        """A text without any of it holds nothing that is looked for."""
        if self.named:
            return r"\w"
        found = [r"@" if kind != "phone" else r"\d" for kind in self._forms]
        return "|".join(sorted(set(found))) or r"\b\B"


def _in_value(value: Any, replace: Replace) -> Any:
    """The same for a value as Python has it: a list, the fields of a record, bytes that are text."""
    if isinstance(value, str):
        return replace(value)
    if isinstance(value, bytes):
        return replace(value.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    if isinstance(value, dict):
        return {key: _in_value(each, replace) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_in_value(each, replace) for each in value)
    return value


def holds_text(type_: pa.DataType) -> bool:
    """Whether there are texts or bytes in values of this type, however deep."""
    if isinstance(type_, pa.BaseExtensionType):
        return holds_text(type_.storage_type)
    if pt.is_dictionary(type_):
        return holds_text(type_.value_type)
    if pt.is_map(type_):
        return holds_text(type_.key_type) or holds_text(type_.item_type)
    if pt.is_list(type_) or pt.is_large_list(type_):
        return holds_text(type_.value_type)
    if pt.is_struct(type_):
        return any(holds_text(each.type) for each in type_)
    return _is_string(type_) or pt.is_binary(type_) or pt.is_large_binary(type_) or pt.is_fixed_size_binary(type_)


def _is_string(type_: pa.DataType) -> bool:
    return bool(pt.is_string(type_) or pt.is_large_string(type_) or pt.is_string_view(type_))


def _differs(some: pa.ChunkedArray, others: pa.ChunkedArray) -> Mask:
    if some.equals(others):
        return np.zeros(len(some), dtype=bool)
    if _is_string(some.type):
        return np.asarray(pc.fill_null(pc.not_equal(some, others), False))
    return np.array([a != b for a, b in zip(some.to_pylist(), others.to_pylist(), strict=True)], dtype=bool)
