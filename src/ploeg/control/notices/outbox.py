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
from ploeg.control.watch import Subscription
from ploeg.domain.errors import PloegError

#: However far away the next message is, look again after this long: another server may have noted something.
LONGEST_REST = timedelta(seconds=30)
AFTER_A_FAULT = timedelta(seconds=5)
PRUNE_EVERY = timedelta(hours=6)
#: Messages that one server has under way at the same time.
AT_ONCE = 4

#: A receiver changed: what waits for it may be due earlier.
ASKED = "receiver.changed"

log = structlog.get_logger("ploeg.notices")


class NoticeOutbox:
    """Runs beside the server."""

    def __init__(self, plane: ControlPlane, notifier: Notifier) -> None:
        self._plane = plane
        self._notifier = notifier
        self._prune_at = 0.0

    async def run(self) -> None:
        with self._plane.watch.subscribed() as subscription:
            while not self._plane.watch.stopping:
                await self._rest(subscription, await self.look())

    async def look(self) -> timedelta:
        """Notes all that happened and sends all that is due; how long to rest after it."""
        try:
            while await self._plane.read(noting.has_news):
                if await self._plane.write(noting.note) == 0:
                    break
            while await self._plane.read(sending.is_due):
                taken = [each for _ in range(AT_ONCE) if (each := await self._plane.write(sending.take))]
                await asyncio.gather(*map(self._send, taken))
                if not taken:
                    break
            await self._prune()
            now, due_at = await self._plane.read(sending.next_due)
        except PloegError as error:
            log.warning("notices could not reach the database", error=str(error))
            return AFTER_A_FAULT
        except Exception:  # the next look may go better, and people must hear of what it comes to
            log.exception("a look at the notices failed")
            return AFTER_A_FAULT
        return min(LONGEST_REST, max(due_at - now, timedelta())) if due_at is not None else LONGEST_REST

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

    async def _rest(self, subscription: Subscription, duration: timedelta) -> None:
        """That long, or until something happens that people may want to know."""
        loop = asyncio.get_running_loop()
        end = loop.time() + duration.total_seconds()
        while (left := end - loop.time()) > 0 and not self._plane.watch.stopping:
            if any(event.type in TOLD or event.type == ASKED for event in await subscription.take(left)):
                return
