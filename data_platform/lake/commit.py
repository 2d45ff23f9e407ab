"""The only writer of Delta logs: creating a table, adding columns, and the compare-and-set of one commit.

What is compared is the caller's business; every attempt is shown the log exactly as it is committed against.
"""

import json
import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from deltalake import CommitProperties, DeltaTable, Schema, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError
from deltalake.transaction import AddAction, RemoveAction

from data_platform.lake import schema
from data_platform.lake.errors import Contended, DamagedLog
from data_platform.lake.log import LOG_FOLDER, METADATA_KEY, Log, Version, read_log
from data_platform.lake.storage import Storage

_CONFIGURATION: dict[str, str | None] = {
    "delta.checkpointInterval": "50",
    # Provenance lives in the commits themselves: a cleaned log would forget it.
    "delta.enableExpiredLogCleanup": "false",
}
_ATTEMPTS = 40
_LONGEST_PAUSE_SECONDS = 0.25

_logger = logging.getLogger(__name__)

Fields = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Change:
    """What one commit does: files in and out, the app transactions it carries, and a note for the log.

    `replaces`: the partitions whose files all go; None: only the files of `removes` go.
    """

    adds: Sequence[AddAction]
    transactions: Mapping[str, int]
    note: Mapping[str, Any]
    replaces: Sequence[str] | None = None
    removes: Sequence[RemoveAction] = ()


class DeltaFolder:
    """One Delta table's folder, for writing."""

    def __init__(self, storage: Storage, folder: str, *, partitioned: bool) -> None:
        self._storage = storage
        self.folder = folder
        self._partition_fields = schema.partition_fields() if partitioned else ()
        self._partition_by = [field["name"] for field in self._partition_fields]

    def log(self) -> Log | None:
        """The log as of now, None if there is no table."""
        return read_log(self._storage, self.folder)

    def ensure(self, fields: Fields) -> None:
        """Creates the table, or adds the columns it lacks in a commit of their own. Raises SchemaConflict."""
        pauses = self._pauses()
        while True:
            log = self.log()
            new = None if log is None else schema.additions(self.folder, log.fields, fields)
            if new == ():
                return
            try:
                if new is None:
                    self._create(fields)
                else:
                    self._open().alter.add_columns(_delta_schema(new).fields)
            except CommitFailedError:
                # Somebody else created or changed it at the same time: see what is there now.
                next(pauses)

    def commit(self, attempt: Callable[[Log], Change]) -> Version:
        """Commits what `attempt` makes of the log, once; an attempt that lost a race is made again.

        `attempt` compares, and raises if its work no longer holds. The table must exist. Raises Contended when
        every attempt lost.
        """
        commit_id = uuid4().hex
        pauses = self._pauses()
        while True:
            # Opened before the log is read: so the log is never older than what the commit is made against,
            # and whatever comes after it meets delta-rs's own check of the app transactions.
            table = self._open()
            change = attempt(self._existing_log())
            failure = self._write(table, change, commit_id)
            landed = self._existing_log().find(commit_id)
            if landed is not None:
                if failure is not None:  # of what comes after the commit itself, such as a checkpoint
                    _logger.warning("%s: version %d is committed, then: %s", self.folder, landed.number, failure)
                return landed
            if not isinstance(failure, CommitFailedError):
                raise failure or DamagedLog(f"{self.folder}: a commit that succeeded is not in the log")
            next(pauses)

    def checkpoint(self, *, every: int) -> bool:
        """Writes a checkpoint if the last one is at least `every` versions old; whether it did."""
        log = self.log()
        last = self._storage.read(f"{self.folder}/{LOG_FOLDER}/_last_checkpoint")
        if log is None or log.version - (json.loads(last)["version"] if last else 0) < every:
            return False
        self._open().create_checkpoint()
        return True

    def _open(self) -> DeltaTable:
        return DeltaTable(self._storage.delta_uri(self.folder), storage_options=self._storage.delta_options())

    def _existing_log(self) -> Log:
        log = self.log()
        if log is None:
            raise DamagedLog(f"{self.folder}: the table was deleted while it was being written")
        return log

    def _create(self, fields: Fields) -> None:
        DeltaTable.create(
            self._storage.delta_uri(self.folder),
            _delta_schema([*fields, *self._partition_fields]),
            mode="ignore",
            partition_by=self._partition_by,
            configuration=_CONFIGURATION,
            storage_options=self._storage.delta_options(),
        )

    def _write(self, table: DeltaTable, change: Change, commit_id: str) -> DeltaError | OSError | None:
        """One attempt; the error is returned, since a commit may be in the log in spite of it."""
        note = json.dumps({"commit": commit_id, **change.note}, allow_nan=False)
        properties = CommitProperties(
            custom_metadata={METADATA_KEY: note},
            app_transactions=[Transaction(app, number) for app, number in change.transactions.items()],
        )
        try:
            table.create_write_transaction(
                [*change.removes, *change.adds],
                "append" if change.replaces is None else "overwrite",
                # The table's own: with any other, an overwrite would replace the schema without a word.
                table.schema(),
                self._partition_by,
                partition_filters=None if change.replaces is None else [("_partition", "in", list(change.replaces))],
                commit_properties=properties,
            )
        except (DeltaError, OSError) as error:
            return error
        return None

    def _pauses(self) -> Iterator[None]:
        """Each `next` waits a little longer than the one before. Raises Contended when it is enough."""
        for number in range(_ATTEMPTS):
            time.sleep(random.uniform(0, min(_LONGEST_PAUSE_SECONDS, 0.005 * 2**number)))
            yield
        raise Contended(f"{self.folder}: {_ATTEMPTS} attempts to commit all lost to others; try again later")


def _delta_schema(fields: Fields) -> Schema:
    return Schema.from_json(json.dumps({"type": "struct", "fields": list(fields)}))
