"""Forgetting: people are taken out of all that the platform keeps, and do not come back. Says what it did."""

import logging
import secrets
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_platform import locks
from data_platform.lake.names import TableName
from data_platform.lake.raw import INCOMING
from data_platform.lineage.graph import column_graph
from data_platform.lineage.seen import all_seen
from data_platform.lineage.subjects import MENTIONED, NoSuchColumn, Subjects, subjects_of
from data_platform.planning.catalog import RawTable
from data_platform.steps.certificate import Certificate, moment
from data_platform.steps.dashboards import Dashboard
from data_platform.steps.errors import StepError
from data_platform.steps.forget_derived import forget_history, forgotten_in, made_of, make_again, show_again
from data_platform.steps.forget_raw import forget_raw, holding
from data_platform.steps.platform import Platform
from data_platform.steps.space import told_if_full

if TYPE_CHECKING:
    from data_platform.privacy.searching import Needles
    from data_platform.privacy.tombstones import Tombstones
    from data_platform.steps.forgotten_files import FileRemover

_log = logging.getLogger(__name__)
FOLLOWED = ("id",)
_CAN_FOLLOW = ("id", "email", "phone", "handle")


@dataclass(frozen=True)
class Request:
    """Whom to forget: values of a key column (`layer.table.column`). `follow`: kinds of personal data that lead from a
    row that is found to other rows of the same person.
    """

    column: str
    values: frozenset[str] = field(repr=False)
    follow: tuple[str, ...] = FOLLOWED

    @classmethod
    def of(cls, column: str, text: str, follow: Sequence[str] = FOLLOWED) -> "Request":
        """From a text with a value a line. Raises StepError for one without, and for a kind that leads nowhere."""
        values = frozenset(line.strip() for line in text.splitlines() if line.strip())
        if not values:
            raise StepError(f"{column}: no value was given; write one a line")
        odd = sorted(set(follow) - set(_CAN_FOLLOW))
        if odd:
            raise StepError(f"'{odd[0]}' does not lead from one row to another: follow {', '.join(_CAN_FOLLOW)}")
        return cls(column, values, tuple(follow))


@dataclass(frozen=True)
class Held:
    """What a raw table holds of who is to be forgotten: files, rows that would go, rows that would change."""

    table: TableName
    files: int
    removed: int
    changed: int


class NotForgotten(StepError):  # noqa: N818 - it is named for what happened, like the lake's
    """Something still holds a value; the certificate says what, and so does the message."""


def would_forget(platform: Platform, request: Request) -> list[Held]:
    """What `forget` would find in the files as they were received; changes nothing. What is made of these follows."""
    work = _Work.of(platform, request)
    found = work.tombstones(work.linked())
    held = []
    for table in work.raw:
        taken = [taken for _, taken in holding(platform.lake, table.name.table, work.remover(table, found))]
        if taken:
            removed, changed = sum(one.removed for one in taken), sum(one.changed for one in taken)
            held.append(Held(table.name, len(taken), removed, changed))
    return held


def forget(
    platform: Platform, request: Request, *, run_id: str, now: datetime, dashboards: Sequence[Dashboard] = ()
) -> Certificate:
    """Takes them out of everything, refuses their return, and looks at every file of the home at the end.

    Killed at any moment and done again it goes on where it was. Nothing else may be at work meanwhile. Raises
    NotForgotten when a value is left somewhere, with a certificate that says so; DiskFull.
    """
    folder = platform.home / "forgotten"
    with told_if_full(f"forgetting {request.column}", platform.home):
        folder.mkdir(parents=True, exist_ok=True)
        lock = folder / ".lock"
        lock.touch()
        with locks.held(lock):
            work = _Work.of(platform, request)
            name = work.begin(run_id, now)
            certificate = work.do(name, run_id=run_id, now=now, dashboards=dashboards)
            page = certificate.write(folder)
    if not certificate.verified:
        why = "; ".join([*certificate.failed, *certificate.left][:10])
        raise NotForgotten(f"{request.column}: not all is forgotten, see {page}: {why}")
    platform.lake.forgotten.add(name, "done", certificate.as_json())
    return certificate


