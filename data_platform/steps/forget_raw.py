"""Takes who is forgotten out of what was received: other bytes take the place of those that held them, which go."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from data_platform.lake.errors import SlotMoved
from data_platform.lake.lake import Lake
from data_platform.lake.raw import FORGETTING, INCOMING
from data_platform.lake.sightings import Sighting, Sightings
from data_platform.planning.catalog import RawTable
from data_platform.steps.file_search import count_in_file

if TYPE_CHECKING:
    from data_platform.steps.forgotten_files import FileRemover, Received, Taken

_ATTEMPTS = 5
_SHA256 = 65  # a raw file's name begins with so many signs: the digest, and a dash

Files = tuple[str, str, str | None]
"""The lake keys of a received file: its bytes, its rows, its unparsed lines."""


@dataclass
class ForgottenRaw:
    """What was done to a raw table: rows that are gone and rows with a text that changed, of files that were rewritten;
    lake keys of files that were deleted, and their bytes.
    """

    removed: int = 0
    changed: int = 0
    rewritten: int = 0
    deleted: list[str] = field(default_factory=list)
    bytes: int = 0


def forget_received(lake: Lake, table: RawTable, *, run_id: str) -> Sightings:
    """Takes all who are forgotten by now out of a table's files; the ledger as it is then."""
    from data_platform.steps.forgotten_files import file_remover

    forget_raw(lake, table.name.table, file_remover(lake, table), run_id=run_id, folder=INCOMING)
    return lake.ledger(table.name.table).read()


def forget_raw(
    lake: Lake, table: str, remover: "FileRemover", *, run_id: str, folder: str = FORGETTING
) -> ForgottenRaw:
    """Looks through every file that the ledger ever named. Those of which readers may get something are rewritten: a
    new sighting of the same slot, address, version and time; those that nobody reads any more are only deleted.

    Killed at any moment and done again it ends as if it had been done once. `folder`: where files are written,
    FORGETTING by the one who forgets at a time. Raises SlotMoved when others append again and again.
    """
    if folder == FORGETTING:
        lake.raw.clear(table, FORGETTING)
    moved: SlotMoved
    for _ in range(_ATTEMPTS):
        try:
            return _forget_raw(lake, table, remover, run_id, folder)
        except SlotMoved as error:
            moved = error
    raise moved


def holding(lake: Lake, table: str, remover: "FileRemover") -> "Iterator[tuple[Sighting, Taken]]":
    """The received files that hold something to be taken out, each once, with what it is."""
    seen: set[Files] = set()
    for sighting in lake.ledger(table).read().all():
        files = _files(sighting)
        if files is None or files in seen or not lake.storage.exists(files[1]):
            continue
        seen.add(files)
        taken = remover.found(_received(lake, sighting))
        if taken or _is_named(lake, files[0], remover):
            yield sighting, taken


def _forget_raw(lake: Lake, table: str, remover: "FileRemover", run_id: str, folder: str) -> ForgottenRaw:
    ledger = lake.ledger(table)
    base = ledger.read()
    held = {files for sighting, _ in holding(lake, table, remover) if (files := _files(sighting)) is not None}
    done = ForgottenRaw()
    new: list[Sighting] = []
    kept: dict[Files, tuple[Taken, dict[str, object]]] = {}
    slots = dict.fromkeys((s.partition, s.slot) for s in base.all() if _files(s) in held)
    for partition, slot in slots:
        follows = False
        for sighting in base.standing_in(partition, slot):
            files = _files(sighting)
            if files is not None and files in held:
                follows = True
                if files not in kept:
                    kept[files] = remover.kept(lake, _received(lake, sighting), _name(sighting), folder)
                new.append(_rewritten(sighting, *kept[files], run_id))
            elif follows:
                new.append(sighting)
    ledger.append(new, base=base)
    for taken, _ in kept.values():
        done.removed += taken.removed
        done.changed += taken.changed
    done.rewritten = len(kept)
    _delete(lake, held, new, done)
    return done


def _is_named(lake: Lake, key: str, remover: "FileRemover") -> bool:
    """Whether the bytes themselves have a value that no row of theirs has."""
    needles, storage = remover.needles, lake.storage
    return needles is not None and storage.exists(key) and count_in_file(storage.local(key), needles) > 0


def _rewritten(sighting: Sighting, taken: "Taken", told: dict[str, object], run_id: str) -> Sighting:
    """Seen when it was: what is final stays final. Its version is the source's: it is not asked for it again."""
    was_text = sighting.data_key != sighting.key or sighting.reading is not None
    return replace(
        sighting,
        **told,  # type: ignore[arg-type] # by the names of its fields
        run_id=run_id,
        reading=(sighting.reading or "") if was_text else None,
        read_as="; ".join(filter(None, (sighting.read_as, taken.told))),
        forgotten=(sighting.forgotten or 0) + taken.removed,
    )


def _delete(lake: Lake, held: set[Files], new: Sequence[Sighting], done: ForgottenRaw) -> None:
    """After the ledger names others. What a kill leaves is found again: it still holds what it held."""
    named = {key for sighting in new for key in _files(sighting) or ()}
    # The rows last: as long as they are there, the others are found again as well.
    others = [key for bytes_, rows, lines in held for key in (lines, bytes_) if key not in (None, rows)]
    for key in dict.fromkeys([*others, *(rows for _, rows, _ in held)]):
        if key is None or key in named:
            continue
        stored = lake.storage.stat(key)
        if stored is not None:
            lake.storage.delete(key)
            done.deleted.append(key)
            done.bytes += stored.bytes


def _files(sighting: Sighting) -> Files | None:
    if sighting.key is None or sighting.data_key is None:
        return None
    return sighting.key, sighting.data_key, sighting.unparsed_key


def _received(lake: Lake, sighting: Sighting) -> "Received":
    from data_platform.steps.forgotten_files import Received

    assert sighting.data_key is not None  # asked only of what was received
    # Lines that are gone were deleted by one who was killed before the rows went.
    has_lines = sighting.unparsed_key is not None and lake.storage.exists(sighting.unparsed_key)
    unparsed = lake.storage.local(str(sighting.unparsed_key)) if has_lines else None
    is_parsed = sighting.data_key != sighting.key
    return Received(lake.storage.local(sighting.data_key), unparsed, sighting.columns, is_parsed)


def _name(sighting: Sighting) -> str:
    """What its source called the file."""
    return str(sighting.key).rpartition("/")[2][_SHA256:]
