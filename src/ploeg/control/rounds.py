"""Rows that fall due, taken by one server at a time and seen to outside any transaction, again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

import structlog

from ploeg.control.plane import ControlPlane
from ploeg.control.watch import Subscription
from ploeg.domain.errors import PloegError
from ploeg.store.transaction import Transaction

#: However far away the next row is, look again after this long: another server may have added one.
LONGEST_REST = timedelta(seconds=30)
AFTER_A_FAULT = timedelta(seconds=5)
#: What one server has under way at the same time, of each tray.
AT_ONCE = 4

T = TypeVar("T")

log = structlog.get_logger("ploeg.rounds")


class Owed(Protocol):
    """The rows of one kind that are due at some moment."""

    def due(self, now: datetime) -> bool: ...

    def next_due(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Tray(Generic[T]):
    """One kind of rows: where they lie, how one of them is taken, and how that is seen to."""

    owed: Callable[[Transaction], Owed]
    take: Callable[[Transaction], T | None]
    see_to: Callable[[T], Awaitable[None]]


class Rounds:
    """Runs beside the server. Events of the types in `wakes` say that something may be due at once."""

    def __init__(self, plane: ControlPlane, wakes: Set[str], *trays: Tray[Any]) -> None:
        self._plane = plane
        self._wakes = wakes
        self._trays = trays

    async def run(self) -> None:
        with self._plane.watch.subscribed() as subscription:
            while not self._plane.watch.stopping:
                await self._rest(subscription, await self.look())

    async def look(self) -> timedelta:
        """Sees to all that is due, tray by tray; how long to rest after it."""
        try:
            due, rest = await self._plane.read(self._owed)
            if due:
                for tray in self._trays:
                    await self._empty(tray)
                _, rest = await self._plane.read(self._owed)
        except PloegError as error:
            log.warning("the database could not be reached", error=str(error))
            return AFTER_A_FAULT
        return rest

    def _owed(self, tx: Transaction) -> tuple[bool, timedelta]:
        """Whether anything is due, and how long it is until the next row that has its moment, in any tray."""
        owed = [tray.owed(tx) for tray in self._trays]
        moments = [moment for each in owed if (moment := each.next_due()) is not None]
        rest = min([max(moment - tx.now, timedelta()) for moment in moments], default=LONGEST_REST)
        return any(each.due(tx.now) for each in owed), min(rest, LONGEST_REST)

    async def _empty(self, tray: Tray[T]) -> None:
        while await self._plane.read(lambda tx: tray.owed(tx).due(tx.now)):
            taken = [each for _ in range(AT_ONCE) if (each := await self._plane.write(tray.take)) is not None]
            await asyncio.gather(*(self._seen_to(tray, each) for each in taken))
            if not taken:
                break

    async def _seen_to(self, tray: Tray[T], row: T) -> None:
        try:
            await tray.see_to(row)
        except PloegError as error:
            log.warning("what was done could not be noted, and is done again", error=str(error))
        except Exception:  # a flaw in one must not end the rounds of all the others
            log.exception("what is due could not be seen to, and is tried again")

    async def _rest(self, subscription: Subscription, duration: timedelta) -> None:
        """That long, or until an event says that something may be due."""
        loop = asyncio.get_running_loop()
        end = loop.time() + duration.total_seconds()
        while (left := end - loop.time()) > 0 and not self._plane.watch.stopping:
            if any(event.type in self._wakes for event in await subscription.take(left)):
                return
