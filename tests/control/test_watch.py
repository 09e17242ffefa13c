from __future__ import annotations

import asyncio
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest

from ploeg.control.watch import BACKLOG_MAX, Fit, Waiter, Watch
from ploeg.domain.errors import Unavailable
from ploeg.domain.ids import ProductId, WorkerId
from ploeg.domain.occurrence import Event

pytestmark = pytest.mark.anyio

PATCH = Fit(frozenset({"patch"}), frozenset(), None)
CLAUDE = Fit(frozenset({"claude"}), frozenset({"gpu"}), frozenset({ProductId("prd_1")}))


def event(type_: str = "job.queued", number: int = 1, product: str = "prd_1", **data: Any) -> Event:
    said = {"runtime": "patch", "labels": [], "not_before": None, **data}
    return Event(id=number, at=datetime.now(UTC), type=type_, actor="server", product_id=ProductId(product), data=said)


def resting(watch: Watch, stack: ExitStack, fit: Fit = PATCH, worker: str = "wrk_1") -> Waiter:
    waiter = stack.enter_context(watch.waiting())
    waiter.found_nothing(fit, WorkerId(worker))
    return waiter


async def test_a_job_that_goes_on_wakes_the_worker_that_has_its_conversation() -> None:
    watch = Watch()
    with ExitStack() as stack:
        waiters = [resting(watch, stack, worker=worker) for worker in ("one", "two", "three")]
        watch.tell([event(resumes_on="two")])
        assert [waiter.awake for waiter in waiters] == [False, True, False]
        watch.tell([event(number=2, resumes_on="two")])
        assert [waiter.awake for waiter in waiters] == [True, True, False]


async def test_one_job_wakes_one_waiter() -> None:
    watch = Watch()
    with ExitStack() as stack:
        waiters = [resting(watch, stack) for _ in range(5)]
        watch.tell([event()])
        assert [waiter.awake for waiter in waiters] == [True, False, False, False, False]
        watch.tell([event(number=2)])
        assert sum(waiter.awake for waiter in waiters) == 2


@pytest.mark.parametrize(
    ("data", "wakes"),
    [
        ({"runtime": "claude", "labels": ["gpu"]}, True),
        ({"runtime": "claude", "labels": []}, True),
        ({"runtime": "claude", "labels": ["gpu", "big"]}, False),
        ({"runtime": "codex", "labels": []}, False),
        ({"runtime": "claude", "labels": [], "product": "prd_2"}, False),
        ({"runtime": "claude", "labels": [], "not_before": datetime.now(UTC)}, False),
    ],
)
async def test_a_job_wakes_only_a_waiter_that_can_take_it(data: dict[str, Any], wakes: bool) -> None:
    watch = Watch()
    with ExitStack() as stack:
        patch, claude = resting(watch, stack), resting(watch, stack, CLAUDE)
        watch.tell([event(**data)])
        assert (patch.awake, claude.awake) == (False, wakes)


async def test_a_job_that_arrives_while_a_waiter_asks_makes_it_ask_again() -> None:
    watch = Watch()
    with watch.waiting() as waiter:
        waiter.ask()
        watch.tell([event()])
        waiter.found_nothing(PATCH)
        async with asyncio.timeout(5):
            await waiter.rest(60)
        assert waiter.awake


async def test_a_wake_that_its_waiter_does_not_use_goes_to_the_next() -> None:
    watch = Watch()
    with ExitStack() as stack:
        with ExitStack() as leaving:
            resting(watch, leaving)
            second = resting(watch, stack)
            watch.tell([event()])
            assert not second.awake
        assert second.awake


async def test_room_wakes_one_waiter_of_each_kind_and_each_that_finds_a_job_wakes_the_next() -> None:
    watch = Watch()
    with ExitStack() as stack:
        with ExitStack() as finds_a_job:
            first = resting(watch, finds_a_job)
            second, other = resting(watch, stack), resting(watch, stack, CLAUDE)
            watch.tell([event("job.done")])
            assert (first.awake, second.awake, other.awake) == (True, False, True)
            first.ask()
        assert second.awake


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ("job.changed", {"rank": -1}),
        ("task.changed", {"was": "REVIEW", "status": "TO_DO"}),
        ("pbi.changed", {"change": "pr_merged"}),
        ("product.changed", {"change": "edited"}),
    ],
)
async def test_a_rule_that_may_hold_nothing_back_any_more_wakes_who_waits(type_: str, data: dict[str, Any]) -> None:
    watch = Watch()
    with ExitStack() as stack:
        waiter = resting(watch, stack)
        watch.tell([event("task.changed", was="TO_DO", status="IN_PROGRESS")])
        assert not waiter.awake
        watch.tell([event(type_, **data)])
        assert waiter.awake


async def test_a_waiter_that_finds_nothing_wakes_nobody() -> None:
    watch = Watch()
    with ExitStack() as stack:
        with ExitStack() as leaving:
            first = resting(watch, leaving)
            second = resting(watch, stack)
            watch.tell([event("job.done")])
            first.ask()
            first.found_nothing(PATCH)
        assert not second.awake


async def test_a_rest_ends_by_itself() -> None:
    watch = Watch()
    with watch.waiting() as waiter:
        async with asyncio.timeout(5):
            await waiter.rest(0.001)
        assert not waiter.awake


async def test_stopping_ends_every_wait_and_lets_none_begin() -> None:
    watch = Watch()
    with watch.waiting() as waiter, watch.subscribed() as subscription:
        watch.stop()
        async with asyncio.timeout(5):
            await waiter.rest(60)
            assert await subscription.take(60) == []
    for door in (watch.waiting, watch.subscribed):
        with pytest.raises(Unavailable), door():
            pass


async def test_a_stream_that_falls_far_behind_is_told_to_read_again() -> None:
    watch = Watch()
    with watch.subscribed() as slow:
        for number in range(BACKLOG_MAX + 1):
            watch.tell([event(number=number)])
        assert slow.lagging
        assert await slow.take(5) == []


async def test_a_thousand_waiters_are_woken_by_one_stop() -> None:
    watch = Watch()

    async def wait() -> None:
        with watch.waiting() as waiter:
            waiter.found_nothing(PATCH)
            await waiter.rest(60)

    waits = [asyncio.create_task(wait()) for _ in range(1000)]
    await asyncio.sleep(0)
    watch.stop()
    async with asyncio.timeout(5):
        await asyncio.gather(*waits)
