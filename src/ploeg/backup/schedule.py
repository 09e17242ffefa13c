"""Backups that the server makes by itself, and the word when they fail."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import structlog

from ploeg.backup.folder import listed, prune
from ploeg.backup.make import make
from ploeg.control.plane import ControlPlane
from ploeg.domain.errors import PloegError
from ploeg.domain.retention import Retention
from ploeg.settings import Settings
from ploeg.store.transaction import Transaction

#: A new installation has something to lose after this long.
FIRST_AFTER = timedelta(minutes=15)
#: Between two tries after one failed; also how long it takes to notice that the host slept past the moment.
LOOK_AGAIN = timedelta(minutes=15)
#: How many intervals may go by without a backup before people are told.
STALE_AFTER = 2

log = structlog.get_logger("ploeg.backup")


class Backups:
    """Runs beside the server."""

    def __init__(self, plane: ControlPlane, settings: Settings, *, began: datetime | None = None) -> None:
        self._plane = plane
        self._settings = settings
        self._every = timedelta(hours=settings.backup_every_hours)
        self._retention = Retention(
            daily=settings.backup_keep_daily,
            weekly=settings.backup_keep_weekly,
            monthly=settings.backup_keep_monthly,
        )
        self._began = began or datetime.now(UTC)
        self._told_stale = False

    async def run(self) -> None:
        """Until it is cancelled; at once done where the settings want none."""
        while self._every:
            rest = self.due(datetime.now(UTC)) - datetime.now(UTC)
            if rest <= timedelta():
                rest = timedelta() if await self.once() else LOOK_AGAIN
            await asyncio.sleep(min(max(rest, timedelta(seconds=1)), LOOK_AGAIN).total_seconds())

    def due(self, now: datetime) -> datetime:
        """When the next one is made."""
        newest = self._newest()
        if newest is None:
            return self._began + min(FIRST_AFTER, self._every)
        # A clock that was put back must not keep backups from being made.
        return min(newest, now) + self._every

    async def once(self) -> bool:
        """Makes one and clears up after it; whether it succeeded."""
        try:
            made = await make(self._settings)
            removed = await asyncio.to_thread(prune, self._settings.backup_path, self._retention)
        except (PloegError, OSError) as error:
            log.error("a backup failed", error=str(error))
            await self._tell("backup.failed", reason=str(error))
            await self._tell_if_stale(datetime.now(UTC))
            return False
        self._told_stale = False
        log.info("backup made", path=str(made.path), bytes=made.bytes, removed=len(removed))
        await self._tell("backup.made", path=str(made.path), bytes=made.bytes, encrypted=made.encrypted)
        return True

    async def _tell_if_stale(self, now: datetime) -> None:
        since = self._newest() or self._began
        if now - since > STALE_AFTER * self._every and not self._told_stale:
            self._told_stale = True
            await self._tell("backup.stale", since=since)

    async def _tell(self, type_: str, **data: Any) -> None:
        try:
            await self._plane.write(partial(_add_event, type_=type_, data=data))
        except PloegError as error:
            log.warning("an event was not stored", type=type_, error=str(error))

    def _newest(self) -> datetime | None:
        try:
            backups = listed(self._settings.backup_path)
        except OSError as error:  # a network drive that is away; making one says so to people
            log.warning("the folder of backups cannot be read", error=str(error))
            return None
        return backups[0].made_at if backups else None


def _add_event(tx: Transaction, *, type_: str, data: dict[str, Any]) -> None:
    tx.events.add(type_, actor="server", data=data)
