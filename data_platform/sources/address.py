"""Reading addresses (http, https, file): what may be shown of them, the name of the file, the local path."""

from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit
from urllib.request import url2pathname

# Shorter values are words and numbers that any text may contain.
_SHORTEST_SECRET = 8


def redact(url: str) -> str:
    """`url` as it may be shown: without user and password, fragment, and the values of its query."""
    parts = urlsplit(url)
    query = "&".join(f"{pair.partition('=')[0]}=…" if "=" in pair else "…" for pair in parts.query.split("&") if pair)
    return urlunsplit((parts.scheme, _host(parts), parts.path, query, ""))


def hide(url: str, text: str) -> str:
    """`text` without the values that `redact` hides in `url`: a server's page may repeat the address."""
    parts = urlsplit(url)
    written = [pair.partition("=")[2] or pair for pair in parts.query.split("&")]
    for value in sorted({*written, *map(unquote, written), *(credentials(url) or ())}, key=len, reverse=True):
        if len(value) >= _SHORTEST_SECRET:
            text = text.replace(value, "…")
    return text


def without_credentials(url: str) -> str:
    """`url` without user and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=_host(parts)))


def credentials(url: str) -> tuple[str, str] | None:
    """User and password of `url`, decoded; None when it has none."""
    parts = urlsplit(url)
    if parts.username is None:
        return None
    return unquote(parts.username), unquote(parts.password or "")


def file_name(url: str) -> str:
    """The last step of the path, decoded; it is data, not yet safe as a local name. A path without one gives "file"."""
    return unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2] or "file"


def local_path(url: str) -> Path:
    """The path that a file:// address means; a '+' is a '+', and %20 a space.

    Raises ValueError for a relative path, another host, and an unescaped '?' or '#'.
    """
    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
        raise ValueError(f"{redact(url)}: a file address is file:///absolute/path (three slashes)")
    if parts.query or parts.fragment or url.endswith(("?", "#")):
        raise ValueError(f"{redact(url)}: in a file address, write '?' as %3F and '#' as %23")
    return Path(url2pathname(parts.path))


def _host(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]
