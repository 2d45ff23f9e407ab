"""Delimited text becomes all-VARCHAR Parquet once, at arrival. Every cell stays the text it was; only empty is NULL."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import chain

import pyarrow as pa
import pyarrow.csv as pc

from data_platform.sources.dialect import SAMPLE, Layout, folded, layout
from data_platform.sources.encoding import Encoding, utf8
from data_platform.sources.errors import Refused
from data_platform.sources.marks import Dialect
from data_platform.sources.options import ReadOptions
from data_platform.sources.records import Block, Counter
from data_platform.sources.rows_file import RowsFile
from data_platform.sources.unpack import Part

# A file of which more lines than this cannot be read is not looked at to its end.
_HOPELESS = 10_000


@dataclass(frozen=True)
class Read:
    """What was found: how many records there are, the columns' names, and what is worth telling about how."""

    records: int
    names: tuple[str, ...]
    told: tuple[str, ...]


def read_delimited(
    part: Part,
    encoding: Encoding,
    options: ReadOptions,
    declared: Collection[str],
    into: RowsFile,
    before: "Read | None" = None,
    *,
    several: bool = False,
) -> Read:
    """Adds the records of a text to `into`, behind those of the part `before` it, whose columns it must have.

    An empty cell, quoted or not, is NULL: writers that quote everything write "" for a missing value. Nothing else
    is: 'NA' and 'N/A' stay text, blanks around a value too. Lines without a character are skipped. Raises Refused,
    naming lines, and NotUtf8.
    """
    chunks = utf8(part, encoding)
    sample, chunks = _sample(chunks)
    found = layout(sample, part.name, options, declared, whole=len(sample) < SAMPLE)
    if before is None:
        into.columns(found.names)
    elif list(map(folded, found.names)) != list(map(folded, before.names)):
        raise Refused(
            f"has the columns {list(found.names)}, the part before it {list(before.names)}. Deliver them apart."
        )
    counter = Counter(
        found.dialect, len(found.names), line=found.lines + 1, pad=options.ragged == "pad", damaged=encoding.damaged
    )
    counter.records = before.records if before else 0
    shown = part.name if several else ""
    unparsed = into.unparsed
    for block in counter.blocks(_without_lines(chunks, found)):
        for odd in block.odd:
            into.odd(odd, shown)
        if len(block.numbers):
            into.add(_read(block, found.dialect, len(found.names)), block.numbers)
        if into.unparsed > unparsed + _HOPELESS and into.unparsed * 2 > counter.records:
            break
    if counter.cut_off and options.ragged is None:
        raise Refused(
            f"{counter.cut_off}: the file looks cut off. Fetch it again, or write `read: {{ragged: quarantine}}`."
        )
    told = [*(before.told if before else ()), *found.told]
    told += [encoding.told] if encoding.told else []
    told += [f"{counter.trimmed:,} records have empty cells beyond the header's"] if counter.trimmed else []
    told += [f"{counter.padded:,} records were filled up with empty cells"] if counter.padded else []
    return Read(counter.records, before.names if before else found.names, tuple(dict.fromkeys(told)))


def _sample(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, and all of them."""
    taken: list[bytes] = []
    size = 0
    for chunk in chunks:
        taken.append(chunk)
        size += len(chunk)
        if size >= SAMPLE:
            break
    return b"".join(taken)[:SAMPLE], chain(taken, chunks)


def _without_lines(chunks: Iterator[bytes], found: Layout) -> Iterator[bytes]:
    """What follows the header."""
    left = found.lines
    kept = b""
    for chunk in chunks:
        if not left:
            yield chunk
            continue
        kept += chunk
        at = 0
        while left:
            end = _line_end(kept, at)
            if end is None:
                break
            at, left = end, left - 1
        kept = kept[at:]
        if not left:
            yield kept
    # A header without a line end is all there is.


def _line_end(text: bytes, start: int) -> int | None:
    """Where the next line begins; None where this one may go on."""
    lf, cr = text.find(b"\n", start), text.find(b"\r", start)
    if cr < 0 or 0 <= lf < cr:
        return lf + 1 if lf >= 0 else None
    if cr + 1 == len(text):
        return None
    return cr + 2 if text[cr + 1] == 0x0A else cr + 1


def _read(block: Block, dialect: Dialect, width: int) -> list[pa.ChunkedArray]:
    """The cells of a block by another reader, which must find as many records as were counted."""
    names = [str(number) for number in range(width)]
    quoted = bool(dialect.quote) and dialect.quote in block.good
    try:
        table = pc.read_csv(
            pa.BufferReader(block.good),
            read_options=pc.ReadOptions(
                column_names=names,
                # The whole block at once: where it is cut is not for this reader to find.
                block_size=len(block.good) + 1,
                use_threads=False,
            ),
            parse_options=pc.ParseOptions(
                delimiter=dialect.delimiter.decode(),
                quote_char=dialect.quote.decode() if quoted else False,
                newlines_in_values=quoted,
                ignore_empty_lines=True,
            ),
            convert_options=pc.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                check_utf8=False,  # counting has seen to it
            ),
        )
    except pa.ArrowInvalid as error:
        raise Refused(f"{len(block.numbers):,} records were counted, but not read: {error}") from error
    if table.num_rows != len(block.numbers):
        at = f"records {block.numbers[0]:,} to {block.numbers[-1]:,}"
        raise Refused(f"{at}: {len(block.numbers):,} were counted, but {table.num_rows:,} read. Mend the file.")
    columns: list[pa.ChunkedArray] = table.columns
    return columns
