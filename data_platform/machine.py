"""How much memory and how many cores this process may use, on bare metal and inside a container."""

import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def memory_bytes(cgroup: Path = CGROUP) -> int:
    """Bytes of RAM that may be used: the machine's, or the container's limit when that is lower."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = (_limit(cgroup / "memory.max"), _limit(cgroup / "memory" / "memory.limit_in_bytes"))
    return min([physical, *(limit for limit in limits if limit is not None)])


def cores(cgroup: Path = CGROUP) -> int:
    """Whole cores that may be used, at least one: those we may be scheduled on, or the container's quota."""
    schedulable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _text(cgroup / "cpu.max").split()  # "200000 100000": microseconds of CPU in each period, or "max 100000"
    if len(quota) == 2 and all(part.isdecimal() for part in quota):
        return max(1, min(schedulable, int(quota[0]) // int(quota[1])))
    return schedulable


def _limit(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdecimal() else None


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # no such control group: not Linux, the other version, or not limited
        return ""
