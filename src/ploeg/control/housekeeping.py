"""What lies on the server's own disk: old transcripts go, and a disk that fills up is told of."""

from __future__ import annotations

import asyncio
import shutil

import structlog

from ploeg.control.plane import ControlPlane
from ploeg.domain.disk import DiskLimits
from ploeg.domain.errors import PloegError
from ploeg.domain.retention import Terms
from ploeg.store.transaction import Transaction

#: Seconds between two looks.
LOOK_EVERY = 900.0

#: The matter of its remark.
_DISK = "disk"

log = structlog.get_logger("ploeg.housekeeping")


class Housekeeper:
    """Runs beside the server."""

    def __init__(self, plane: ControlPlane, terms: Terms, keep_free: int) -> None:
        self._plane = plane
        self._terms = terms
        self._limits = DiskLimits(budget=None, keep_free=keep_free)

    async def run(self) -> None:
        while not self._plane.watch.stopping:
            try:
                await self.look()
            except (PloegError, OSError) as error:
                log.warning("the server's disk could not be looked after", error=str(error))
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """Tidies the transcripts and says so when the disk has become low."""
        now = await self._plane.read(lambda tx: tx.now)
        done = await asyncio.to_thread(self._plane.transcripts.tidy, self._terms, now)
        if done.compressed or done.deleted:
            log.info("tidied transcripts", compressed=done.compressed, deleted=done.deleted, freed_bytes=done.freed)
        free = shutil.disk_usage(self._plane.transcripts.disk).free
        low, before = self._limits.why_low(0, free), self._plane.remarks.pop(_DISK, None)
        if low is not None:
            self._plane.remarks[_DISK] = low
            if before is None:
                await self._plane.write(_tell, low, free)


def _tell(tx: Transaction, why: str, free: int) -> None:
    tx.events.add("disk.low", actor="server", data={"worker": None, "free": free, "reason": why})
