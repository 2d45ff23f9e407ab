"""What a request to be forgotten came to, in figures: for the ledger, and for who asked. No value stands in it."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Certificate:
    """`values` were given; `digest` is keyed, of all of them; `linked`: how many ids led on, by kind. `tables` has by
    name what was done, summed over the `runs` it took. `left`: files that still hold a value, with the reason, so that
    it is not `verified`; `at_sources`: those of the generated sample, which is not the platform's but its source.
    """

    request: str
    column: str
    kind: str
    values: int
    digest: str
    linked: Mapping[str, int]
    begun_at: str
    done_at: str
    runs: Sequence[str]
    tables: Mapping[str, Mapping[str, int]]
    deleted_files: int
    deleted_bytes: int
    searched_files: int
    searched_bytes: int
    too_short: int
    left: Sequence[str]
    at_sources: int
    failed: Sequence[str]
    verified: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def text(self) -> str:
        """For people, a line for each thing that was done."""
        told = [
            f"Request {self.request}: {self.values} values of {self.column} ({self.kind}), digest {self.digest}",
            f"Begun {self.begun_at}, done {self.done_at}, by run {', '.join(self.runs)}",
            *(f"{count} of {kind} led on from rows that were found" for kind, count in sorted(self.linked.items())),
            *(f"{name}: {_told(done)}" for name, done in sorted(self.tables.items())),
            f"Deleted: {self.deleted_files} files, {self.deleted_bytes} bytes",
            f"Searched afterwards: {self.searched_files} files, {self.searched_bytes} bytes",
        ]
        if self.too_short:
            told.append(f"{self.too_short} values are too short to be looked for in bytes: looked for in columns alone")
        if self.at_sources:
            told.append(f"{self.at_sources} files of the generated sample hold a value: it is the source, not ours")
        told += [f"Failed: {why}" for why in self.failed]
        told += [f"Left: {why}" for why in self.left]
        told.append("None of the values was found." if self.verified else "NOT VERIFIED: do what is said above, again.")
        return "\n".join(told) + "\n"

    def write(self, folder: Path) -> Path:
        """Two files below `folder`, one for machines and one for people, each whole or not there; the latter."""
        folder.mkdir(parents=True, exist_ok=True)
        _replace(folder / f"{self.request}.json", json.dumps(self.as_json(), indent=1) + "\n")
        return _replace(folder / f"{self.request}.txt", self.text)


def _told(done: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in done.items())


def _replace(path: Path, text: str) -> Path:
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.write_text(text, encoding="utf-8")
    with new.open("rb") as file:
        os.fsync(file.fileno())
    return new.replace(path)


def moment(at: datetime) -> str:
    """As a certificate has it."""
    return f"{at:%Y-%m-%d %H:%M:%S%z}"
