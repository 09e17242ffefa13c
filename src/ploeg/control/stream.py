"""Events as they happen, for one viewer: what it may see, from the id it names, without a gap and in order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from ploeg.control import find
from ploeg.control.people import people
from ploeg.control.plane import ControlPlane
from ploeg.control.watch import PASSING, Subscription
from ploeg.domain.access import Scope
from ploeg.domain.errors import PloegError
from ploeg.domain.ids import JobId, ProductId, UserId
from ploeg.domain.occurrence import Event
from ploeg.store.transaction import Transaction

KEEP_ALIVE_SECONDS = 15.0
PAGE = 200

#: After these a viewer may see other things than before, or nothing at all.
_CHANGES_SIGHT = frozenset({"token.revoked", "product.changed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a viewer asks for: by reference, None for all that it may see."""

    product: str | None = None
    job: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sight:
    """What a viewer may see, and asked for. `products` None is all of them."""

    viewer: UserId
    #: The viewer, whose own matters come along; None where only a product's are asked for.
    user_id: UserId | None
    products: frozenset[ProductId] | None
    job_id: JobId | None
    #: The newest event there is.
    last: int

    def sees(self, event: Event) -> bool:
        if event.private and event.user_id != self.viewer:
            return False
        if self.job_id is not None:
            return event.job_id == self.job_id
        if self.products is None:
            return True
        if event.product_id is not None:
            return event.product_id in self.products
        return event.user_id is not None and event.user_id == self.user_id


class Stream:
    """One viewer's stream. Open it before the first byte is answered: it raises as any other door does."""

    def __init__(self, plane: ControlPlane, secret: str, wanted: Filter) -> None:
        self._plane = plane
        self._secret = secret
        self._wanted = wanted

    async def open(self, after: int | None) -> None:
        """From behind that event, or from now."""
        self._sight = await self._plane.read(_sight, self._secret, self._wanted)
        self._last = self._sight.last if after is None else after

    async def events(self) -> AsyncIterator[list[Event]]:
        """New events in batches; an empty one is a sign of life. Ends with the token's life or the server's."""
        with self._plane.watch.subscribed() as subscription:
            # What changed the viewer's sight between `open` and here is not told to this subscription.
            alive = await self._look_again()
            behind = True
            while alive and not self._plane.watch.stopping:
                if behind:
                    stored = await self._stored()
                    behind = len(stored) == PAGE
                    if stored:
                        yield stored
                    continue
                happened = await subscription.take(KEEP_ALIVE_SECONDS)
                if not happened or any(event.type in _CHANGES_SIGHT for event in happened):
                    alive = await self._look_again()
                    behind = True
                behind = self._missed_some(happened, subscription) or behind
                fresh = self._fresh(happened, only_passing=behind)
                if alive and (fresh or not happened):
                    yield fresh

    async def _stored(self) -> list[Event]:
        """The next page from the database, which is behind nothing."""
        events, newest = await self._plane.read(_page, self._sight, self._last)
        self._last = events[-1].id if len(events) == PAGE else max(self._last, newest)
        return events

    async def _look_again(self) -> bool:
        """What the viewer may see now; False when it may see nothing any more."""
        try:
            self._sight = await self._plane.read(_sight, self._secret, self._wanted)
        except PloegError:
            return False
        return True

    def _fresh(self, happened: list[Event], *, only_passing: bool) -> list[Event]:
        """What to show of that now; the rest will come from the database."""
        seen = [event for event in happened if self._sight.sees(event)]
        if only_passing:
            return [event for event in seen if event.id == PASSING]
        self._last = max([self._last, *(event.id for event in happened)])
        return seen

    def _missed_some(self, happened: list[Event], subscription: Subscription) -> bool:
        if subscription.lagging:
            subscription.lagging = False
            return True
        ids = [event.id for event in happened if event.id != PASSING]
        return ids != list(range(self._last + 1, self._last + 1 + len(ids)))


def _sight(tx: Transaction, secret: str, wanted: Filter) -> _Sight:
    caller = people.person(tx, secret)
    caller.require(Scope.READ)
    job = find.job(tx, caller, wanted.job) if wanted.job is not None else None
    products: frozenset[ProductId] | None = None
    if wanted.product is not None:
        products = frozenset({find.product(tx, caller, wanted.product).id})
    elif not caller.user.is_admin:
        products = frozenset(product.id for product in find.visible_products(tx, caller))
    return _Sight(
        viewer=caller.user.id,
        user_id=caller.user.id if wanted.product is None else None,
        products=products,
        job_id=job.id if job is not None else None,
        last=tx.events.last_id(),
    )


def _page(tx: Transaction, sight: _Sight, after: int) -> tuple[list[Event], int]:
    """The next events that the viewer sees, and the newest event there is, seen or not."""
    newest = tx.events.last_id()
    products = None if sight.products is None else sorted(sight.products)
    found = tx.events.after(after, products, PAGE, job_id=sight.job_id, user_id=sight.user_id, viewer=sight.viewer)
    return found, newest
