"""Who may push to which table: bearer tokens, compared in a time that tells nothing of them."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from data_platform.planning.catalog import Catalog, RawTable
from data_platform.service.answers import Problem
from data_platform.sources.errors import SourceError
from data_platform.sources.push import Push
from data_platform.steps.errors import StepError


@dataclass(frozen=True)
class Door:
    """A table that is pushed to, and its clients by the sha256 of their tokens."""

    table: RawTable
    push: Push
    clients: Mapping[bytes, str] = field(repr=False)


@dataclass(frozen=True)
class Access:
    """All doors by the table's name. `told`: what keeps a client out, for people."""

    doors: Mapping[str, Door]
    told: tuple[str, ...] = ()

    def client(self, table: str, authorization: str) -> tuple[Door, str]:
        """The door and the client whose token it is. Raises Problem: 401 without one, 404 for no such table.

        Whoever has no token at all does not learn which tables there are.
        """
        scheme, _, token = authorization.partition(" ")
        sent = _digest(token.strip()) if scheme.lower() == "bearer" else b""
        found = {name: client for name, door in self.doors.items() if (client := _client(door, sent)) is not None}
        if table in found:
            return self.doors[table], found[table]
        if found and table not in self.doors:
            raise Problem(404, "no such table", "nothing is pushed to a table of that name")
        raise Problem(401, "not authorized", "send Authorization: Bearer and a token of this table")


def access(catalog: Catalog) -> Access:
    """The doors of all tables that have a `push` source. A client whose token is not set stays outside.

    Raises StepError where two clients of a table have one token: whose a push is could not be told.
    """
    doors: dict[str, Door] = {}
    told: list[str] = []
    for table in catalog:
        for push in (source for source in getattr(table, "sources", ()) if isinstance(source, Push)):
            clients: dict[bytes, str] = {}
            for client, token in push.tokens.items():
                try:
                    digest = _digest(token())
                except SourceError as error:
                    told.append(f"{table.name.sql} takes nothing of {client}: {error}")
                    continue
                if (other := clients.setdefault(digest, client)) != client:
                    raise StepError(f"{table.name.sql}: {other} and {client} have the same token; give each its own")
            assert isinstance(table, RawTable)  # others have no sources
            doors[table.name.table] = Door(table, push, clients)
    return Access(doors, tuple(told))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _client(door: Door, sent: bytes) -> str | None:
    """All are compared, whichever it is."""
    found = [client for digest, client in door.clients.items() if hmac.compare_digest(digest, sent)]
    return found[0] if found else None