@dataclass(frozen=True)
class _Work:
    """One request on one platform."""

    platform: Platform
    request: Request
    subjects: Subjects
    needles: "Needles"

    @classmethod
    def of(cls, platform: Platform, request: Request) -> "_Work":
        from data_platform.privacy.searching import Needles

        graph = column_graph(platform.catalog, all_seen(platform.catalog, platform.lake.notes))
        try:
            subjects = subjects_of(platform.catalog, graph, request.column, request.follow)
        except NoSuchColumn as error:
            raise StepError(str(error)) from None
        return cls(platform, request, subjects, Needles(request.values))

    @property
    def raw(self) -> Iterator[RawTable]:
        return (table for table in self.platform.catalog if isinstance(table, RawTable))

    def begin(self, run_id: str, now: datetime) -> str:
        """Writes down that it begins; the name of the request, which is an earlier one that did not end."""
        forgotten = self.platform.lake.forgotten
        done = {name for name, _ in forgotten.of("done")}
        same = {"column": self.request.column, "digest": self.digest}
        begun = [name for name, one in forgotten.of("begun") if one.items() >= same.items() and name not in done]
        name = begun[-1] if begun else f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
        forgotten.add(name, "begun", {**same, "at": moment(now), "run": run_id, "values": len(self.request.values)})
        return name

    def do(self, name: str, *, run_id: str, now: datetime, dashboards: Sequence[Dashboard]) -> Certificate:
        """Every step may be done twice, and each is done again until the last one is."""
        platform = self.platform
        failed: list[str] = []
        linked = self.remember(name)
        for table in self.raw:
            self.take_out(name, table, run_id)
        touched = made_of(platform.catalog, forgotten_in(platform))
        for made in make_again(platform, touched, run_id=run_id, now=now):
            if isinstance(made, str):
                failed.append(made)
            else:
                self.did(name, made.table.name.sql, {"partitions made again": 1})
        failed += show_again(platform, dashboards, now=now)
        report = forget_history(platform, touched, now=datetime.now(UTC))
        deleted = len(report.replaced) + len(report.orphans)
        self.did(name, "history", {"files": deleted, "bytes": report.bytes_freed})
        return self.certificate(name, linked, failed)

    def remember(self, name: str) -> Mapping[str, int]:
        """Writes the tombstones, before anything goes by which the ids of these people could be found again."""
        from data_platform.steps.forgotten_files import standing_tombstones

        lake = self.platform.lake
        found = self.tombstones(self.linked())
        known = standing_tombstones(lake, name)
        together = known | found
        if together != known:
            lake.forgotten.add(name, "tombstones", {"key": lake.hashed_with(), **together.as_json()})
        own = self.subjects.kind
        counts = Counter({f"{kind}, mentioned": len(digests) for kind, digests in together.mentioned.items()})
        counts.update({kind: len(digests) for kind, digests in together.digests.items()})
        counts[own] -= len(self.tombstones({}).digests[own])
        return {kind: count for kind, count in counts.items() if count > 0}

    def take_out(self, name: str, table: RawTable, run_id: str) -> None:
        """Rewrites what was received of a table, for all requests that there were."""
        from data_platform.steps.forgotten_files import standing_tombstones

        tombstones = standing_tombstones(self.platform.lake)
        done = forget_raw(self.platform.lake, table.name.table, self.remover(table, tombstones), run_id=run_id)
        if done.rewritten or done.deleted:
            told = {"rows removed": done.removed, "rows changed": done.changed, "files rewritten": done.rewritten}
            self.did(name, table.name.sql, {**told, "files": len(done.deleted), "bytes": done.bytes})
            _log.info("%s: %d rows removed, %d changed", table.name, done.removed, done.changed)

    def linked(self) -> dict[str, set[str]]:
        """The values that lead on: of the rows that hold a given value, by kind."""
        found: dict[str, set[str]] = {}
        given = self.tombstones({})
        for table in self.raw:
            if table.name in self.subjects.known:
                for _, taken in holding(self.platform.lake, table.name.table, self.remover(table, given)):
                    for kind, values in taken.linked.items():
                        found.setdefault(kind, set()).update(values)
        return found

    def tombstones(self, linked: Mapping[str, set[str]]) -> "Tombstones":
        """Of the given values, and of those that led on."""
        from data_platform.privacy.tombstones import Tombstones, digest_of
        from data_platform.steps.forgotten_files import digest_with

        digest = digest_with(self.platform.lake)
        subjects = self.subjects

        def digests(values: Mapping[str, Collection[str]]) -> dict[str, frozenset[str]]:
            return {kind: frozenset(digest_of(digest, kind, one) for one in of) for kind, of in values.items() if of}

        rows = {kind: of for kind, of in linked.items() if kind in subjects.follow}
        mentioned = {kind: of for kind, of in linked.items() if kind not in subjects.follow and kind in MENTIONED}
        rows[subjects.kind] = rows.get(subjects.kind, set()) | self.request.values
        return Tombstones(digests(rows), subjects.columns, digests(mentioned))

    def remover(self, table: RawTable, tombstones: "Tombstones") -> "FileRemover":
        from data_platform.privacy.removing import Remover
        from data_platform.privacy.spelling import Mentions
        from data_platform.steps.forgotten_files import FileRemover, digest_with

        kind = self.subjects.kind
        named = () if kind == "phone" else (Mentions(self.request.values, kind),)
        remover = Remover(tombstones, digest_with(self.platform.lake), named)
        known = self.subjects.known.get(table.name, {})
        return FileRemover(table.name, table.columns, remover, known, self.needles)

    @property
    def digest(self) -> str:
        """Of all values together: the same request is known by it, and nobody learns one from it."""
        from data_platform.privacy.spelling import folded

        values = sorted(folded(value, self.subjects.kind) for value in self.request.values)
        return self.platform.personal_key.digest("\0".join(["forget", self.request.column, *values]))

    def did(self, name: str, what: str, counts: Mapping[str, int]) -> None:
        """Written down as it is done, so that a killed run's part is told as well."""
        told = {"what": what, "counts": dict(counts), "at": datetime.now(UTC).isoformat()}
        self.platform.lake.forgotten.add(name, "did", told)

    def certificate(self, name: str, linked: Mapping[str, int], failed: Sequence[str]) -> Certificate:
        """Looks at every file of the home, and sums up."""
        from data_platform.steps.file_search import search

        home, forgotten = self.platform.home, self.platform.lake.forgotten
        samples = home / "samples"
        searched = search(home, self.needles, leave_out=lambda path: path.is_relative_to(samples))
        at_sources = search(samples, self.needles, leave_out=lambda _: False)
        begun = [one for _, one in forgotten.of("begun", name)]
        did = [one for _, one in forgotten.of("did", name)]
        tables: dict[str, Counter[str]] = {}
        for one in did:
            tables.setdefault(one["what"], Counter()).update(one["counts"])
        files, freed = (sum(counts.pop(name, 0) for counts in tables.values()) for name in ("files", "bytes"))
        left = [_left(home, hit.path, hit.unreadable) for hit in searched.hits]
        return Certificate(
            request=name,
            column=self.request.column,
            kind=self.subjects.kind,
            values=len(self.request.values),
            digest=self.digest,
            linked=linked,
            begun_at=min(one["at"] for one in begun),
            done_at=moment(datetime.now(UTC)),
            runs=list(dict.fromkeys(one["run"] for one in begun)),
            tables={what: dict(counts) for what, counts in tables.items() if counts},
            deleted_files=files,
            deleted_bytes=freed,
            searched_files=searched.files,
            searched_bytes=searched.bytes,
            too_short=self.needles.short,
            left=left,
            at_sources=len(at_sources.hits),
            failed=list(failed),
            verified=not left and not failed,
        )


def _left(home: Path, path: Path, unreadable: str) -> str:
    """A file that still holds a value, and who can do something about it."""
    where = path.relative_to(home)
    if unreadable and INCOMING in where.parts:
        return f"{where} {unreadable}: it is arriving, or was left by one who was killed; run it again in an hour"
    if unreadable:
        return f"{where} {unreadable}: delete it or mend it"
    owners: dict[str, Any] = {
        "landing": "is its deliverer's: take it away, or have it delivered without these people",
        "dagster": "is Dagster's: delete the run that it belongs to, in the UI or with `dagster run delete`",
    }
    ours = "holds a value: run it again; if it stays, it is of no table that could be made again"
    return f"{where} {owners.get(where.parts[0], ours)}"
