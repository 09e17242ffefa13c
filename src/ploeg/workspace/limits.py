"""What one tree of processes may take of the machine."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_OF_THE_CONTAINER = Path("/sys/fs/cgroup/memory.max")
#: Where the memory of processes can be read, as the guardian does.
_PROC = Path("/proc/self/statm")


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeLimits:
    """0 is no limit. What exceeds one ends, the whole tree of it."""

    #: Of all its processes together, without what they map of files.
    memory_bytes: int = 0
    processes: int = 0
    #: Standard output and error together.
    output_bytes_per_minute: int = 0

    def told(self, name: str) -> str:
        """That the limit of that name was exceeded, as said of the tree: "it …"."""
        match name:
            case "memory":
                return f"it took more than {_size(self.memory_bytes)} of memory"
            case "processes":
                return f"it had more than {self.processes} processes at a time"
            case _:
                return f"it printed more than {_size(self.output_bytes_per_minute)} a minute"

    @property
    def printing(self) -> Allowance | None:
        rate = self.output_bytes_per_minute
        return Allowance(rate, rate / 60) if rate else None


UNLIMITED = TreeLimits()


class Allowance:
    """So many bytes at once, and so many more with each second."""

    def __init__(self, burst: float, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._rate, self._clock = burst, rate, clock
        self._left = burst
        self._at = clock()

    def take(self, size: int) -> bool:
        """Whether that many are left; then they are taken."""
        now = self._clock()
        self._left = min(self._left + (now - self._at) * self._rate, self._burst)
        self._at = now
        if size > self._left:
            return False
        self._left -= size
        return True


def can_measure() -> bool:
    """Whether this system tells what processes take; without it, memory and processes have no limit."""
    return _PROC.exists()


def machine_memory() -> int:
    """Bytes that this machine has, or that the container may take in which this runs."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # there is none, or it says "max"
        return min(whole, int(_OF_THE_CONTAINER.read_text("ascii")))
    return whole


def _size(size: int) -> str:
    return f"{size / 1024**3:.1f} GiB" if size >= 1024**3 else f"{size / 1024**2:.0f} MiB"
