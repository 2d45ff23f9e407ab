"""Every bad answer of a source, received as a run receives it: a right file, a refusal or a typed error, nothing else.

`python -m data_platform_tests.proof.bad_answers` plays all of them; `--write` puts the table into docs/sources.md.
"""

import argparse
import gzip
import io
import logging
import os
import re
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
from stamina.instrumentation import get_on_retry_hooks, set_on_retry_hooks

from data_platform.lake.lake import Lake
from data_platform.lake.names import TableName
from data_platform.lake.sightings import Sighting
from data_platform.lake.storage import LocalStorage
from data_platform.lake.tables import UNPARTITIONED
from data_platform.planning.catalog import Expected, RawTable
from data_platform.resources.platform import tell_retry
from data_platform.sources.errors import PermanentSourceError, SourceError
from data_platform.sources.http_file import HttpFile
from data_platform.steps.receive import Received, receive
from data_platform_tests.proof.answered_bodies import BODIES, CONTENTS, FILES, RANGES
from data_platform_tests.proof.answers import HEADERS, PASSWORD, REDIRECTS, STATUSES, TOKEN, Case, Downgrading, Play
from data_platform_tests.sources.server import serve, whole

PAGE = Path(__file__).parents[2] / "docs" / "sources.md"
SECTIONS: dict[str, Sequence[Case]] = {
    "Statuses": STATUSES,
    "Headers": HEADERS,
    "Redirects": REDIRECTS,
    "Bodies": BODIES,
    "Ranges": RANGES,
    "What is not what it claims to be": CONTENTS,
    "Files at `file:///`": FILES,
}
CASES = [case for cases in SECTIONS.values() for case in cases]
_BEGIN, _END = "<!-- answers -->\n", "<!-- /answers -->\n"
_NOW = datetime(2024, 3, 15, tzinfo=UTC)
_NOBODY = 65534
_VARIES = (
    (r"127\.0\.0\.1:\d+", "source.example"),
    (r"[\d,]+ bytes", "… bytes"),
    (r"expected \d+", "expected …"),
    (r"b'[^']*'", "b'…'"),
    (r"0x[0-9a-f]+ != 0x[0-9a-f]+", "…"),
    (r"\[Errno \d+\] ", ""),
    (r" \(given up after \d of \d attempts\)$", ""),
)
"""What differs from run to run, with the versions of libraries and between systems."""
_KINDS = {"f.parquet": "parquet", "f.csv": "csv", "f.csv.gz": "csv"}
"""The names that cases give to their files, and the formats of their tables."""


@dataclass(frozen=True)
class Seen:
    """What became of an answer, what was told of it, and what the platform asked for in turn."""

    outcome: str
    told: str
    asked: str


def play(case: Case) -> Seen:
    """Receives an old version, then what the case answers. Raises AssertionError where more or less than that happens:
    something partial, a file that nobody names, another current version, a secret in what is told."""
    with tempfile.TemporaryDirectory() as folder, serve() as server, serve() as elsewhere:
        Path(folder).chmod(0o755)  # nobody shall be able to look in
        path = f"/{case.name}?token={TOKEN}"
        return _Scene(case, Play(server, elsewhere, path, _right(case.name), Path(folder))).seen()


def _table(source: HttpFile, format: Literal["parquet", "csv"]) -> RawTable:
    return RawTable(
        name=TableName("raw", "answers"),
        dataset="answers",
        path=Path("answers/defs.yaml"),
        line=1,
        description="",
        owners=(),
        partitions=None,
        sources=(source,),
        format=format,
        columns={},
        expected=Expected(),
        check_every=None,
    )


