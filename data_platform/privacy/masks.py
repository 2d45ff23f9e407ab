"""What becomes of a personal value: its kind instead, a keyed hash, its beginning. Of one text, or an Arrow array."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from data_platform.contracts.contract import Mask, PersonalKind
from data_platform.privacy.detectors import replaced
from data_platform.privacy.key import PersonalKey
from data_platform.privacy.truncation import truncated

if TYPE_CHECKING:
    import pyarrow as pa

# A text in which nothing of this stands holds nothing that is looked for: neither digits of any script nor an @.
_WORTH_A_LOOK = r"[\p{Nd}@＠﹫]"

__all__ = ["hashed", "masked", "masked_array", "redacted", "truncated"]


def redacted(text: str, kind: PersonalKind = "free_text") -> str:
    """Free text with `[email]` and the like for what detectors find in it; of any other kind `[kind]` alone,
    since the whole text is personal.
    """
    return replaced(text) if kind == "free_text" else f"[{kind}]"


def hashed(text: str, key: PersonalKey) -> str:
    """64 hexadecimal digits, the same for the same text under the same key. Case and blanks count."""
    return key.digest(text)


def masked(text: str, mask: Mask, kind: PersonalKind, key: PersonalKey) -> str | None:
    """What a mask leaves of a text; None where that is nothing."""
    return _masking(mask, kind, key)(text)


def masked_array(
    values: "pa.Array | pa.ChunkedArray", mask: Mask, kind: PersonalKind, key: PersonalKey
) -> "pa.Array | pa.ChunkedArray":
    """The same for an array of texts, of the same length and NULL where it was NULL. Equal texts are masked once."""
    import pyarrow as pa  # here and not above: this takes 0.2 s of each start
    import pyarrow.compute as pc

    if isinstance(values, pa.ChunkedArray):
        return pa.chunked_array([masked_array(chunk, mask, kind, key) for chunk in values.chunks], values.type)
    if mask == "drop":
        return pa.nulls(len(values), values.type)
    if mask == "redact" and kind != "free_text":
        return pc.if_else(pc.is_valid(values), pa.scalar(f"[{kind}]", values.type), pa.scalar(None, values.type))
    mask_one = functools.cache(_masking(mask, kind, key))
    if mask != "redact":
        return pa.array([None if text is None else mask_one(text) for text in values.to_pylist()], values.type)
    suspects = pc.fill_null(pc.match_substring_regex(values, _WORTH_A_LOOK), False)
    found = [mask_one(text) for text in values.filter(suspects).to_pylist()]
    return pc.replace_with_mask(values, suspects, pa.array(found, values.type))


def _masking(mask: Mask, kind: PersonalKind, key: PersonalKey) -> Callable[[str], str | None]:
    if mask == "redact":
        return functools.partial(redacted, kind=kind)
    if mask == "hash":
        return key.digest
    if mask == "truncate":
        return functools.partial(truncated, kind=kind)
    return lambda _: None
