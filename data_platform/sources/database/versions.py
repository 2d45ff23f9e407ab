"""What a window's version says, and when two of them mean the same rows."""

from collections.abc import Sequence

from data_platform.sources.database.session import Of, Tally


def text(tally: Tally, of: Sequence[Of]) -> str:
    """`rows=3;keys=1f;content=-2a`: how many rows there are, and the sums of their hashes."""
    parts = {"keys": tally.keys, "content": tally.content}
    return ";".join([f"rows={tally.rows}", *(f"{name}={parts[name]:x}" for name in ("keys", "content") if name in of)])


def agree(tally: Tally, of: Sequence[Of], version: str) -> bool:
    """Whether a version means as many rows with the same sums, of those that were asked for."""
    told = set(version.split(";"))
    return told >= set(text(tally, of).split(";"))
