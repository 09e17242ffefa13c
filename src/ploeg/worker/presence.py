"""Showing the server how the worker is, whenever that changes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime

import msgspec

from ploeg.domain.errors import PloegError
from ploeg.domain.version import behind
from ploeg.domain.worker import WorkerState
from ploeg.wire.work import DiskOut, Presence, PresenceReply, WorkerInfo
from ploeg.worker.client import WorkClient
from ploeg.worker.insist import insist

#: Seconds; a worker that was not heard of for longer than its longest wait for a job counts as gone.
REPEAT_AFTER = 45.0

logger = logging.getLogger(__name__)


class Face:
    """What people see of this worker. Only the latest state is told; one that was passed over is not.

    `heard` is given what the server says to that.
    """

    def __init__(self, client: WorkClient, info: WorkerInfo, heard: Callable[[PresenceReply], None]) -> None:
        self._client = client
        self._info = info
        self._heard = heard
        self._shown: Presence | None = None
        self._wanted: Presence | None = None
        self._changed = asyncio.Event()
        self._told_at = 0.0
        self._server_version = info.version
        self._disk: DiskOut | None = None

    def show(self, state: WorkerState, reason: str | None = None, until: datetime | None = None) -> None:
        self._wanted = Presence(worker=self._info, state=state, reason=reason, until=until, disk=self._disk)
        self._changed.set()

    def weighed(self, disk: DiskOut) -> None:
        """How the disk stands now: told with the state as it is, and with every later one."""
        self._disk = disk
        if self._wanted is not None:
            self._wanted = msgspec.structs.replace(self._wanted, disk=disk)
            self._changed.set()

    @property
    def shown(self) -> Presence | None:
        """The latest state, told or not."""
        return self._wanted

    def repeat(self) -> None:
        """Tell it again after a while: a worker that asks for no jobs is there all the same, and hears when it may."""
        if self._shown is not None and time.monotonic() - self._told_at >= REPEAT_AFTER:
            self._shown = None
            self._changed.set()

    async def keep_showing(self) -> None:
        """Runs until it is cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await insist(self.tell)
            except PloegError as error:
                logger.warning("the worker's state is not shown: %s", error, extra={"action": "presence_refused"})

    async def tell(self) -> None:
        """The latest state, once, if the server has not seen it."""
        wanted = self._wanted
        if wanted is not None and wanted != self._shown:
            reply = await self._client.announce(wanted)
            self._shown, self._told_at = wanted, time.monotonic()
            self._compare(reply.version)
            self._heard(reply)

    def _compare(self, server: str | None) -> None:
        """Says it once when the server is not of this program's version, and again when that changes."""
        if server is None or server == self._server_version:
            return
        self._server_version = server
        note = behind(self._info.version, server)
        if note is not None:
            logger.warning(
                "this worker is version %s: %s", self._info.version, note, extra={"action": "version_differs"}
            )
