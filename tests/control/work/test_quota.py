"""A worker's quota windows: noted at the end of an attempt, and measured against what its owner keeps."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from ploeg.control import installation_view, toolbelt
from ploeg.control.people import people
from ploeg.control.queue import queue_view
from ploeg.control.toolbelt.caller import PersonCaller
from ploeg.control.work import calls, presence
from ploeg.domain.errors import Denied, Invalid, NotFound
from ploeg.domain.job import JobStatus
from ploeg.domain.worker import WorkerRecord, WorkerState
from ploeg.wire.assignment import Assignment
from ploeg.wire.work import Presence, QuotaWindow, ToolCall, ToolReply
from tests.control.house import Hand, House

#: More than the jitter can add to a reset.
BEHIND = 61


@pytest.fixture
def hand(house: House) -> Hand:
    """A worker with a job to take, and one more queued behind it."""
    story = house.story(house.product())
    for _ in range(2):
        house.run(house.task(story))
    return house.hand()


def window(used: float, resets_at: datetime | None, name: str = "five_hour", **more: str) -> QuotaWindow:
    told = {"runtime": "patch", "status": "allowed", **more}
    return QuotaWindow(window=name, utilization=used, resets_at=resets_at, **told)


def keep(house: House, hand: Hand, floor: int) -> None:
    """The worker's owner keeps that much; the worker's next request finds it so."""
    house.write(people.set_quota_floor, house.admin, floor)
    hand.actor = house.read(people.worker, hand.secret)


def worker(house: House) -> WorkerRecord:
    return house.read(presence.listing, house.admin)[0]


def test_a_worker_below_the_floor_stands_by_until_the_reset_and_no_attempt_is_burnt(house: House, hand: Hand) -> None:
    reset = house.clock.now + timedelta(hours=2)
    reply = hand.done(hand.take(), quota=[window(0.83, reset)])
    assert reply.job_status == JobStatus.DONE
    (held,) = reply.stand_by
    assert held.until >= reset
    assert "83 % of the quota five_hour is used; 20 % is kept" in held.reason
    assert (worker(house).state, worker(house).until) == (WorkerState.STAND_BY, held.until)

    assert hand.claim() is None
    assert hand.ask().ask_again_at == held.until
    queued = house.read(queue_view.queue, house.admin, house.installation).queued[0]
    assert queued.hold is not None
    assert "83 % of the quota" in queued.hold.text
    house.clock.now = reset - timedelta(seconds=1)
    assert hand.claim() is None
    house.clock.turn(seconds=1 + BEHIND)
    assert house.job(hand.take()).attempts == 1


def test_enough_that_is_left_is_no_reason_to_stand_by(house: House, hand: Hand) -> None:
    reset = house.clock.now + timedelta(hours=2)
    assert hand.done(hand.take(), quota=[window(0.8, reset)]).stand_by == []
    (view,) = house.read(installation_view.workers, house.admin)
    assert (view.blocks, view.worker.quota[0].seen_at) == ({}, house.clock.now)
    assert hand.claim() is not None


def test_a_window_that_is_told_anew_takes_the_place_of_the_old_one(house: House, hand: Hand) -> None:
    reset = house.clock.now + timedelta(hours=2)
    keep(house, hand, 10)
    hand.done(hand.take(), quota=[window(0.85, reset), window(0.1, reset, "seven_day")])
    house.clock.turn(minutes=1)
    hand.done(hand.take(), quota=[window(0.89, reset)])
    assert {use.window: use.utilization for use in worker(house).quota} == {"five_hour": 0.89, "seven_day": 0.1}


def test_a_floor_that_is_lowered_lets_the_worker_go_on_at_once(house: House, hand: Hand) -> None:
    hand.done(hand.take(), quota=[window(0.83, house.clock.now + timedelta(hours=2))])
    assert hand.claim() is None
    keep(house, hand, 0)
    shown = house.write(presence.show, hand.actor, Presence(worker=hand.info, state="stand_by"))
    assert shown.stand_by == []
    assert hand.claim() is not None


def test_a_wall_stands_whatever_the_floor_is(house: House, hand: Hand) -> None:
    keep(house, hand, 0)
    reset = house.clock.now + timedelta(hours=2)
    got = hand.take()
    hand.finish(got, "quota_exhausted", reset_at=reset, quota=[window(1.0, reset, status="rejected")])
    assert hand.claim() is None
    assert house.job(got).counted == 0


def test_a_worker_that_shows_itself_is_told_what_is_held_back(house: House, hand: Hand) -> None:
    hand.done(hand.take(), quota=[window(0.83, house.clock.now + timedelta(hours=2))])
    reply = house.write(presence.show, hand.actor, Presence(worker=hand.info, state="idle"))
    assert [each.runtime for each in reply.stand_by] == ["patch"]


def test_what_a_worker_tells_of_its_windows_never_keeps_an_attempt_from_ending(house: House, hand: Hand) -> None:
    odd = [
        window(-1.0, datetime.max, "\x00" * 300),
        window(1e308, house.clock.now.replace(tzinfo=None), "past"),
        window(0.99, None, "other", runtime="claude"),
        *(window(0.1, None, f"window {n}") for n in range(500)),
    ]
    assert hand.done(hand.take(), quota=odd).job_status == JobStatus.DONE
    assert {use.runtime for use in worker(house).quota} == {"patch"}


@pytest.mark.parametrize("floor", [-1, 101])
def test_a_floor_is_a_percentage(house: House, floor: int) -> None:
    with pytest.raises(Invalid, match="min_quota_pct"):
        house.write(people.set_quota_floor, house.admin, floor)


def test_everybody_keeps_their_own_part_and_a_reader_changes_nothing(house: House) -> None:
    ada = house.person("ada")
    changed = house.write(people.set_quota_floor, ada, 55)
    assert changed.min_quota_pct == 55
    assert {user.username: user.min_quota_pct for user in house.read(people.users, house.admin)}["ada"] == 55
    reading = house.write(people.make_token, ada, "reads", scopes=["read"])
    with pytest.raises(Denied):
        house.write(people.set_quota_floor, house.read(people.person, reading.secret), 1)


def test_an_agent_s_word_about_the_quota_is_shown_and_steers_nothing(house: House, hand: Hand) -> None:
    got = hand.take()
    hand.beat(got, agent_started=True)
    told = tool(hand, got, "worker_heartbeat", last_quota_pct=3)
    assert told.result == {"last_quota_pct": 3.0, "last_quota_check_at": "2026-11-22T12:00:00Z"}
    assert (worker(house).last_quota_pct, worker(house).last_quota_check_at) == (3.0, house.clock.now)
    hand.done(got)
    assert hand.claim() is not None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"last_quota_pct": 101}, "last_quota_pct"),
        ({}, "last_quota_pct"),
        ({"last_quota_pct": 5, "last_quota_check_at": "2026-11-22T13:00:00Z"}, "last_quota_check_at"),
        ({"last_quota_pct": 5, "last_quota_check_at": "0001-01-01T00:00:00+14:00"}, "last_quota_check_at"),
        ({"last_quota_pct": 5, "last_quota_check_at": "2026-11-22T12:00:00"}, "last_quota_check_at"),
    ],
)
def test_a_word_that_cannot_be_is_refused(house: House, hand: Hand, arguments: dict[str, Any], words: str) -> None:
    reply = tool(hand, hand.take(), "worker_heartbeat", **arguments)
    assert words in str(reply.error)
    assert worker(house).last_quota_pct is None


def test_an_agent_and_a_person_ask_what_the_owner_keeps(house: House, hand: Hand) -> None:
    keep(house, hand, 35)
    assert tool(hand, hand.take(), "get_worker_settings").result == {"min_quota_pct": 35}
    ada = PersonCaller(house.person("ada"), house.installation)
    shown = house.read(toolbelt.carry_out, ada, "get_worker_settings", {})
    assert shown.model_dump() == {"min_quota_pct": 20}
    with pytest.raises(NotFound):
        house.write(toolbelt.carry_out, ada, "worker_heartbeat", {"last_quota_pct": 5})


def tool(hand: Hand, got: Assignment, name: str, **arguments: Any) -> ToolReply:
    request = ToolCall(call_id="c-1", tool=name, arguments=arguments)
    return hand.house.write(calls.call, hand.actor, hand.house.installation, got.attempt_id, request)
