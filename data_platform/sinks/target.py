"""A table of somebody's database that rows are written back to, as a value: nothing is opened here."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from data_platform.contracts.errors import nearest
from data_platform.sinks.types import is_known
from data_platform.sources.address import redact

_SCHEMES = ("postgresql", "sqlite")
# PostgreSQL cuts names after 63 bytes, and the names beside the table begin with its name.
_LONGEST_NAME = 40
Secret = Callable[[], str]


@dataclass(frozen=True)
class TargetColumn:
    """A column of the target, the column of ours whose values it gets, and that one's type."""

    name: str
    of: str
    type: str
    is_key: bool
    required: bool


@dataclass(frozen=True)
class Target:
    """`url` has neither user nor password; these are asked for when a connection is made. `deletes`: what becomes of
    rows that are no longer ours. `unset`: the setting that should say where the database is, and does not.
    """

    url: str
    table: str
    columns: tuple[TargetColumn, ...]
    schema: str | None = None
    deletes: Literal["keep", "delete"] = "delete"
    wait_seconds: float = 30.0
    unset: str = ""
    user: Secret | None = field(default=None, repr=False, compare=False)
    password: Secret | None = field(default=None, repr=False, compare=False)

    @property
    def dialect(self) -> str:
        return urlsplit(self.url).scheme

    @property
    def shown(self) -> str:
        """Where it is, as people and logs may see it."""
        # An address without a host would lose its slashes.
        address = self.url if self.dialect == "sqlite" else redact(self.url) or "a database that is not set"
        return f"{'.'.join(filter(None, (self.schema, self.table)))} at {address}"

    @property
    def shape(self) -> str:
        """Equal shapes, equal rows there of equal rows here."""
        told = [[column.name, column.of, column.type, column.is_key] for column in self.columns]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:15]


def target_columns(
    ours: Mapping[str, tuple[str, bool]], *, key: Sequence[str], renamed: Mapping[str, str]
) -> tuple[TargetColumn, ...]:
    """The target's columns. `ours`: column → type and whether it is required. `renamed`: the target's column → ours.

    Raises ValueError for a key that is none, a column that does not exist, and a type that no target has.
    """
    chosen = dict(renamed) or {name: name for name in ours}
    for name, of in chosen.items():
        if of not in ours:
            raise ValueError(f"'{of}' is no column of this table{nearest(of, ours)}")
        if name.startswith("_"):
            raise ValueError(f"'{name}' begins with '_', as what the platform notes beside the table; rename it")
        if not is_known(ours[of][0]):
            raise ValueError(f"'{of}' is {ours[of][0]}, which no target has; cast it, or leave it out by `columns`")
    for name in key:
        if name not in ours:
            raise ValueError(f"the key names '{name}', no column of this table{nearest(name, ours)}")
        if list(chosen.values()).count(name) != 1:
            raise ValueError(f"the key names '{name}', which has to be among `columns` once")
        if not ours[name][1]:
            raise ValueError(f"the key names '{name}', which may be NULL: write `required: true` for that column")
    if not key:
        raise ValueError("has no key: write `grain` for the table, or `key`: the columns by which rows are told apart")
    return tuple(TargetColumn(name, of, ours[of][0], of in key, ours[of][1]) for name, of in chosen.items())


def check_address(url: str) -> None:
    """Raises ValueError for what is no address of a database that rows can be written to."""
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES:
        raise ValueError(f"'{parts.scheme}:' is no database that rows are written to: postgresql://… or sqlite:///…")
    if parts.scheme == "sqlite" and not (url.startswith("sqlite:///") and len(parts.path) > 1):
        raise ValueError("write sqlite:///path, with a fourth slash for an absolute one")
    if parts.scheme == "postgresql" and (not parts.hostname or len(parts.path) < 2):
        raise ValueError("write postgresql://host/database")


def check_name(name: str) -> None:
    """Raises ValueError for a table's name that leaves no room for those beside it."""
    if len(name.encode()) > _LONGEST_NAME:
        raise ValueError(f"'{name}' is longer than {_LONGEST_NAME} bytes: PostgreSQL would cut the names beside it")
