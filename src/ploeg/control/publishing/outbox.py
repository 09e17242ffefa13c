"""Delivers what is owed to forges: at least once, one server at a time, and never within a transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

import structlog

from ploeg.control.plane import ControlPlane
from ploeg.control.publishing import actions, merging, publication, pull_request_text
from ploeg.control.publishing.act import Done, Dropped, Failed, ForgeActor, Waits
from ploeg.control.publishing.publish import Publisher
from ploeg.control.watch import Subscription
from ploeg.domain.delivery import Delivery
from ploeg.domain.errors import PloegError
from ploeg.domain.forge_action import ForgeAction
from ploeg.store.transaction import Transaction

#: However far away the next delivery is, look again after this long: another server may have asked for one.
LONGEST_REST = timedelta(seconds=30)
AFTER_A_FAULT = timedelta(seconds=5)
#: What one server has under way at the same time, of each kind.
AT_ONCE = 4
#: Events after which something may be due at once. A story's new status may call off its merging.
WAKES = frozenset({publication.ASKED, actions.ASKED, "story.changed"})

T = TypeVar("T")

log = structlog.get_logger("ploeg.outbox")


class Owed(Protocol):
    """The rows of one kind that are due at some moment."""

    def due(self, now: datetime) -> bool: ...

    def next_due(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Tray(Generic[T]):
    """One kind of what is owed: where it lies, how one of it is taken, and how that is delivered."""

    owed: Callable[[Transaction], Owed]
    take: Callable[[Transaction], T | None]
    deliver: Callable[[T], Awaitable[None]]


class Outbox:
    """Runs beside the server."""

    def __init__(self, plane: ControlPlane, publisher: Publisher, actor: ForgeActor) -> None:
        self._plane = plane
        self._publisher = publisher
        self._actor = actor
        self._pull_requests = Tray(lambda tx: tx.deliveries, publication.take, self._publish)
        self._actions = Tray(lambda tx: tx.forge_actions, actions.take, self._act)

    async def run(self) -> None:
        with self._plane.watch.subscribed() as subscription:
            while not self._plane.watch.stopping:
                await self._rest(subscription, await self.look())

    async def look(self) -> timedelta:
        """Delivers all that is due, pull requests first; how long to rest after it."""
        try:
            rests = [await self._empty(self._pull_requests), await self._empty(self._actions)]
        except PloegError as error:
            log.warning("the outbox could not reach the database", error=str(error))
            return AFTER_A_FAULT
        return min(rests)

    async def _empty(self, tray: Tray[T]) -> timedelta:
        """Delivers all of one kind that is due; how long it is until the next."""
        while await self._plane.read(lambda tx: tray.owed(tx).due(tx.now)):
            taken = [each for _ in range(AT_ONCE) if (each := await self._plane.write(tray.take)) is not None]
            await asyncio.gather(*(self._delivered(tray, each) for each in taken))
            if not taken:
                break
        now, due_at = await self._plane.read(lambda tx: (tx.now, tray.owed(tx).next_due()))
        return min(LONGEST_REST, max(due_at - now, timedelta())) if due_at is not None else LONGEST_REST

    async def _delivered(self, tray: Tray[T], item: T) -> None:
        try:
            await tray.deliver(item)
        except PloegError as error:
            log.warning("a delivery could not be noted and is made again", error=str(error))

    async def _publish(self, delivery: Delivery) -> None:
        page = await self._plane.read(pull_request_text.page, delivery)
        if page is None:
            await self._plane.write(publication.drop, delivery)
            return
        made = await self._publisher.publish(delivery, page)
        if made.trouble is None:
            await self._plane.write(merging.delivered, delivery, made.url)
        else:
            await self._plane.write(publication.failed, delivery, made.trouble, made.reason, made.retry_after)

    async def _act(self, action: ForgeAction) -> None:
        objection = await self._plane.read(merging.objection, action)
        match await self._actor.act(action, objection):
            case Done(result):
                await self._plane.write(merging.done, action, result)
            case Waits(reason, scheduled):
                await self._plane.write(actions.waits, action, reason, scheduled=scheduled)
            case Dropped(reason):
                await self._plane.write(actions.dropped, action, reason)
            case Failed(trouble, reason, _, final=True):
                await self._plane.write(actions.given_up, action, trouble, reason)
            case Failed(trouble, reason, retry_after):
                await self._plane.write(actions.failed, action, trouble, reason, retry_after)

    async def _rest(self, subscription: Subscription, duration: timedelta) -> None:
        """That long, or until something is asked for."""
        loop = asyncio.get_running_loop()
        end = loop.time() + duration.total_seconds()
        while (left := end - loop.time()) > 0 and not self._plane.watch.stopping:
            if any(event.type in WAKES for event in await subscription.take(left)):
                return