class _Scene:
    def __init__(self, case: Case, play: Play) -> None:
        self.case, self.play = case, play
        self.lake = Lake(LocalStorage(play.folder / "lake"))

    def seen(self) -> Seen:
        play, source = self.play, self._source()
        table = _table(source, "parquet" if _KINDS[self.case.name] == "parquet" else "csv")
        self._offer_old()
        (before,) = receive(self.lake, table, [UNPARTITIONED], run_id="before", now=_NOW)
        assert before.outcome == "received"
        play.server.asked.clear()
        self.case.plays(play)
        rights = _rights_of_nobody(play.folder) if self.case.as_nobody else nullcontext()
        with listening() as heard, rights:
            outcome, told = self._received(table, replace(source, **self._settings()), before)
        for request in play.elsewhere.asked:
            assert "Authorization" not in request.headers, "credentials went to another host"
        for request in play.server.asked:
            assert self.case.file or "Authorization" in request.headers or self.case.is_downgrade
            assert ("If-Range" in request.headers) == ("Range" in request.headers), (
                "a rest of any version was asked for"
            )
        assert TOKEN not in heard.getvalue() + told, "the token was told"
        assert PASSWORD not in heard.getvalue() + told, "the password was told"
        asked = ", ".join("rest" if "Range" in a.headers else "whole" for a in play.server.asked if a.method == "GET")
        return Seen(outcome, self._plain(told), asked)

    def _source(self) -> HttpFile:
        play = self.play
        address = play.server.base.replace("://", f"://ann:{PASSWORD}@") + play.path
        if self.case.file:
            address = (play.folder / self.case.name).as_uri()
        return HttpFile(address, attempts=3, first_wait_seconds=0.001, jitter_seconds=0.0)

    def _offer_old(self) -> None:
        if self.case.file:
            (self.play.folder / self.case.name).write_bytes(_old(self.case.name))
        else:
            self.play.gives(whole(_old(self.case.name), **self.case.known))

    def _settings(self) -> dict[str, Any]:
        if not self.case.is_downgrade:
            return dict(self.case.settings)
        base = self.play.server.base
        client = httpx.Client(mounts={"https://": Downgrading(base)})
        return {"url": f"https://source.example{self.play.path}", "client": client}

    def _received(self, table: RawTable, source: HttpFile, before: Received) -> tuple[str, str]:
        looked = source.look(source.slot(None)) if self.case.looks else None
        table = replace(table, sources=(source,))
        try:
            (result,) = receive(self.lake, table, [UNPARTITIONED], run_id="after", now=_NOW)
        except SourceError as error:
            kind = "permanent error" if isinstance(error, PermanentSourceError) else "transient error"
            outcome, told = kind, str(error)
            logging.getLogger(__name__).error("%s", "".join(traceback.format_exception(error)))
        else:
            outcome, told = result.outcome, "" if result.outcome == "received" else result.text
        self._check_lake(outcome, before)
        if looked is not None:
            assert looked.text == self._sightings()[-1].version, "a look names another version than what it brings"
        return outcome, told

    def _check_lake(self, outcome: str, before: Received) -> None:
        """What readers get is the version before, or the right one, whole; nothing else lies about."""
        sightings = self._sightings()
        (current,) = self.lake.ledger("answers").read().current(UNPARTITIONED)
        kept = self.lake.storage.local(str(current.key)).read_bytes()
        if outcome == "received":
            assert kept == self.play.right, "received, but not the right bytes"
        else:
            assert (current,) == before.current, "not received, but readers get something else"
            assert kept == _old(self.case.name)
        named = {key for sighting in sightings for key in (sighting.key, sighting.data_key)} - {None}
        stored = {file.key for file in self.lake.storage.list("raw/answers")}
        assert stored == named, "files that nobody names, or that are missing"
        assert len(sightings) == (2 if outcome in ("received", "refused") else 1)

    def _sightings(self) -> tuple[Sighting, ...]:
        return self.lake.ledger("answers").read().all()

    def _plain(self, told: str) -> str:
        """Without what differs from run to run."""
        told = told.replace(self.play.server.base, "https://source.example").replace(str(self.play.folder), "/files")
        for varies, instead in _VARIES:
            told = re.sub(varies, instead, told)
        return told


def _right(name: str) -> bytes:
    return _file(name, 20_000)


def _old(name: str) -> bytes:
    return _file(name, 5)


def _file(name: str, rows: int) -> bytes:
    if _KINDS[name] == "csv":
        text = "".join(["a,b\n", *(f"{row},{row * row}\n" for row in range(rows))]).encode()
        return gzip.compress(text, mtime=0) if name.endswith(".gz") else text
    table = pa.table({"a": range(rows), "b": [row * row for row in range(rows)]})
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


@contextmanager
def listening() -> Iterator[io.StringIO]:
    """All that is logged, from DEBUG on."""
    heard = io.StringIO()
    root, ours, hooks = logging.getLogger(), logging.StreamHandler(heard), get_on_retry_hooks()
    level = root.level
    root.addHandler(ours)
    root.setLevel(logging.DEBUG)
    set_on_retry_hooks([tell_retry])
    try:
        yield heard
    finally:
        set_on_retry_hooks(hooks)
        root.removeHandler(ours)
        root.setLevel(level)


@contextmanager
def _rights_of_nobody(folder: Path) -> Iterator[None]:
    """Who may read everything (in a container, often) gives that up."""
    if os.geteuid() != 0:
        yield
        return
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(0o777)
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def row(case: Case, seen: Seen) -> str:
    """A case as a line of the documentation's table."""
    told = seen.told.replace("|", "¦").replace("`", "'")
    return f"| {case.answer} | {case.outcome} | {f'`{told}`' if told else ''} |"


def written() -> list[str]:
    """The lines of the tables as they stand in the documentation."""
    return PAGE.read_text(encoding="utf-8").partition(_BEGIN)[2].partition(_END)[0].splitlines()


def write(rows: Mapping[str, str]) -> None:
    """Put the lines of all cases, by answer, into the documentation."""
    lines: list[str] = []
    for section, cases in SECTIONS.items():
        lines += ["", f"### {section}", "", "| the source answers | outcome | what is told |", "| --- | --- | --- |"]
        lines += [rows[case.answer] for case in cases]
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(_BEGIN)
    PAGE.write_text(before + _BEGIN + "\n".join(lines) + "\n\n" + _END + rest.partition(_END)[2], encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the table into docs/sources.md")
    asked = parser.parse_args()
    rows: dict[str, str] = {}
    wrong = 0
    for case in CASES:
        try:
            what = play(case)
        except AssertionError as error:
            what = Seen(f"wrong: {error}", "", "")
        rows[case.answer] = row(case, what)
        if not matches(case, what):
            wrong += 1
            print(f"NOT SO: {case.answer}: {what}, expected {case.outcome} after {case.asked}")  # noqa: T201 - a command
    print(f"{len(CASES)} answers, {wrong} with another outcome than expected")  # noqa: T201 - a command
    if asked.write and not wrong:
        write(rows)
    if wrong:
        raise SystemExit(1)


def matches(case: Case, seen: Seen) -> bool:
    """Whether outcome and questions are the expected ones; an empty `asked` leaves their number open."""
    return seen.outcome == case.outcome and (not case.asked or case.file or seen.asked == case.asked)


if __name__ == "__main__":
    main()
