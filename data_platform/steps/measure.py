"""What a step costs: wall and CPU seconds, peak memory."""

import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_CLEAR_REFS = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Cost:
    """Wall and CPU seconds (of all threads), and the peak resident memory of the process in MB (10^6 bytes)."""

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float


class Meter:
    """Started when made; on Linux the peak is the step's own, elsewhere the process's so far."""

    def __init__(self) -> None:
        self._peak_is_ours = _reset_peak()
        self._wall = time.perf_counter()
        self._cpu = time.process_time()

    def read(self) -> Cost:
        return Cost(
            round(time.perf_counter() - self._wall, 3),
            round(time.process_time() - self._cpu, 3),
            round((_peak_of_step() if self._peak_is_ours else _peak_of_process()) / 1e6, 1),
        )


def _reset_peak() -> bool:
    """Writing 5 to clear_refs sets the kernel's high-water mark back (man 5 proc)."""
    try:
        _CLEAR_REFS.write_text("5")
    except OSError:
        return False
    return True


def _peak_of_step() -> int:
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def _peak_of_process() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
