"""Where a backup is made or unpacked: a folder in the home, for one at a time, gone afterwards."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import rmtree

from ploeg.domain.errors import Conflict

_FOLDER, _LOCK = ".backup", ".backup.lock"


@asynccontextmanager
async def workplace(home: Path) -> AsyncIterator[Path]:
    """What a killed backup left there goes first. `Conflict` while another is under way."""
    descriptor = os.open(home / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("another backup is being made or restored; try again when it is done") from None
        folder = home / _FOLDER
        await asyncio.to_thread(rmtree, folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            await asyncio.to_thread(rmtree, folder, ignore_errors=True)
    finally:
        os.close(descriptor)
