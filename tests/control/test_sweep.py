from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from ploeg.control import sweep
from ploeg.control.leap import Leap
from ploeg.control.products import products
from ploeg.control.queue import schedules
from ploeg.control.queue.submit import Wish
from ploeg.control.sweep import Sweeper
from ploeg.control.watch import Fit
from ploeg.control.work import cancel, dispatch, report
from ploeg.domain.attempt import Outcome
from ploeg.domain.errors import Superseded
from ploeg.domain.job import JobStatus
from ploeg.domain.lease import LeaseTerms
from ploeg.wire.work import ClaimRequest, FinishReport
from tests.control.house import House

pytestmark = pytest.mark.anyio


async def test_an_attempt_whose_lease_ran_out_lost_its_worker(house: House) -> None:
    house.run(house.a_task())
    hand = house.hand()
    got = hand.take()
    house.clock.turn(seconds=299)
    assert house.write(sweep.reap) == 0
    house.clock.turn(seconds=1)
    assert house.write(sweep.reap) == 1
    assert house.attempt(got).outcome is Outcome.WORKER_LOST
    job = house.job(got)
    assert (job.status, job.counted) == (JobStatus.QUEUED, 1)
    with pytest.raises(Superseded):
        hand.done(got)


async def test_a_renewed_lease_is_left_alone(house: House) -> None:
    house.run(house.a_task())
    hand = house.hand()
    got = hand.take()
    house.clock.turn(seconds=200)
    hand.beat(got)
    house.clock.turn(seconds=299)
    assert house.write(sweep.reap) == 0


async def test_a_cancelled_job_whose_worker_never_answers_ends_with_its_lease(house: House) -> None:
    house.run(house.a_task())
    got = house.hand().take()
    house.write(cancel.cancel, house.admin, "J-1", "enough")
    house.clock.turn(minutes=5)
    house.write(sweep.reap)
    job = house.job(got)
    assert (job.status, job.reason) == (JobStatus.CANCELLED, "enough")


async def test_the_sweep_rests_until_the_next_moment_at_which_something_is_due(house: House) -> None:
    sweeper = Sweeper(house.plane)
    assert (await sweeper.look())[0] == sweep.LONGEST_REST
    house.run(house.a_task())
    hand = house.hand()
    got = hand.take()
    hand.beat(got)
    house.clock.turn(seconds=290)
    rest, until = await sweeper.look()
    assert (rest.total_seconds(), until) == (10, house.clock.now + rest)


async def test_a_job_put_off_brings_the_next_look_forward(house: House) -> None:
    sweeper = Sweeper(house.plane)
    rest, until = await sweeper.look()
    house.run(house.a_task())
    hand = house.hand()
    got = hand.take()
    with house.plane.watch.subscribed() as subscription:
        resting = asyncio.create_task(sweeper.rest(subscription, rest, until))
        crashed = FinishReport(outcome="agent_crashed", phase="agent")
        await house.plane.work(hand.secret, report.finish, house.installation, got.attempt_id, crashed)
        async with asyncio.timeout(5):
            await resting


async def test_a_lease_taken_while_it_rests_is_not_looked_at_late(house: House) -> None:
    house.installation = replace(house.installation, lease=LeaseTerms(seconds=3, renew_every=1))
    sweeper = Sweeper(house.plane)
    rest, until = await sweeper.look()
    assert rest > timedelta(seconds=3)
    house.run(house.a_task())
    hand = house.hand()
    with house.plane.watch.subscribed() as subscription:
        resting = asyncio.create_task(sweeper.rest(subscription, rest, until))
        request = ClaimRequest(worker=hand.info, claim_key="key")
        await house.plane.work(hand.secret, dispatch.claim, house.installation, request)
        async with asyncio.timeout(5):
            await resting


async def test_what_comes_due_goes_to_a_worker_that_waits(house: House) -> None:
    house.run(house.a_task())
    hand = house.hand()
    hand.finish(hand.take(), "agent_crashed")
    with house.plane.watch.waiting() as waiter:
        waiter.found_nothing(Fit(frozenset({"patch"}), frozenset(), None))
        house.clock.turn(seconds=11)
        await Sweeper(house.plane).look()
        assert waiter.awake


async def test_a_product_that_opens_and_a_schedule_that_is_due_are_looked_at_in_their_moment(house: House) -> None:
    task = house.a_task()
    sweeper = Sweeper(house.plane)
    until = (await sweeper.look())[1]
    hours = {"windows": "12:00-13:00", "time_zone": "UTC"}
    with house.plane.watch.subscribed() as subscription:
        resting = asyncio.create_task(sweeper.rest(subscription, timedelta(hours=1), until))
        house.clock.turn(seconds=-20)
        await house.plane.write(products.edit, house.admin, "demo", {"active_hours": hours})
        async with asyncio.timeout(5):
            await resting
    await house.plane.write(schedules.add, house.admin, task, "1 12 * * *", "UTC", Wish())
    assert (await sweeper.look())[1] == house.clock.turn(seconds=20), "the product opens"
    house.clock.turn(seconds=50)
    until = (await sweeper.look())[1]
    assert until == house.clock.turn(seconds=10), "the schedule is due"
    await sweeper.look()
    assert house.hand().take().job_code == "J-1"


async def test_a_server_that_slept_lets_every_worker_renew_before_it_takes_a_job_away(house: House) -> None:
    house.run(house.a_task())
    hand = house.hand()
    got = hand.take()
    awake = [0.0]
    leap = Leap(lambda: house.clock.now.timestamp(), lambda: awake[0])
    sweeper = Sweeper(house.plane, leap)
    house.clock.turn(hours=8)
    rest, _ = await sweeper.look()
    assert house.attempt(got).active
    assert rest == timedelta(seconds=house.installation.lease.renew_every)

    hand.beat(got)
    house.clock.turn(seconds=15)
    awake[0] += 15
    await sweeper.look()
    assert house.attempt(got).active
    house.clock.turn(minutes=6)
    awake[0] += 360
    await sweeper.look()
    assert house.attempt(got).outcome is Outcome.WORKER_LOST


async def test_the_first_look_waits_until_every_worker_could_renew(house: House) -> None:
    house.run(house.a_task())
    got = house.hand().take()
    house.clock.turn(hours=1)
    running = asyncio.create_task(Sweeper(house.plane).run())
    done, _ = await asyncio.wait({running}, timeout=0.05)
    assert not done
    assert house.attempt(got).active
    running.cancel()
