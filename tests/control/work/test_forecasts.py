"""What jobs took is remembered, and says whether the next one fits into what is left of a quota."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ploeg.control import installation_view, toolbelt
from ploeg.control.queue import queue_view
from ploeg.control.queue.hold import By
from ploeg.control.queue.queue_view import Place
from ploeg.control.toolbelt.caller import PersonCaller
from ploeg.store.transaction import Transaction
from ploeg.wire.work import AccountInfo, QuotaWindow
from tests.control.house import Hand, House

HOUR = timedelta(hours=1)


@pytest.fixture
def hand(house: House) -> Hand:
    """A worker that did four jobs, each of which took 10 % of its window in half an hour; one more is queued."""
    story = house.story(house.product())
    hand = house.hand()
    for _ in range(4):
        house.run(house.task(story))
        done(house, hand, risen=0.1, used=0.4)
    house.run(house.task(story))
    return hand


def done(house: House, hand: Hand, risen: float, used: float) -> None:
    got = hand.take()
    hand.beat(got, agent_started=True)
    house.clock.turn(minutes=30)
    hand.done(got, quota=[window(house, used, risen)])


def window(house: House, used: float, risen: float | None = None) -> QuotaWindow:
    resets_at = house.clock.now + 4 * HOUR
    told = {"runtime": "patch", "window": "five_hour", "status": "allowed"}
    return QuotaWindow(**told, utilization=used, resets_at=resets_at, risen=risen)


def tell(house: House, hand: Hand, used: float) -> None:
    """Some other job of the same account tells how the window stands now, and ends without having done anything."""
    house.run(house.a_task(f"other-{round(used * 100)}"))
    house.write(first_of_all)
    hand.finish(hand.take(), "reported_failed", quota=[window(house, used)])


def first_of_all(tx: Transaction) -> None:
    """Moves the newest job to the front."""
    (job,) = tx.jobs.of_products([product.id for product in tx.products.all()], limit=1)
    tx.jobs.update(job.evolve(rank=-1))


def place(house: House) -> Place:
    return house.read(queue_view.queue, house.admin, house.installation).queued[-1]


def test_a_queued_job_is_foreseen_to_fit_where_enough_is_left(house: House, hand: Hand) -> None:
    found = place(house).forecast
    assert found is not None
    assert (found.fits, found.text) == (True, "fits: 10 % of five_hour is likely used, 40 % is left")
    (view,) = house.read(installation_view.workers, house.admin)
    assert view.unfit == []


def test_a_job_that_may_not_fit_is_only_said_to_unless_the_installation_holds_it(house: House, hand: Hand) -> None:
    tell(house, hand, 0.75)
    found = place(house)
    assert found.forecast is not None
    assert not found.forecast.fits
    assert found.hold is not None
    assert found.hold.by is By.WORKER
    (view,) = house.read(installation_view.workers, house.admin)
    assert view.unfit == ["demo TASK_IMPLEMENTATION may not fit: 10 % of five_hour is likely used, 5 % is left"]
    shown = house.read(toolbelt.carry_out, PersonCaller(house.admin, house.installation), "show_queue", {})
    assert shown.model_dump()["queued"][0]["forecast"].startswith("may not fit")
    assert hand.claim() is not None


def test_a_job_that_is_held_begins_after_the_reset_and_others_begin_before_it(house: House, hand: Hand) -> None:
    house.installation = replace(house.installation, hold_unfit=True)
    tell(house, hand, 0.75)
    answer = hand.ask()
    assert answer.assignment is None
    found = place(house)
    assert found.hold is not None
    assert found.hold.by is By.QUOTA
    assert "may not fit: 10 % of five_hour" in found.hold.text
    assert answer.ask_again_at is not None
    house.run(house.a_task("unlike"))
    assert hand.take().product.code == "unlike"
    house.clock.now = answer.ask_again_at
    assert hand.take().product.code == "demo"


def test_of_two_accounts_the_one_with_room_takes_the_job(house: House, hand: Hand) -> None:
    house.installation = replace(house.installation, hold_unfit=True)
    hand.info.accounts = [AccountInfo(runtime="patch", name="main"), AccountInfo(runtime="patch", name="spare")]
    tell(house, hand, 0.75)
    assert hand.take().account == "spare"


def test_a_job_whose_runtime_tells_of_no_windows_leaves_nothing_to_foresee(house: House) -> None:
    house.run(house.a_task())
    hand = house.hand()
    got = hand.take()
    hand.beat(got, agent_started=True)
    hand.done(got)
    house.run(house.a_task("another"))
    assert place(house).forecast is None
