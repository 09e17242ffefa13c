"""Which of the processes that a test has started are alive: found by a mark in their environment, or by their id."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

BOUND = 10.0


def marked(mark: str) -> list[int]:
    """Living processes (zombies are not) with that text in their environment or on their command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            if mark.encode() in told and alive(int(entry.name)):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        return False


async def until(condition: Callable[[], object], why: str) -> None:
    """Waits for a condition that nothing announces, for at most ten seconds."""
    end = time.monotonic() + BOUND
    while not condition():
        assert time.monotonic() < end, why
        await asyncio.sleep(0.01)


def until_blocking(condition: Callable[[], object], why: str) -> None:
    end = time.monotonic() + BOUND
    while not condition():
        assert time.monotonic() < end, why
        time.sleep(0.01)
