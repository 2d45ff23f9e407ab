"""Texts as people wrote them, made safe to read and no poorer; the language that they are in; the shape of feedback."""

import functools
import html
import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa
    from py3langid.langid import LanguageIdentifier

UNKNOWN = "und"
"""The language of what is too short, too mixed or no language at all, as ISO 639-2 calls it."""

# Below it a guess is more often wrong than worth having: docs/sentiment_judged.md has the figures.
CONFIDENCE = 0.5
# Without so many letters a guess is no more than that: `ok` is a word of a hundred languages.
_LETTERS = 4
# Controls that no text needs. Tab, line feed and U+0085 (next line) stay, as do joiners and marks of direction.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
_LINE_ENDS = re.compile("\r\n?")
# What says nothing of a language: addresses, names of accounts.
_NO_WORDS = re.compile(r"https?://\S+|\S+@\S+|[@#]\w+")

# What posts and reviews have in common; a column that one of them lacks is NULL there.
_SHAPE = ("id", "channel", "product", "created_at", "edited_at", "customer_id", "author", "rating")
_HIDDEN = ("_source_file", "_source_row", "_uncast")


def cleaned(text: str) -> str:
    """A text without HTML entities and control characters, its letters composed (NFC), its line ends line feeds."""
    composed = unicodedata.normalize("NFC", _CONTROLS.sub("", _LINE_ENDS.sub("\n", html.unescape(text))))
    return composed.strip(" \t\n")


def language(text: str) -> tuple[str, float]:
    """A text's language as ISO 639 calls it (`en`, `pcm`) and how sure that is, from 0 to 1; `und` below CONFIDENCE."""
    words = _NO_WORDS.sub(" ", text)
    if sum(map(str.isalpha, words)) < _LETTERS:
        return UNKNOWN, 0.0
    code, confidence = _identifier().classify(words)
    # The model's own word for no language.
    is_known = confidence >= CONFIDENCE and code != "zxx"
    return (str(code) if is_known else UNKNOWN), round(float(confidence), 4)


@functools.cache
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # 0.7 s and 120 MB

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def shaped(received: "pa.RecordBatchReader", source: str) -> "pa.RecordBatchReader":
    """Posts or reviews batch by batch, in the shape that both share: cleaned, and with their language."""
    import pyarrow as pa

    types = {"created_at": pa.timestamp("us"), "edited_at": pa.timestamp("us"), "rating": pa.int64()}
    fields = [(name, types.get(name, pa.string())) for name in (*_SHAPE, "source", "text", "language")]
    hidden = [received.schema.field(name) for name in _HIDDEN]
    schema = pa.schema([*fields, ("language_confidence", pa.float64()), *hidden])
    schema = schema.set(0, pa.field("feedback_id", pa.string()))
    return pa.RecordBatchReader.from_batches(schema, (_shaped(batch, source, schema) for batch in received))


def _shaped(batch: "pa.RecordBatch", source: str, schema: "pa.Schema") -> "pa.RecordBatch":
    import pyarrow as pa

    there = {name: batch[name] for name in (*_SHAPE, *_HIDDEN) if name in batch.schema.names}
    texts = [None if text is None else cleaned(text) or None for text in batch["text"].to_pylist()]
    found: Sequence[tuple[str | None, float | None]] = [(None, None) if t is None else language(t) for t in texts]
    there |= {
        # NULL where there is no id, so that nothing is taken for two records of one.
        "feedback_id": pa.array([None if key is None else f"{source}:{key}" for key in batch["id"].to_pylist()]),
        "source": pa.repeat(pa.scalar(source), batch.num_rows),
        "text": pa.array(texts, pa.string()),
        "language": pa.array([code for code, _ in found], pa.string()),
        "language_confidence": pa.array([confidence for _, confidence in found], pa.float64()),
    }
    nothing = {field.name: pa.nulls(batch.num_rows, field.type) for field in schema}
    columns = {**nothing, **{name: column for name, column in there.items() if name in nothing}}
    return pa.RecordBatch.from_arrays([columns[f.name].cast(f.type) for f in schema], schema=schema)
