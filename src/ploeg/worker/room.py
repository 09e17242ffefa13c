"""Making room on the worker's disk: what may go, in which order, and never anything that is kept nowhere else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from ploeg.domain.errors import PloegError
from ploeg.worker.caches import CACHES
from ploeg.worker.log_keeping import logs_of_ended_jobs
from ploeg.worker.state import WorkerState
from ploeg.workspace.checkout import Checkouts
from ploeg.workspace.mirror import Known, Mirrors
from ploeg.workspace.weigh import weigh

logger = logging.getLogger(__name__)

#: A mirror that was asked for that recently is likely to be in use.
_JUST_USED = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spare:
    """Something that may go."""

    #: `workspace`, `cache`, `mirror` or `log`.
    kind: str
    path: Path
    size: int
    #: Why nothing is lost with it.
    why: str
    #: Lets it go; False if it was needed after all.
    evict: Callable[[], Awaitable[bool]]


class Room:
    """What a worker's home could do without."""

    def __init__(self, home: Path, mirrors: Mirrors, checkouts: Checkouts, state: WorkerState) -> None:
        self._home = home
        self._mirrors = mirrors
        self._checkouts = checkouts
        self._state = state

    async def spares(self) -> list[Spare]:
        """In the order in which they go."""
        return [
            *await self._ready_workspaces(),
            *await self._caches(),
            *await self._idle_mirrors(),
            *self._logs(),
        ]

    async def make(self, needed: int) -> list[Spare]:
        """Lets go of as much as that many bytes take, or all there is; what went."""
        gone: list[Spare] = []
        for spare in await self.spares() if needed > 0 else []:
            if sum(each.size for each in gone) >= needed:
                break
            try:
                if await spare.evict():
                    gone.append(spare)
                    logger.info("let go of %s", spare.path, extra={"action": "evicted", "bytes": spare.size})
            except (PloegError, OSError) as error:
                logger.info("%s stays: %s", spare.path, error, extra={"action": "not_evicted"})
        return gone

    async def _ready_workspaces(self) -> list[Spare]:
        ready = self._checkouts.ready()
        weights = await weigh(ready)
        why = "made ahead, and no agent has been in it"
        return [
            Spare(kind="workspace", path=path, size=weights[path], why=why, evict=partial(self._discard, path))
            for path in ready
        ]

    async def _caches(self) -> list[Spare]:
        """Of products that no job works on now, the one that was not used longest first."""
        idle = [path for path in (self._home / CACHES).glob("*") if not self._at_work(path)]
        idle.sort(key=lambda path: path.stat().st_mtime)
        weights = await weigh(idle)
        why = "packages that can be downloaded again"
        return [
            Spare(kind="cache", path=path, size=weights[path], why=why, evict=partial(self._drop_cache, path))
            for path in idle
        ]

    async def _idle_mirrors(self) -> list[Spare]:
        before = datetime.now(UTC) - _JUST_USED
        known = [each for each in self._mirrors.known() if each.used_at < before and not self._needed(each)]
        idle = [each for each in known if not await self._mirrors.shelf(each).kept_nowhere_else()]
        weights = await weigh([each.path for each in idle])
        why = "no job and no workspace needs it, and all work that it keeps is on the remote"
        return [
            Spare(
                kind="mirror", path=each.path, size=weights[each.path], why=why, evict=partial(self._drop_mirror, each)
            )
            for each in idle
        ]

    def _logs(self) -> list[Spare]:
        running = {record.assignment.job_code for record in self._state.records()}
        why = "the server's transcript tells what was said and done"
        return [
            Spare(kind="log", path=path, size=path.stat().st_size, why=why, evict=partial(self._drop_log, path))
            for path in logs_of_ended_jobs(self._home, running)
        ]

    async def _discard(self, path: Path) -> bool:
        return self._checkouts.discard(path)

    async def _drop_cache(self, path: Path) -> bool:
        return not self._at_work(path) and self._checkouts.discard(path)

    async def _drop_mirror(self, known: Known) -> bool:
        """After another look at the remote. Whoever uses it is seen before the look at its work or after it, and from
        then on nobody else gets a turn before it is gone."""
        mirror = await self._mirrors.open(known.url)
        await mirror.fetch()
        if self._needed(known):
            return False
        kept_here = await mirror.kept_nowhere_else()
        return not (kept_here or self._needed(known) or self._lent(known)) and self._checkouts.discard(known.path)

    async def _drop_log(self, path: Path) -> bool:
        await asyncio.to_thread(path.unlink, missing_ok=True)
        return True

    def _at_work(self, cache: Path) -> bool:
        return any(record.assignment.product.id == cache.name for record in self._state.records())

    def _needed(self, mirror: Known) -> bool:
        """A job runs on it, or a workspace borrows its objects."""
        return mirror.url in self._urls_at_work() or self._checkouts.lean_on(mirror.path)

    def _lent(self, mirror: Known) -> bool:
        """Workspaces that were made ahead borrow its objects; they go before it."""
        return any(path.parent.name == mirror.path.stem for path in self._checkouts.ready())

    def _urls_at_work(self) -> set[str]:
        at_work = [record.assignment for record in self._state.records()]
        beside = [each.repo_url for job in at_work if job.idea is not None for each in job.idea.beside]
        return {*beside, *(job.repo_url for job in at_work)}
