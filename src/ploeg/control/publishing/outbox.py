"""Delivers what is owed to forges: at least once, one server at a time, and never within a transaction."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog

from ploeg.control.plane import ControlPlane
from ploeg.control.publishing import publication, pull_request_text
from ploeg.control.publishing.publish import Publisher
from ploeg.control.watch import Subscription
from ploeg.domain.delivery import Delivery
from ploeg.domain.errors import PloegError
from ploeg.store.transaction import Transaction

#: However far away the next delivery is, look again after this long: another server may have asked for one.
LONGEST_REST = timedelta(seconds=30)
AFTER_A_FAULT = timedelta(seconds=5)
#: Deliveries that one server has under way at the same time.
AT_ONCE = 4

log = structlog.get_logger("ploeg.outbox")


class Outbox:
    """Runs beside the server."""

    def __init__(self, plane: ControlPlane, publisher: Publisher) -> None:
        self._plane = plane
        self._publisher = publisher

    async def run(self) -> None:
        with self._plane.watch.subscribed() as subscription:
            while not self._plane.watch.stopping:
                await self._rest(subscription, await self.look())

    async def look(self) -> timedelta:
        """Delivers all that is due; how long to rest after it."""
        try:
            while await self._plane.read(_is_due):
                taken = [each for _ in range(AT_ONCE) if (each := await self._plane.write(publication.take))]
                await asyncio.gather(*map(self._deliver, taken))
                if not taken:
                    break
            now, due_at = await self._plane.read(_next_due)
        except PloegError as error:
            log.warning("the outbox could not reach the database", error=str(error))
            return AFTER_A_FAULT
        return min(LONGEST_REST, max(due_at - now, timedelta())) if due_at is not None else LONGEST_REST

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            await self._made(delivery)
        except PloegError as error:
            log.warning("a delivery could not be noted and is made again", error=str(error))

    async def _made(self, delivery: Delivery) -> None:
        page = await self._plane.read(pull_request_text.page, delivery)
        if page is None:
            await self._plane.write(publication.drop, delivery)
            return
        made = await self._publisher.publish(delivery, page)
        if made.trouble is None:
            await self._plane.write(publication.delivered, delivery, made.url)
        else:
            await self._plane.write(publication.failed, delivery, made.trouble, made.reason, made.retry_after)

    async def _rest(self, subscription: Subscription, duration: timedelta) -> None:
        """That long, or until something is asked for."""
        loop = asyncio.get_running_loop()
        end = loop.time() + duration.total_seconds()
        while (left := end - loop.time()) > 0 and not self._plane.watch.stopping:
            if any(event.type == publication.ASKED for event in await subscription.take(left)):
                return


def _is_due(tx: Transaction) -> bool:
    return tx.deliveries.due(tx.now)


def _next_due(tx: Transaction) -> tuple[datetime, datetime | None]:
    return tx.now, tx.deliveries.next_due()
