"""Where workers wait for a job: a claim that is held until something fits, its time is up, or the server stops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from ploeg.control.plane import ControlPlane
from ploeg.control.watch import Fit, Waiter
from ploeg.control.work import dispatch
from ploeg.control.work.last_words import with_last_words
from ploeg.domain.errors import Invalid, Unavailable
from ploeg.store.claims import Offer
from ploeg.wire.assignment import Assignment
from ploeg.wire.work import ClaimRequest

LONGEST_WAIT = 60.0


async def next_assignment(
    plane: ControlPlane, secret: str, request: ClaimRequest, gone: Callable[[], Coroutine[Any, Any, None]]
) -> Assignment | None:
    """The next job that fits the worker, as soon as there is one; None when the wait is over without one.

    `gone` returns when the worker has hung up: from then on it is given nothing.
    """
    if not 0 <= request.wait_seconds <= LONGEST_WAIT:
        raise Invalid("wait_seconds", request.wait_seconds, f"give 0 to {LONGEST_WAIT:g} seconds")
    loop = asyncio.get_running_loop()
    until = loop.time() + request.wait_seconds
    with plane.watch.waiting() as waiter, _HangUp(gone, waiter) as hung_up:
        while True:
            waiter.ask()
            answer = await plane.work(secret, dispatch.claim, plane.installation, request)
            if answer.assignment is not None:
                break
            waiter.found_nothing(_fit(answer.offer), answer.worker_id)
            left = until - loop.time()
            if left <= 0:
                return None
            hung_up.listen()
            await waiter.rest(min(left, _seconds_to(answer.ask_again_at)))
            if plane.watch.stopping:
                raise Unavailable("the server is stopping")
            if hung_up.heard:
                return None
    return await with_last_words(plane, answer.assignment)


class _HangUp:
    """Wakes the waiter when its worker has gone; listens only once there is something to wait for."""

    def __init__(self, gone: Callable[[], Coroutine[Any, Any, None]], waiter: Waiter) -> None:
        self._gone = gone
        self._waiter = waiter
        self._listener: asyncio.Task[None] | None = None

    def __enter__(self) -> _HangUp:
        return self

    def __exit__(self, *_: object) -> None:
        if self._listener is not None:
            self._listener.cancel()

    @property
    def heard(self) -> bool:
        return self._listener is not None and self._listener.done()

    def listen(self) -> None:
        if self._listener is None:
            self._listener = asyncio.create_task(self._gone())
            self._listener.add_done_callback(lambda _: self._waiter.wake())


def _fit(offer: Offer) -> Fit:
    products = None if offer.product_ids is None else frozenset(offer.product_ids)
    return Fit(frozenset(offer.runtimes), frozenset(offer.labels), products)


def _seconds_to(moment: datetime | None) -> float:
    if moment is None:
        return LONGEST_WAIT
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0) + 0.01
