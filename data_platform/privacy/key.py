"""The key under which personal values are hashed: given by the operator, or made once for this home. Shown nowhere."""

import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

_MADE = 64  # hexadecimal digits: as many bits as the hash has
# What the fingerprint is a digest of: no value that anybody would hash.
_FINGERPRINT_OF = "\0the key itself\0"


class KeyUnreadableError(ValueError):
    """The file of the key does not hold one. The message names the file and what to do."""


class PersonalKey:
    """The key itself stays inside: what comes out are digests, equal for equal texts as long as the key is the same.

    Nothing is read or made before the first digest is asked for.
    """

    def __init__(self, read: Callable[[], bytes]) -> None:
        self._read = read

    @classmethod
    def given(cls, text: str) -> "PersonalKey":
        """The operator's own."""
        return cls(text.encode)

    @classmethod
    def kept(cls, path: Path) -> "PersonalKey":
        """A random one in a file that only its owner may read, made when it is first needed."""
        return cls(lambda: _kept(path))

    def digest(self, text: str) -> str:
        """HMAC-SHA256 of the text's UTF-8 bytes, 64 hexadecimal digits. Raises KeyUnreadableError."""
        return hmac.digest(self._secret, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()

    @property
    def fingerprint(self) -> str:
        """Tells two keys apart and says nothing of either: 16 hexadecimal digits. Raises KeyUnreadableError."""
        return self.digest(_FINGERPRINT_OF)[:16]

    @cached_property
    def _secret(self) -> bytes:
        return self._read()

    def __repr__(self) -> str:
        return "PersonalKey(…)"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a personal key is not handed on: the other process reads it itself")


def _kept(path: Path) -> bytes:
    """What the file holds. Of several that make it at once all get the one that came first."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)  # 0600 from the start
        made = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(_MADE // 2))
                file.flush()
                os.fsync(file.fileno())
            # Where somebody else's is there by now it is whole, since a link appears with its content.
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(made)
        finally:
            made.unlink()
    found = path.read_bytes().strip()
    if len(found) < 16:
        raise KeyUnreadableError(
            f"{path} should hold the key of hashed personal values and has {len(found)} bytes: put the key back that "
            "was there, or delete the file for a new one, with which hashed columns are made again"
        )
    return found
