"""The source kind `push`: who may send what to a table. Nothing is asked: what came is in the ledger already."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from data_platform.sources.content import FromContent
from data_platform.sources.errors import MissingYet
from data_platform.sources.slot import ONE_SLOT, Fetched, Places, Progress, Question, Version, silent

ORIGIN = "push"
# It stands in addresses, slots and messages as it is.
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:~-]{0,199}")


def checked_key(text: str) -> str:
    """An idempotency key, whether or not it was written in quotes. Raises ValueError for what is none."""
    key = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    if not _KEY.fullmatch(key):
        raise ValueError(
            "an idempotency key has 1 to 200 letters, digits and any of ._:~- and begins with a letter or digit"
        )
    return key


def uri_of(client: str, key: str) -> str:
    """The address that the ledger tells for a push: keys are a client's own."""
    return f"{ORIGIN}://{client}/{key}"


def sender(uri: str) -> tuple[str, str]:
    """Client and key of such an address."""
    client, _, key = uri.removeprefix(f"{ORIGIN}://").partition("/")
    return client, key


@dataclass(frozen=True)
class Push:
    """What a table takes from clients that push to it.

    tokens: client → its token, asked for when the service starts; raises SourceError where it is not set. partition:
    the column that tells a body's partition where the client does not (None: clients say it, or there are none). slot:
    whether each push is a slot of its own, or a partition one slot, in which the latest push wins.
    max_bytes: the largest body, as sent. timeout_seconds: the longest silence within one; max_seconds: the longest time
    that one takes.
    """

    tokens: Mapping[str, Callable[[], str]] = field(repr=False)
    partition: FromContent | None = None
    slot: Literal["push", "partition"] = "push"
    max_bytes: int = 50_000_000
    timeout_seconds: float = 30.0
    max_seconds: float = 600.0

    def slot_of(self, client: str, key: str) -> str:
        """The slot that a push is in."""
        return f"{client}/{key}" if self.slot == "push" else ONE_SLOT

    @property
    def origin(self) -> str:
        return ORIGIN

    @property
    def is_local(self) -> bool:
        return True

    @property
    def mirrors(self) -> bool:
        return False

    @property
    def shown(self) -> str:
        return f"pushed by {', '.join(self.tokens)}"

    @contextmanager
    def connected(self) -> Iterator["Push"]:
        yield self

    def places(self, _question: Question) -> Places:
        """None: there is nowhere to look."""
        return Places(())

    def look(self, _uri: str) -> Version | None:
        """Nothing lies at the address of a push."""
        return None

    def fetch(
        self, uri: str, _into: Path, *, on_progress: Progress = silent, unless: str | None = None
    ) -> Fetched | None:
        """What was pushed is in the lake, and can be had from nowhere else. Raises MissingYet."""
        _ = on_progress, unless
        raise MissingYet(f"{uri}: was pushed, and cannot be asked for; its client may send it again")
