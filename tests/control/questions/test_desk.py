"""Workers that wait for a job, over a real store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ploeg.control.backlog import backlog, dependencies
from ploeg.control.backlog.placing import Place
from ploeg.control.people import people
from ploeg.control.products import products
from ploeg.control.questions.desk import next_assignment
from ploeg.control.queue import submit
from ploeg.control.queue.submit import Wish
from ploeg.control.sprints import sprint_runs
from ploeg.control.work import report
from ploeg.domain.codes import CodeKind
from ploeg.domain.errors import Invalid, Unauthenticated, Unavailable
from ploeg.domain.job import JobStatus
from ploeg.wire.assignment import Assignment
from ploeg.wire.work import ClaimRequest, FinishReport
from tests.control.house import Hand, House
from tests.control.sprinting import Sprinting

pytestmark = pytest.mark.anyio


async def never() -> None:
    await asyncio.Event().wait()


def wait(
    hand: Hand, key: str = "key", seconds: float = 30, gone: Callable[[], Coroutine[Any, Any, None]] = never
) -> asyncio.Task[Assignment | None]:
    request = ClaimRequest(worker=hand.info, claim_key=key, wait_seconds=seconds)
    return asyncio.create_task(next_assignment(hand.house.plane, hand.secret, request, gone))


async def rested(house: House, count: int) -> None:
    """Until that many waiters rest."""
    async with asyncio.timeout(10):
        while sum(not waiter.asking for waiter in house.plane.watch._waiters) < count:
            await house.plane.read(lambda tx: tx.now)


async def queue(house: House, task: str, **wish: Any) -> None:
    await house.plane.write(submit.run_task, house.admin, house.installation, task, Wish(**wish))


async def test_a_waiting_worker_gets_a_job_as_soon_as_it_is_queued(house: House) -> None:
    task = house.a_task()
    waiting = wait(house.hand())
    await rested(house, 1)
    await queue(house, task)
    async with asyncio.timeout(5):
        got = await waiting
    assert got is not None
    assert got.job_code == "J-1"


async def test_a_run_that_goes_on_reaches_a_waiting_worker(house: House) -> None:
    scene = Sprinting.of(house)
    scene.start()
    scene.pause()
    waiting = wait(house.hand())
    await rested(house, 1)
    await house.plane.write(sprint_runs.resume, house.admin, house.installation, scene.code)
    async with asyncio.timeout(5):
        got = await waiting
    assert got is not None
    assert got.job_code == "J-1"


async def test_a_waiting_worker_gets_a_job_as_soon_as_what_it_needs_is_done(house: House) -> None:
    story = house.story(house.product())
    first, second = house.task(story), house.task(story)
    await house.plane.write(dependencies.add, house.admin, CodeKind.TASK, second, first)
    await queue(house, second)
    waiting = wait(house.hand())
    await rested(house, 1)
    await house.plane.write(backlog.edit_task, house.admin, first, {"status": "DONE"}, Place())
    async with asyncio.timeout(5):
        got = await waiting
    assert got is not None
    assert got.job_code == "J-1"


async def test_one_job_ends_the_wait_of_one_worker(house: House) -> None:
    task = house.a_task()
    waits = [wait(house.hand(f"worker {n}")) for n in range(5)]
    await rested(house, 5)
    await queue(house, task)
    async with asyncio.timeout(5):
        done, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    assert (len(done), len(pending)) == (1, 4)
    assert sum(waiter.awake for waiter in house.plane.watch._waiters) == 0
    for waiting in pending:
        waiting.cancel()


async def test_many_jobs_reach_many_workers_each_once(house: House) -> None:
    house.product()
    tasks = [house.task(house.story()) for _ in range(12)]
    waits = [wait(house.hand(f"worker {n}")) for n in range(12)]
    await asyncio.gather(*(queue(house, task) for task in tasks))
    async with asyncio.timeout(20):
        got = await asyncio.gather(*waits)
    assert len({each.job_id for each in got if each is not None}) == 12


async def test_a_wait_without_a_job_ends_with_nothing(house: House) -> None:
    async with asyncio.timeout(5):
        assert await wait(house.hand(), seconds=0.01) is None
        assert await wait(house.hand("two"), seconds=0) is None


@pytest.mark.parametrize("seconds", [-1, 61, float("nan"), float("inf")])
async def test_a_wait_of_no_sensible_length_is_refused(house: House, seconds: float) -> None:
    with pytest.raises(Invalid):
        await wait(house.hand(), seconds=seconds)


async def test_the_next_task_of_a_story_starts_when_the_one_before_has_ended(house: House) -> None:
    story = house.story(house.product())
    for _ in range(2):
        house.run(house.task(story))
    first, second = house.hand("one"), house.hand("two")
    got = await wait(first)
    assert got is not None
    waiting = wait(second)
    await rested(house, 1)
    failed = FinishReport(outcome="reported_failed", phase="report")
    await house.plane.work(first.secret, report.finish, house.installation, got.attempt_id, failed)
    async with asyncio.timeout(5):
        after = await waiting
    assert after is not None
    assert after.job_code == "J-2"


async def test_room_for_several_jobs_is_filled_by_several_workers(house: House) -> None:
    house.product(max_concurrent_jobs=1)
    tasks = [house.task(house.story()) for _ in range(3)]
    busy = house.hand("busy")
    for task in tasks:
        house.run(task)
    await wait(busy)
    waits = [wait(house.hand(f"worker {n}")) for n in range(2)]
    await rested(house, 2)
    await house.plane.write(products.edit, house.admin, "demo", {"max_concurrent_jobs": 3})
    async with asyncio.timeout(5):
        got = await asyncio.gather(*waits)
    assert all(got)


async def test_a_worker_that_hung_up_is_given_nothing(house: House) -> None:
    task = house.a_task()
    hung_up = asyncio.Event()

    async def gone() -> None:
        await hung_up.wait()

    waiting = wait(house.hand("gone"), gone=gone)
    await rested(house, 1)
    hung_up.set()
    async with asyncio.timeout(5):
        assert await waiting is None
    await queue(house, task)
    assert house.read(lambda tx: tx.jobs.by_number(1)).status is JobStatus.QUEUED  # type: ignore[union-attr]


async def test_a_claim_that_was_cut_off_is_not_lost_to_the_same_worker(house: House) -> None:
    task = house.a_task()
    hand = house.hand()
    waiting = wait(hand, "key")
    await rested(house, 1)
    house.run(task)
    house.plane.watch.wake_each_kind()
    await asyncio.sleep(0)
    waiting.cancel()
    async with asyncio.timeout(5):
        got = await wait(hand, "key")
    assert got is not None
    assert (got.job_code, got.attempt_number) == ("J-1", 1)


async def test_a_blocked_runtime_asks_again_when_its_block_lifts(house: House) -> None:
    house.run(house.a_task())
    hand = house.hand()
    back = datetime.now(UTC) + timedelta(milliseconds=50)
    house.clock.now = back - timedelta(milliseconds=50)
    hand.finish(hand.take(), "quota_exhausted", reset_at=back)
    waiting = wait(hand)
    await rested(house, 1)
    house.clock.now = back + timedelta(milliseconds=50)
    async with asyncio.timeout(5):
        assert await waiting is not None


async def test_a_stopping_server_ends_every_wait(house: House) -> None:
    waits = [wait(house.hand(f"worker {n}")) for n in range(3)]
    await rested(house, 3)
    house.plane.watch.stop()
    async with asyncio.timeout(5):
        for waiting in waits:
            with pytest.raises(Unavailable):
                await waiting


async def test_a_token_that_is_revoked_while_its_worker_waits_gets_no_job(house: House) -> None:
    task = house.a_task()
    hand = house.hand()
    waiting = wait(hand)
    await rested(house, 1)
    await house.plane.write(people.revoke_token, house.admin, hand.actor.token_id)
    await queue(house, task)
    async with asyncio.timeout(5):
        with pytest.raises(Unauthenticated):
            await waiting
