"""How a raw table's files are read, where their author knows better than detection does. Values only."""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

Format = Literal["parquet", "csv", "json", "ndjson", "excel", "lines"]
Compression = Literal["none", "gzip", "bz2", "zstd", "zip"]
Ragged = Literal["refuse", "quarantine", "pad"]
_ENDINGS: tuple[tuple[tuple[str, ...], Format], ...] = (
    ((".parquet", ".pq"), "parquet"),
    ((".csv", ".txt", ".tsv", ".tab", ".psv", ".ssv"), "csv"),
    ((".json", ".geojson"), "json"),
    ((".ndjson", ".jsonl"), "ndjson"),
    ((".xlsx", ".xlsm", ".xls"), "excel"),
)
_PACKED = re.compile(r"\.(gz|bz2|zst|zip)$", re.I)


def format_by_name(name: str) -> Format | None:
    """What a file called so should be, packed or not; None where its name does not tell."""
    inner = _PACKED.sub("", name.lower())
    return next((kind for endings, kind in _ENDINGS if inner.endswith(endings)), None)


@dataclass(frozen=True)
class LineParser:
    """A dataset's own reader of lines: each line gives records of these columns; `text` is its source code."""

    columns: tuple[str, ...]
    parse: Callable[[str], Sequence[Sequence[str | None]]]
    text: str


@dataclass(frozen=True)
class ReadOptions:
    """None, or an empty tuple: detected. `header` is whether there is one, or its line (from 1).

    `quote` "none" leaves quotes what they are. `ragged` is for records with another number of cells than the header:
    None quarantines them, but refuses a file that looks cut off within its last record.
    """

    format: Format | None = None
    delimiter: str | None = None
    quote: str | None = None
    encoding: str | None = None
    header: bool | int | None = None
    compression: Compression | None = None
    sheet: str | int | None = None
    names: tuple[str, ...] = ()
    ragged: Ragged | None = None
    parser: LineParser | None = None

    @property
    def fingerprint(self) -> str:
        """Differs where the same bytes may give other rows; empty while everything is detected."""
        plain = replace(self, format=None)
        if plain == ReadOptions():
            return ""
        told: dict[str, Any] = {name: value for name, value in vars(plain).items() if name != "parser"}
        told["parser"] = self.parser and (self.parser.columns, self.parser.text)
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]
