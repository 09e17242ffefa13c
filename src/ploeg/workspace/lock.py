"""A lock on a file, shared between the worker processes of one machine."""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ploeg.domain.errors import Unavailable

_PAUSE = 0.02


@asynccontextmanager
async def locked(path: Path, within: float) -> AsyncIterator[None]:
    """Holds the lock; the kernel lets go of it when its holder dies. Raises `Unavailable` after `within` seconds."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        until = time.monotonic() + within
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise Unavailable(f"another worker process has held {path.name} for {within:.0f} s") from None
                await asyncio.sleep(_PAUSE)
        yield
    finally:
        os.close(fd)
