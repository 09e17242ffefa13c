"""Makes notices of what happens, and sends what is due: at least once, and never within a transaction."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from ploeg.control.notices import noting, sending
from ploeg.control.notices.send import Notifier, Sent
from ploeg.control.notices.sending import Taken
from ploeg.control.notices.words import TOLD
from ploeg.control.plane import ControlPlane
from ploeg.control.rounds import AFTER_A_FAULT, Rounds, Tray
from ploeg.domain.errors import PloegError

PRUNE_EVERY = timedelta(hours=6)
#: A receiver changed: what waits for it may be due earlier.
ASKED = "receiver.changed"

log = structlog.get_logger("ploeg.notices")


class NoticeOutbox(Rounds):
    """Runs beside the server."""

    def __init__(self, plane: ControlPlane, notifier: Notifier) -> None:
        super().__init__(plane, {*TOLD, ASKED}, Tray(lambda tx: tx.notices, sending.take, self._send))
        self._notifier = notifier
        self._prune_at = 0.0

    async def look(self) -> timedelta:
        """Notes all that happened and sends all that is due; how long to rest after it."""
        try:
            while await self._plane.read(noting.has_news):
                if await self._plane.write(noting.note) == 0:
                    break
            rest = await super().look()
            await self._prune()
        except PloegError as error:
            log.warning("notices could not reach the database", error=str(error))
            return AFTER_A_FAULT
        except Exception:  # the next look may go better, and people must hear of what it comes to
            log.exception("a look at the notices failed")
            return AFTER_A_FAULT
        return rest

    async def _send(self, taken: Taken) -> None:
        sent = await self._notifier.send(taken.receiver, taken.message) if taken.message is not None else Sent()
        try:
            settled = await self._plane.write(sending.settle, taken, sent)
        except PloegError as error:
            log.warning("a message could not be noted as sent and is sent again", error=str(error))
            return
        if settled is not None and sent.trouble is not None:
            log.warning(
                "a notice did not get through",
                receiver=settled.name,
                kind=settled.kind,
                trouble=sent.trouble,
                reason=sent.reason,
                next_try=settled.due_at,
            )

    async def _prune(self) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._prune_at:
            self._prune_at = now + PRUNE_EVERY.total_seconds()
            await self._plane.write(noting.prune)
