from __future__ import annotations

import pytest

from ploeg.control.products import products
from ploeg.control.work import cancel
from ploeg.domain.errors import Conflict, Denied
from ploeg.domain.job import JobStatus
from tests.control.house import Hand, House


@pytest.fixture
def hand(house: House) -> Hand:
    house.run(house.a_task())
    return house.hand()


def test_a_queued_job_is_cancelled_at_once(house: House) -> None:
    job = house.run(house.a_task())
    house.write(cancel.cancel, house.admin, job.code, "not needed")
    cancelled = house.job(job)
    assert (cancelled.status, cancelled.reason) == (JobStatus.CANCELLED, "not needed")
    assert house.hand().claim() is None


def test_a_held_job_is_cancelled_through_its_worker(house: House, hand: Hand) -> None:
    got = hand.take()
    hand.beat(got, agent_started=True)
    house.write(cancel.cancel, house.admin, "J-1")
    house.write(cancel.cancel, house.admin, "J-1")
    assert house.job(got).status is JobStatus.RUNNING
    assert hand.beat(got).order == "cancel"
    hand.finish(got, "cancelled")
    job = house.job(got)
    assert (job.status, job.reason) == (JobStatus.CANCELLED, "cancelled by admin")
    assert house.told().count("job.cancel_requested") == 1


@pytest.mark.parametrize("outcome", ["worker_lost", "worker_stopped", "agent_crashed", "quota_exhausted", "waiting"])
def test_a_cancelled_job_is_never_queued_again(house: House, hand: Hand, outcome: str) -> None:
    got = hand.take()
    house.write(cancel.cancel, house.admin, "J-1")
    assert hand.finish(got, outcome).job_status == "cancelled"


def test_work_that_was_done_before_the_order_arrived_stays_done(house: House, hand: Hand) -> None:
    got = hand.take()
    house.write(cancel.cancel, house.admin, "J-1")
    assert hand.done(got).job_status == "done"


def test_an_ended_job_is_not_cancelled(house: House, hand: Hand) -> None:
    hand.done(hand.take())
    with pytest.raises(Conflict, match="it is done"):
        house.write(cancel.cancel, house.admin, "J-1")


def test_a_viewer_cancels_nothing(house: House, hand: Hand) -> None:
    ada = house.person("ada")
    house.write(products.set_member, house.admin, "demo", "ada", "viewer")
    with pytest.raises(Denied):
        house.write(cancel.cancel, ada, "J-1")
