"""Who waits for what: long polls for a job, and streams for events.

A new job wakes one waiter that can take it. Room made elsewhere (a lane or a product's limit freed, a job come due)
wakes one waiter of each kind, and each that finds a job wakes the next, since nobody knows how many jobs fit now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ploeg.domain.backlog import StoryStatus, TaskStatus
from ploeg.domain.errors import Unavailable
from ploeg.domain.ids import ProductId, WorkerId
from ploeg.domain.occurrence import Event

#: Events after which a job may be free to go that was not before.
MAKES_ROOM = frozenset(
    {
        "job.done",
        "job.failed",
        "job.skipped",
        "job.cancelled",
        "job.waiting",
        "product.changed",
        "job.changed",
        "sprint_run.changed",
        "user.changed",
    }
)
#: What a task or a story must become for those that need it, and the changes of one that may set others free.
FINISHED = frozenset({TaskStatus.DONE, TaskStatus.EXCLUDED, StoryStatus.DONE})
SETS_FREE = frozenset({"archived", "dependency_removed"})
#: Events that a slow stream may fall behind before it reads them from the database instead.
BACKLOG_MAX = 1000
#: The id of an event that is not stored: streams pass it on while it happens, and nobody can resume behind it.
PASSING = 0


@dataclass(frozen=True, slots=True)
class Fit:
    """What a waiter takes. `products` None is all of them."""

    runtimes: frozenset[str]
    labels: frozenset[str]
    products: frozenset[ProductId] | None

    def takes(self, event: Event) -> bool:
        data: Mapping[str, Any] = event.data
        return (
            data["runtime"] in self.runtimes
            and self.labels.issuperset(data["labels"])
            and (self.products is None or event.product_id in self.products)
        )


class Waiter:
    """One long poll. Not fitted yet, it hears of every job; while it is asking, it only notes to ask again."""

    __slots__ = ("_awake", "asking", "fit", "passes_on", "worker_id")

    def __init__(self) -> None:
        self.fit: Fit | None = None
        self.worker_id: WorkerId | None = None
        self.asking = True
        #: It was woken for room whose size is unknown: if it finds a job, the next one is to look too.
        self.passes_on = False
        self._awake = asyncio.Event()

    @property
    def awake(self) -> bool:
        return self._awake.is_set()

    def ask(self) -> None:
        """What happens from here on counts as news."""
        self.asking = True
        self._awake.clear()

    def wake(self, *, passes_on: bool = False) -> None:
        self.passes_on = self.passes_on or passes_on
        self._awake.set()

    def found_nothing(self, fit: Fit, worker_id: WorkerId | None = None) -> None:
        """There was no job for that fit; what happened while it asked still wakes it."""
        self.fit = fit
        self.worker_id = worker_id
        self.asking = False
        self.passes_on = self.passes_on and self.awake

    async def rest(self, seconds: float) -> None:
        """Until woken, or for that long."""
        try:
            async with asyncio.timeout(seconds):
                await self._awake.wait()
        except TimeoutError:
            pass


class Subscription:
    """One stream's share of the events as they happen."""

    __slots__ = ("_arrived", "_events", "lagging")

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._arrived = asyncio.Event()
        #: Events were dropped; the database has them.
        self.lagging = False

    def offer(self, events: Iterable[Event]) -> None:
        self._events.extend(events)
        if len(self._events) > BACKLOG_MAX:
            self._events.clear()
            self.lagging = True
        self._arrived.set()

    def nudge(self) -> None:
        self._arrived.set()

    async def take(self, seconds: float) -> list[Event]:
        """What has happened since the last call, as soon as something has; nothing after that long."""
        try:
            async with asyncio.timeout(seconds):
                await self._arrived.wait()
        except TimeoutError:
            pass
        self._arrived.clear()
        taken, self._events = self._events, []
        return taken


class Watch:
    """Belongs to one event loop; told of events after their commit, in order."""

    def __init__(self) -> None:
        self._waiters: dict[Waiter, None] = {}
        self._subscriptions: dict[Subscription, None] = {}
        self.stopping = False

    @property
    def waiters(self) -> int:
        """How many requests wait for a job now."""
        return len(self._waiters)

    def tell(self, events: Iterable[Event]) -> None:
        events = list(events)
        if not events:
            return
        for subscription in self._subscriptions:
            subscription.offer(events)
        for event in events:
            if event.type == "job.queued":
                if event.data.get("not_before") is None:
                    self._wake_one_for(event)
            elif event.type in MAKES_ROOM or _lets_others_begin(event):
                self.wake_each_kind()

    @contextmanager
    def waiting(self) -> Iterator[Waiter]:
        """A waiter, registered. One that leaves without using its wake hands it on."""
        if self.stopping:
            raise Unavailable("the server is stopping")
        waiter = Waiter()
        self._waiters[waiter] = None
        try:
            yield waiter
        finally:
            del self._waiters[waiter]
            if waiter.passes_on or (waiter.awake and not waiter.asking):
                self._wake_like(waiter)

    @contextmanager
    def subscribed(self) -> Iterator[Subscription]:
        if self.stopping:
            raise Unavailable("the server is stopping")
        subscription = Subscription()
        self._subscriptions[subscription] = None
        try:
            yield subscription
        finally:
            del self._subscriptions[subscription]

    def wake_each_kind(self) -> None:
        """One resting waiter of each kind looks for work, and all that are asking ask again."""
        woken: set[Fit | None] = set()
        for waiter in self._waiters:
            if waiter.asking:
                waiter.wake(passes_on=True)
            elif not waiter.awake and waiter.fit not in woken:
                woken.add(waiter.fit)
                waiter.wake(passes_on=True)

    def stop(self) -> None:
        """Every wait ends now, and none begins any more."""
        self.stopping = True
        for waiter in self._waiters:
            waiter.wake()
        for subscription in self._subscriptions:
            subscription.nudge()

    def _wake_one_for(self, event: Event) -> None:
        """Of those that fit, the worker that has the job's conversation goes first."""
        wanted = event.data.get("resumes_on")
        chosen: Waiter | None = None
        for waiter in self._waiters:
            if waiter.fit is not None and not waiter.fit.takes(event):
                continue
            if waiter.asking:
                waiter.wake()
            elif not waiter.awake and (chosen is None or (wanted is not None and waiter.worker_id == wanted)):
                chosen = waiter
        if chosen is not None:
            chosen.wake()

    def _wake_like(self, left: Waiter) -> None:
        for waiter in self._waiters:
            if waiter.fit == left.fit and not waiter.asking and not waiter.awake:
                waiter.wake(passes_on=left.passes_on)
                return


def _lets_others_begin(event: Event) -> bool:
    """A prerequisite is done, or something no longer waits for people's review."""
    if event.type == "pbi.changed":
        return True
    if event.type not in {"task.changed", "story.changed"}:
        return False
    if event.data.get("was") == TaskStatus.REVIEW:
        return True
    return event.data.get("status") in FINISHED or event.data.get("change") in SETS_FREE
