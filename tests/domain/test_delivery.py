"""What is owed to a forge: when it is tried, by whom, and when it is given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ploeg.domain.delivery import MAX_TRIES, TAKEN_FOR, Delivery, Trouble
from ploeg.domain.ids import DeliveryId, JobId, ProductId, StoryId

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OWED = Delivery(
    id=DeliveryId("dlv_1"),
    product_id=ProductId("prd_1"),
    repo_url="https://git.example.org/crew/it",
    branch="ploeg/st-001",
    created_at=NOW,
    job_id=JobId("job_1"),
    head_sha="a" * 40,
    story_id=StoryId("sto_1"),
    due_at=NOW,
)
URL = "https://git.example.org/crew/it/pulls/1"


def fail(delivery: Delivery, retry_after: float | None = None) -> Delivery:
    return delivery.fail(Trouble.UNREACHABLE, "no answer", NOW, retry_after, 0)


def test_what_is_delivered_is_owed_no_longer() -> None:
    taken = OWED.take(NOW)
    done = taken.deliver(taken, URL, NOW)
    assert (done.state, done.due_at, done.held_until, done.pr_url) == ("open", None, None, URL)
    assert done.delivered_sha == OWED.head_sha


def test_what_was_asked_meanwhile_is_still_owed_and_whoever_is_at_it_comes_first() -> None:
    taken = OWED.take(NOW)
    asked = taken.evolve(head_sha="b" * 40).ask(NOW)
    assert asked.due_at == NOW + TAKEN_FOR
    done = asked.deliver(taken, URL, NOW)
    assert (done.state, done.due_at, done.delivered_sha) == ("pending", NOW, "a" * 40)


def test_tries_are_further_and_further_apart_up_to_an_hour_and_end() -> None:
    delivery, waits = OWED, []
    for _ in range(MAX_TRIES):
        delivery = fail(delivery)
        waits.append(delivery.due_at - NOW if delivery.due_at is not None else None)
    assert waits[:3] == [timedelta(seconds=10), timedelta(seconds=20), timedelta(seconds=40)]
    assert waits[-2:] == [timedelta(hours=1), None]
    assert (delivery.state, delivery.trouble) == ("failed", Trouble.UNREACHABLE)


def test_a_forge_s_own_wait_counts_if_it_is_longer_and_sane() -> None:
    assert fail(OWED, 600).due_at == NOW + timedelta(minutes=10)
    assert fail(OWED, 1).due_at == NOW + timedelta(seconds=10)
    assert fail(OWED, 1e12).due_at == NOW + timedelta(days=1)


def test_asking_again_begins_anew() -> None:
    asked = fail(fail(OWED)).ask(NOW)
    assert (asked.tries, asked.due_at, asked.asked) == (0, NOW, 2)
