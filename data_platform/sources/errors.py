"""How a source can fail: not there or not whole yet, for good, for now; and bytes that are not what they seem."""


class SourceError(Exception):
    """A slot could not be looked at or fetched. The text names the slot without its secrets."""


class MissingYet(SourceError):  # noqa: N818 - it is named for what happened, and is no fault
    """The source answers, and has nothing under this slot (yet)."""


class ChangingYet(SourceError):  # noqa: N818 - it is named for what happens, and is no fault
    """Somebody is still writing it: it will have another version, and is looked at again then."""


class PermanentSourceError(SourceError):
    """Asking again changes nothing: somebody has to mend the address, the credentials or a limit."""


class TransientSourceError(SourceError):
    """A fault of the moment that outlived the retries. `retry_after`: seconds the source asked to be left alone."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Refused(Exception):  # noqa: N818 - it is named for what happened, like the ledger's state
    """Bytes arrived whole but are not what they claim to be. `reason` says what was found and what to do."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
