"""What lies on the worker's disk, looked after beside its jobs: old logs go, room is made, and a full disk foreseen."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta

from ploeg.domain.disk import DiskLimits, DiskUse, Weighing, full_at, megabytes
from ploeg.domain.errors import PloegError
from ploeg.settings import Settings
from ploeg.worker.log_keeping import tidy_logs
from ploeg.worker.room import Room
from ploeg.worker.runlog import utc_now
from ploeg.worker.state import WorkerState
from ploeg.worker.weighings import Weighings
from ploeg.workspace.checkout import Checkouts
from ploeg.workspace.mirror import Known, Mirrors
from ploeg.workspace.weigh import weigh

logger = logging.getLogger(__name__)

_DAY = timedelta(days=1)
#: A remote that takes longer is asked the next day: the disk cannot wait for it.
_FETCH_SECONDS = 120.0
#: Folders of a worker's home that its budget counts.
PARTS = ("mirrors", "workspaces", "pool", "caches", "homes", "ended-homes", "aside", "runs", "trash")


class Upkeep:
    """Of one worker."""

    def __init__(
        self,
        settings: Settings,
        mirrors: Mirrors,
        checkouts: Checkouts,
        state: WorkerState,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._settings = settings
        self._mirrors = mirrors
        self._checkouts = checkouts
        self._state = state
        self._now = now
        self._forgot_at: datetime | None = None
        self._home = settings.home_path
        self._weighings = Weighings(self._home / "worker" / "weighings")
        self._limits = DiskLimits(budget=settings.disk_budget_bytes or None, keep_free=settings.disk_keep_free_bytes)
        self.room = Room(self._home, mirrors, checkouts, state)

    async def run(self, told: Callable[[DiskUse], None]) -> None:
        """Looks now and then, until it is cancelled."""
        while True:
            try:
                told(await self.look())
            except (PloegError, OSError) as error:
                logger.warning("the disk could not be looked after: %s", error, extra={"action": "upkeep_failed"})
            await asyncio.sleep(self._settings.disk_check_minutes * 60)

    async def look(self) -> DiskUse:
        """Tidies, makes room where it is needed, and tells how the disk stands after that."""
        await self._tidy_logs()
        await self._forget_old_work()
        use = await self.weigh()
        if await self.room.make(self.needed(use)):
            await self._checkouts.close()
            use = await self.weigh()
        self._weighings.remember(Weighing(use.at, -self.needed(use)))
        if use.low is not None:
            logger.warning("no more jobs are taken: %s", use.low, extra={"action": "disk_low"})
        return use

    def needed(self, use: DiskUse) -> int:
        """Bytes that must go; none where that is not above zero."""
        return -self._limits.room(use.used, use.free)

    async def weigh(self) -> DiskUse:
        """How the disk stands; changes nothing."""
        weights = await weigh([self._home / part for part in PARTS])
        parts = {path.name: size for path, size in weights.items() if size}
        disk = shutil.disk_usage(self._home)
        now, used = self._now(), sum(parts.values())
        past = self._weighings.upto(Weighing(now, self._limits.room(used, disk.free)))
        return DiskUse(
            at=now,
            free=disk.free,
            size=disk.total,
            parts=parts,
            budget=self._limits.budget,
            full_at=full_at(past),
            low=self._limits.why_low(used, disk.free),
        )

    async def _forget_old_work(self) -> None:
        """Once a day: what has long been on the remote as well."""
        keep, now = self._settings.keep_work_days, self._now()
        if not keep or (self._forgot_at is not None and now - self._forgot_at < _DAY):
            return
        self._forgot_at = now
        for known in self._mirrors.known():
            try:
                gone = await self._forget_before(now - timedelta(days=keep), known)
            except (PloegError, OSError) as error:
                logger.info("%s: no work is forgotten: %s", known.path.name, error, extra={"action": "work_stays"})
                continue
            if gone:
                told = f"forgot {len(gone)} refs of work that is on the remote"
                logger.info("%s: %s", known.path.name, told, extra={"action": "work_forgotten"})

    async def _forget_before(self, moment: datetime, known: Known) -> list[str]:
        """The remote is asked first: it may have lost since what the last fetch saw there."""
        if all(kept.at >= moment for kept in await self._mirrors.shelf(known).kept()):
            return []
        async with asyncio.timeout(_FETCH_SECONDS):
            mirror = await self._mirrors.open(known.url)
            await mirror.fetch()
        return await mirror.prune_kept(moment)

    async def _tidy_logs(self) -> None:
        running = {record.assignment.job_code for record in self._state.records()}
        done = await asyncio.to_thread(tidy_logs, self._home, self._settings.log_terms, self._now(), running)
        if done.compressed or done.deleted:
            told = f"compressed {done.compressed} run logs and deleted {done.deleted}"
            logger.info("%s: %s less", told, megabytes(done.freed), extra={"action": "logs_tidied"})
