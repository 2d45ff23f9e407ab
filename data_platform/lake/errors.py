# ruff: noqa: N818 - callers catch what happened (`except PartitionMoved`), the base class says that it is an error
"""What can go wrong in the lake, by name: what a caller may catch, and what each one asks of it."""


class LakeError(Exception):
    """Everything the lake refuses; the message says what was found, what was expected and what to do."""


class PartitionMoved(LakeError):
    """Somebody else replaced a partition since `begin`: start again from its inputs, their result may be newer."""

    def __init__(self, table: str, partition: str, *, base: int | None, theirs: int | None) -> None:
        since = "it had never been written" if base is None else f"version {base}"
        super().__init__(
            f"{table} [{partition}]: version {theirs} replaced it since this work began ({since}). "
            "Nothing was committed; start again from the inputs."
        )
        self.table = table
        self.partition = partition
        self.theirs = theirs


class SlotMoved(LakeError):
    """A slot got another sighting since the ledger was read: look at the source again."""

    def __init__(self, table: str, partition: str, slot: str, *, base: int, theirs: int) -> None:
        super().__init__(
            f"raw/{table} [{partition}]: slot '{slot}' got sighting {theirs} since the ledger was read (it had "
            f"{base or 'none'}). Nothing was appended; look at the source again."
        )
        self.table = table
        self.partition = partition
        self.slot = slot
        self.theirs = theirs


class SchemaConflict(LakeError):
    """The columns to be written do not continue the table's: only new, nullable columns may come."""


class UnsupportedType(LakeError):
    """A column type that Delta cannot store without changing values."""


class NoSuchVersion(LakeError):
    """The table never had that version, or did not exist at that time."""


class VersionGone(LakeError):
    """The version lies below the vacuum horizon: its files have been deleted."""


class DamagedLog(LakeError):
    """A Delta log whose beginning is missing, so that what the table holds cannot be told."""


class NewerFormat(LakeError):
    """A table whose log asks for more than this platform understands: reading on would give other rows."""


class Contended(LakeError):
    """So many others committed to the table at once that every attempt lost: try again later."""
