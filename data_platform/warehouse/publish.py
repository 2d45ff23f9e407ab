"""Publishing: a new warehouse file takes the place of the old one in one step, and never goes back in time."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from data_platform import locks
from data_platform.warehouse.build import build
from data_platform.warehouse.files import LOCK, only_publisher, remove_leftovers, replace_durably, unique_id
from data_platform.warehouse.publication import (
    PREVIOUS,
    RECORD,
    WAREHOUSE,
    Publication,
    current,
    prepare_record,
    read_record,
    write_record,
)
from data_platform.warehouse.relations import Contents
from data_platform.warehouse.statements import definition


class PublicationMoved(Exception):  # noqa: N818 - it is named for what happened, like the lake's
    """Somebody else published since the caller looked at the lake: look again, or older data replaces newer."""


def publish(
    folder: Path, contents: Contents, *, base: Publication | None, now: datetime, config: Mapping[str, str]
) -> Publication:
    """Make `contents` what readers of `folder/warehouse.duckdb` see, and keep the outgoing file beside it.

    `base` is what `current(folder)` gave before `contents` were looked up; `config` are DuckDB settings for the
    copying. If that publication already holds `contents` nothing is written and it is returned.
    A publisher killed at any moment leaves the old publication or the new one, and a record that covers both.

    Raises PublicationMoved if another publication has taken the place of `base`; duckdb.Error if the file
    cannot be built. Readers then still have what they had.
    """
    standing = current(folder)
    if standing is not None and standing.holds(contents):
        return standing
    folder.mkdir(parents=True, exist_ok=True)
    with only_publisher(folder):
        remove_leftovers(folder)
        outgoing = current(folder)
        if outgoing != base:
            raise PublicationMoved(
                f"{folder / WAREHOUSE}: {_name(outgoing)} stands where {_name(base)} was expected;"
                " look at the lake again, then publish"
            )
        incoming = Publication(
            id=unique_id(now),
            published_at=now.astimezone(UTC),
            versions=dict(contents.versions),
            definition=definition(contents.relations),
            needs=contents.needs,
        )
        try:
            _build_and_replace(folder, contents, outgoing, incoming, config)
        finally:
            remove_leftovers(folder)
    return incoming


def settle(folder: Path, *, now: datetime) -> None:
    """Finishes what a killed publisher left behind, if nobody is publishing: the next publication may be far away.

    Its unfinished files go. Its record is settled, and covers at most one publication too many until the next one.
    """
    if not (folder / LOCK).exists() or locks.is_held(folder / LOCK):
        return
    with only_publisher(folder):
        remove_leftovers(folder)
        record, standing = read_record(folder), current(folder)
        if standing is not None and not record.settled:
            others = (one for one in record.publications if one != standing)
            write_record(folder, (standing, *others), settled=True, unique=unique_id(now))


def drop_previous(folder: Path, *, now: datetime) -> None:
    """Deletes the publication before the one that stands, and what killed publishers left: for what nobody may read any
    more. Who has it open goes on reading. Waits for who is publishing.
    """
    if not (folder / LOCK).exists():
        return
    with only_publisher(folder):
        remove_leftovers(folder)
        standing = current(folder)
        (folder / PREVIOUS).unlink(missing_ok=True)
        if standing is not None:
            write_record(folder, (standing,), settled=True, unique=unique_id(now))


def _build_and_replace(
    folder: Path, contents: Contents, outgoing: Publication | None, incoming: Publication, config: Mapping[str, str]
) -> None:
    built = folder / f"warehouse.{incoming.id}.duckdb"
    build(built, contents, publication_id=incoming.id, now=incoming.published_at, config=config)
    # From here on each step may be the last. First the record covers every file that may stand afterwards;
    # only when the files have changed places does it forget the oldest.
    before = read_record(folder).publications
    write_record(folder, (incoming, *before), settled=False, unique=incoming.id)
    # Without an outgoing one (somebody deleted it) any of those before may still be `previous.duckdb`.
    kept_on_record = before if outgoing is None else (outgoing,)
    # Written before readers see anything: with the disk full afterwards there would be a failure that has published.
    settled = prepare_record(folder, (incoming, *kept_on_record), settled=True, unique=incoming.id)
    if outgoing is not None:
        kept = folder / f"previous.{incoming.id}.duckdb"
        os.link(folder / WAREHOUSE, kept)  # a second name: `warehouse.duckdb` is there at every moment
        replace_durably(kept, folder / PREVIOUS)
    replace_durably(built, folder / WAREHOUSE)
    replace_durably(settled, folder / RECORD)


def _name(publication: Publication | None) -> str:
    return "no publication" if publication is None else f"publication {publication.id}"
