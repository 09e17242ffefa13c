"""Several accounts for a runtime: each has its own windows, walls and sign-in, and one goes on where another stands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ploeg.control import installation_view
from ploeg.control.work import presence, quota, report
from ploeg.domain.account import Purse, Seat
from ploeg.domain.attempt import Attempt
from ploeg.domain.errors import Invalid, NotFound
from ploeg.domain.job import JobStatus
from ploeg.domain.worker import WorkerRecord, WorkerState
from ploeg.wire.assignment import Assignment
from ploeg.wire.work import AccountInfo, Handback, QuotaWindow
from tests.control.house import Hand, House

MAIN, SPARE = Seat("patch", "main"), Seat("patch", "spare")
HOUR = timedelta(hours=1)


@pytest.fixture
def hand(house: House) -> Hand:
    """A worker with two accounts, and three jobs in the queue."""
    for number in range(3):
        house.run(house.a_task(f"demo-{number}"))
    hand = house.hand()
    hand.info.slots = 3
    hand.info.accounts = [
        AccountInfo(runtime="patch", name="main", purse="subscription"),
        AccountInfo(runtime="patch", name="spare", purse="api_key"),
    ]
    return hand


def window(house: House, used: float | None, *, status: str = "allowed", hours: float = 2) -> QuotaWindow:
    resets_at = house.clock.now + timedelta(hours=hours)
    return QuotaWindow(runtime="patch", window="five_hour", status=status, utilization=used, resets_at=resets_at)


def worker(house: House) -> WorkerRecord:
    return house.read(presence.listing, house.admin)[0]


def hit_the_wall(house: House, hand: Hand, got: Assignment, hours: float = 2, **more: Any) -> None:
    reset = house.clock.now + timedelta(hours=hours)
    told = [window(house, 1.0, status="rejected", hours=hours)]
    hand.finish(got, "quota_exhausted", reason="used up", reset_at=reset, quota=told, **more)


def attempts(house: House, got: Assignment) -> list[Attempt]:
    return house.read(lambda tx: tx.attempts.of_job(house.job(got).id))


def test_in_order_the_first_account_takes_the_jobs_and_its_purse_is_noted(house: House, hand: Hand) -> None:
    first, second = hand.take(), hand.take()
    assert (first.account, second.account) == ("main", "main")
    (attempt,) = attempts(house, first)
    assert (attempt.seat, attempt.purse) == (MAIN, Purse.SUBSCRIPTION)
    hand.beat(first, purse="credit")
    assert attempts(house, first)[0].purse is Purse.CREDIT
    hand.done(first, purse="a stranger's")
    assert attempts(house, first)[0].purse is Purse.CREDIT


def test_spread_gives_each_job_to_the_account_with_the_least_to_do(house: House, hand: Hand) -> None:
    hand.info.account_policy = "spread"
    got = [hand.take() for _ in range(3)]
    assert [each.account for each in got] == ["main", "spare", "main"]
    hand.beat(got[0], quota=[window(house, 0.3)])
    for each in got:
        hand.done(each)
    house.run(house.a_task("one-more"))
    assert hand.take().account == "spare"


def test_windows_are_known_while_the_agent_runs_and_the_next_job_goes_to_the_other_account(
    house: House, hand: Hand
) -> None:
    got = hand.take()
    assert hand.beat(got).stand_by is None
    reply = hand.beat(got, quota=[window(house, 0.85)])
    assert [(each.runtime, each.account) for each in reply.stand_by or ()] == [MAIN]
    assert worker(house).quota[0].utilization == 0.85
    assert worker(house).state is not WorkerState.STAND_BY
    assert hand.take().account == "spare"


def test_a_job_before_a_wall_goes_on_at_once_on_another_account_and_no_attempt_counts(house: House, hand: Hand) -> None:
    got = hand.take()
    hand.beat(got, agent_started=True, session_id="talk")
    hit_the_wall(house, hand, got)
    job = house.job(got)
    assert (job.status, job.not_before, job.counted) == (JobStatus.QUEUED, None, 0)
    again = hand.take()
    assert (again.job_id, again.account) == (got.job_id, "spare")
    assert again.resume is not None
    assert (again.resume.session_id, again.resume.worker_id) == ("talk", got.worker_id)


def test_where_all_accounts_stand_the_job_waits_for_the_first_that_opens(house: House, hand: Hand) -> None:
    got = hand.take()
    hit_the_wall(house, hand, got, hours=5)
    again = hand.take()
    sooner = house.clock.now + HOUR
    hit_the_wall(house, hand, again, hours=1)
    waits_until = house.job(got).not_before
    assert waits_until is not None
    assert sooner <= waits_until <= sooner + timedelta(minutes=1)
    assert worker(house).state is WorkerState.STAND_BY
    assert hand.claim() is None
    house.clock.turn(hours=1, minutes=1)
    third = hand.take()
    assert (third.job_id, third.account) == (got.job_id, "spare")
    assert (house.job(got).attempts, house.job(got).counted) == (3, 0)


def test_a_sign_in_is_needed_and_made_for_one_account(house: House, hand: Hand) -> None:
    hand.finish(hand.take(), "auth_expired", reason="401; run `claude setup-token`")
    assert worker(house).runtime_blocks[str(MAIN)].reason == "401; run `claude setup-token`"
    second = hand.take()
    assert second.account == "spare"
    hand.finish(second, "auth_expired", reason="401")
    assert (hand.claim(), worker(house).state) == (None, WorkerState.SIGN_IN_NEEDED)
    handback = Handback(worker=hand.info, signed_in=["patch/spare"])
    house.write(report.hand_back, hand.actor, house.installation, handback)
    assert hand.take().account == "spare"
    assert list(worker(house).runtime_blocks) == [str(MAIN)]


@pytest.mark.parametrize(
    "account",
    [
        AccountInfo(runtime="patch", name="a/b"),
        AccountInfo(runtime="patch", name="x" * 41),
        AccountInfo(runtime="patch", purse="gold"),
        AccountInfo(runtime=""),
    ],
)
def test_accounts_that_cannot_be_are_refused(house: House, hand: Hand, account: AccountInfo) -> None:
    hand.info.accounts = [account]
    with pytest.raises(Invalid, match="accounts"):
        hand.claim()


def test_the_course_of_a_window_is_kept_where_it_moves_and_shown_to_its_owner(house: House, hand: Hand) -> None:
    got = hand.take()
    for used in (0.10, 0.11, 0.30, 0.30):
        hand.beat(got, quota=[window(house, used)])
        house.clock.turn(seconds=61)
        hand.beat(got)
    course = house.read(installation_view.course, house.admin, "one", HOUR)
    # Its reset moves along with the clock here, so that each of them says something new.
    assert [use.utilization for use in course] == [0.30, 0.30, 0.11, 0.10]
    assert {use.seat for use in course} == {MAIN}
    with pytest.raises(NotFound):
        house.read(installation_view.course, house.person("ada"), "one", HOUR)
    told = house.read(lambda tx: [event for event in tx.events.after(0, None) if event.data.get("change") == "window"])
    assert [event.data["utilization"] for event in told] == [0.10, 0.11, 0.30, 0.30]


def test_a_course_is_forgotten_after_a_while(house: House, hand: Hand) -> None:
    hand.beat(hand.take(), quota=[window(house, 0.1)])
    assert not house.read(quota.outlived)
    house.clock.now += quota.KEPT_FOR + HOUR
    assert house.read(quota.outlived)
    assert house.write(quota.forget) == 1
    assert not house.read(quota.outlived)


def test_a_worker_stands_by_once_its_last_job_has_ended(house: House, hand: Hand) -> None:
    first, second = hand.take(), hand.take()
    hand.beat(second, quota=[window(house, 0.9)])
    hit_the_wall(house, hand, hand.take())
    assert worker(house).state is not WorkerState.STAND_BY, "two jobs are at work"
    hand.finish(first, "reported_failed")
    hand.finish(second, "auth_expired", reason="401")
    assert worker(house).state is WorkerState.STAND_BY, "one account needs a sign-in, the other opens by itself"
