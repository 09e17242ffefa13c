"""Ending the processes that a killed worker left behind."""

from __future__ import annotations

import os
import time

from ploeg.workspace.tree import MARKER

_LIMIT = 5.0


def end_leftovers(marker: str) -> list[int]:
    """Ends every process that has `PLOEG_ATTEMPT=<marker>` in its environment, and returns their ids.

    Blocks until none is left, for at most five seconds. The trees end by themselves with their worker; this is for
    what slipped through, e.g. where a hostile agent without a sandbox had killed its guardian.
    """
    import psutil  # only a worker with something to end needs it

    ended: list[int] = []
    spared = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    until = time.monotonic() + _LIMIT
    while time.monotonic() < until:
        found = []
        for process in psutil.process_iter():
            try:
                if process.pid not in spared and process.environ().get(MARKER) == marker:
                    found.append(process)
            except (psutil.Error, OSError):
                continue
        if not found:
            break
        for process in found:
            try:
                process.kill()
            except psutil.Error:
                continue
        ended += [process.pid for process in found if process.pid not in ended]
        time.sleep(0.02)  # not psutil's own wait: it would reap children of this process behind asyncio's back
    return ended
