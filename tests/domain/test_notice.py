"""When a notice goes, what is said once, and how several become one message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ploeg.domain.delivery import Trouble
from ploeg.domain.ids import NoticeId, ReceiverId
from ploeg.domain.notice import (
    GAP,
    MAX_TRIES,
    NAMED_MAX,
    REPEAT_AFTER,
    USUAL,
    Message,
    Notice,
    NoticeState,
    Receiver,
    ReceiverKind,
    Topic,
    Urgency,
    Words,
    repeats,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def receiver(**fields: Any) -> Receiver:
    given = {"id": ReceiverId("rcv_1"), "user_id": None, "name": "phone", "kind": ReceiverKind.NTFY, "shown": "x"}
    return Receiver(**{**given, "created_at": NOON, **fields})


def notice(number: int = 1, **fields: Any) -> Notice:
    given: dict[str, Any] = {
        "id": NoticeId(f"ntc_{number}"),
        "receiver_id": ReceiverId("rcv_1"),
        "topic": Topic.JOB_FAILED,
        "subject": f"job:J-{number}",
        "title": f"J-{number} failed",
        "text": "It broke",
        "link": None,
        "urgency": Urgency.NORMAL,
        "created_at": NOON,
        "due_at": NOON,
        "state": NoticeState.SENT,
    }
    return Notice(**{**given, **fields})


def test_a_receiver_that_names_nothing_gets_what_needs_people_and_no_progress() -> None:
    assert receiver().wants(Topic.WORKER_SIGN_IN_NEEDED)
    assert not receiver().wants(Topic.JOB_DONE)
    assert Topic.TRIAL not in USUAL


def test_patterns_stand_for_topics_but_nobody_is_told_of_trials() -> None:
    chosen = receiver(topics=("worker.*", "job.done"))
    assert [topic for topic in Topic if chosen.wants(topic)] == [
        Topic.JOB_DONE,
        Topic.WORKER_STAND_BY,
        Topic.WORKER_SIGN_IN_NEEDED,
        Topic.WORKER_UNHEALTHY,
        Topic.WORKER_OFFLINE,
        Topic.WORKER_RESUMED,
    ]
    assert not receiver(topics=("*",)).wants(Topic.TRIAL)


@pytest.mark.parametrize(
    ("said", "then"),
    [
        ("2026-11-22T12:00+00:00", "2026-11-22T12:00+00:00"),
        ("2026-11-22T20:59+00:00", "2026-11-22T20:59+00:00"),
        ("2026-11-22T21:00+00:00", "2026-11-23T06:00+00:00"),
        ("2026-11-23T05:59+00:00", "2026-11-23T06:00+00:00"),
        ("2026-11-23T06:00+00:00", "2026-11-23T06:00+00:00"),
        # The clocks go back in that night: it is an hour longer.
        ("2026-10-24T20:30+00:00", "2026-10-25T06:00+00:00"),
    ],
)
def test_nothing_goes_in_quiet_hours_by_the_receiver_s_own_clocks(said: str, then: str) -> None:
    quiet = receiver(quiet="22:00-07:00", time_zone="Europe/Amsterdam")
    assert quiet.when(datetime.fromisoformat(said)) == datetime.fromisoformat(then)


def test_a_digest_that_would_go_in_quiet_hours_waits_for_their_end() -> None:
    quiet = receiver(quiet="22:00-07:00", digest_minutes=60)
    assert quiet.when(NOON) == NOON + timedelta(hours=1)
    assert quiet.when(NOON + timedelta(hours=9, minutes=30)) == datetime(2026, 11, 23, 7, tzinfo=UTC)


def test_a_storm_comes_in_messages_with_a_gap_between_them() -> None:
    asked = receiver().ask(NOON)
    assert asked.due_at == NOON
    sent = asked.take(NOON).arrived(NOON, next_due=None)
    assert sent.due_at is None
    assert sent.ask(NOON).ask(NOON).due_at == NOON + GAP
    assert asked.take(NOON).arrived(NOON, next_due=NOON).due_at == NOON + GAP


def test_what_is_asked_while_somebody_is_at_it_or_it_is_in_trouble_keeps_the_receiver_s_own_time() -> None:
    taken = receiver().ask(NOON).take(NOON)
    assert taken.ask(NOON) == taken
    failed = taken.fail(Trouble.UNREACHABLE, "away", NOON, None, 0.0)
    assert failed.due_at == NOON + timedelta(seconds=10)
    assert failed.ask(NOON) == failed


def test_tries_are_spread_over_hours_and_then_given_up() -> None:
    tried, now = receiver().ask(NOON), NOON
    for _ in range(MAX_TRIES - 1):
        tried = tried.take(now).fail(Trouble.UNREACHABLE, "away", now, None, 0.0)
        assert tried.due_at is not None
        now = tried.due_at
    assert timedelta(hours=10) < now - NOON < timedelta(days=1)
    given_up = tried.take(now).fail(Trouble.UNREACHABLE, "away", now, None, 0.0)
    assert (given_up.due_at, given_up.trouble) == (None, Trouble.UNREACHABLE)


def test_a_try_that_would_fall_into_quiet_hours_waits_for_their_end() -> None:
    quiet = receiver(quiet="12:00-13:00")
    tried = quiet.fail(Trouble.UNREACHABLE, "away", NOON, None, 0.0)
    assert tried.due_at == NOON + timedelta(hours=1)
    assert quiet.arrived(NOON - GAP / 2, next_due=NOON - GAP).due_at == NOON + timedelta(hours=1)


def test_a_far_end_that_asks_for_rest_gets_it() -> None:
    tried = receiver().fail(Trouble.RATE_LIMITED, "slower", NOON, 600.0, 0.0)
    assert tried.due_at == NOON + timedelta(seconds=600)


def test_the_same_is_said_again_only_after_a_while_or_when_something_else_was_said_between() -> None:
    said = notice(topic=Topic.WORKER_UNHEALTHY)
    again = Words(topic=Topic.WORKER_UNHEALTHY, subject="worker:1", title="")
    better = Words(topic=Topic.WORKER_RESUMED, subject="worker:1", title="")
    assert repeats(said, again, NOON + timedelta(minutes=1))
    assert not repeats(said, again, NOON + REPEAT_AFTER)
    assert not repeats(said, better, NOON)
    assert not repeats(notice(topic=Topic.WORKER_RESUMED), again, NOON)
    assert not repeats(None, again, NOON)


def test_that_all_is_well_is_said_only_after_bad_news_and_once() -> None:
    better = Words(topic=Topic.WORKER_RESUMED, subject="worker:1", title="")
    assert repeats(None, better, NOON)
    assert repeats(notice(topic=Topic.WORKER_RESUMED), better, NOON + timedelta(days=9))


def test_one_notice_is_its_message_and_several_are_a_list() -> None:
    alone = Message.of([notice(link="https://x.example")], NOON)
    assert (alone.title, alone.text, alone.link) == ("J-1 failed", "It broke", "https://x.example")
    both = Message.of([notice(1), notice(2, urgency=Urgency.HIGH)], NOON)
    assert (both.title, both.text, both.urgency) == ("2 notices", "- J-1 failed\n- J-2 failed", Urgency.HIGH)
    many = Message.of([notice(n) for n in range(NAMED_MAX + 3)], NOON)
    assert many.text.splitlines()[-1] == "… and 3 more"


def test_a_message_keeps_its_id_over_tries_and_another_has_another() -> None:
    later = NOON + timedelta(hours=1)
    assert Message.of([notice(1)], NOON).id == Message.of([notice(1)], later).id
    assert Message.of([notice(1)], NOON).id != Message.of([notice(1), notice(2)], NOON).id
