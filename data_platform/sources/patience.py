"""How often and how long a source is asked again before it is given up for now."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import stamina

from data_platform.sources.errors import TransientSourceError

_T = TypeVar("_T")


@dataclass(frozen=True)
class Patience:
    """attempts: tries in all. first_wait_seconds doubles from try to try, plus up to jitter_seconds, up to
    longest_wait_seconds; a Retry-After is honoured up to longest_wait_seconds too, beyond that the source is given up
    for now. max_seconds: all tries and waits together.
    """

    attempts: int = 5
    max_seconds: float = 4 * 3600.0
    first_wait_seconds: float = 0.5
    jitter_seconds: float = 1.0
    longest_wait_seconds: float = 120.0

    def retrying(self, ask: Callable[[], _T]) -> _T:
        """What `ask` gives in the end. Raises its last TransientSourceError, and any other error at once."""
        tries = 0
        try:
            for attempt in stamina.retry_context(
                on=self._wait_before_retry,
                attempts=self.attempts,
                timeout=self.max_seconds,
                wait_initial=self.first_wait_seconds,
                wait_max=self.longest_wait_seconds,
                wait_jitter=self.jitter_seconds,
            ):
                with attempt:
                    tries = attempt.num
                    return ask()
        except TransientSourceError as error:
            message = f"{error} (given up after {tries} of {self.attempts} attempts)"
            raise TransientSourceError(message, retry_after=error.retry_after) from error
        raise AssertionError("a retry context ends with a value or an error")

    def _wait_before_retry(self, error: Exception) -> bool | float:
        if not isinstance(error, TransientSourceError):
            return False
        if error.retry_after is None:
            return True
        if error.retry_after > self.longest_wait_seconds:
            return False
        # Not all who were turned away at once should come back at once.
        return error.retry_after + random.uniform(0, self.jitter_seconds)
