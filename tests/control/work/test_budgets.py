"""Budgets: a job ends at its own, and no more jobs begin where a product's month or the installation's day is spent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ploeg.control import toolbelt
from ploeg.control.products import products
from ploeg.control.queue import queue_view
from ploeg.control.queue.hold import By, Hold
from ploeg.control.queue.queue_view import QueueView
from ploeg.control.toolbelt.caller import PersonCaller
from ploeg.control.work import budgets
from ploeg.domain.budget import Budget
from ploeg.domain.errors import Invalid
from ploeg.domain.job import JobStatus
from ploeg.domain.occurrence import Event
from ploeg.store.queue import Pile
from ploeg.wire.assignment import Assignment
from ploeg.wire.work import UsageOut
from tests.control.house import Hand, House

CLAUDE: dict[str, Any] = {"config": {"runtime": "claude"}}


@pytest.fixture
def hand(house: House) -> Hand:
    """A worker with a model, and three jobs of two products in the queue."""
    story = house.story(house.product("shop"))
    for _ in range(2):
        house.run(house.task(story), **CLAUDE)
    house.run(house.a_task("other"), **CLAUDE)
    return house.hand(runtimes=["claude", "patch"], slots=3)


def spent(cost: float | None = None, tokens: int = 0) -> UsageOut:
    return UsageOut(cost_usd=cost, input_tokens=tokens)


def limit(house: House, code: str = "shop", **fields: Any) -> None:
    house.write(products.edit, house.admin, code, fields)


def view(house: House) -> QueueView:
    return house.read(queue_view.queue, house.admin, house.installation)


def holds(house: House) -> list[Hold]:
    return [place.hold for place in view(house).queued if place.hold is not None]


def told(house: House) -> list[Event]:
    return house.read(lambda tx: [event for event in tx.events.after(0, None) if event.type == "budget.reached"])


def end(hand: Hand, got: Assignment, usage: UsageOut) -> None:
    hand.finish(got, "reported_failed", usage=usage)


def test_a_product_that_spent_its_month_begins_no_more_jobs_until_the_next_one(house: House, hand: Hand) -> None:
    limit(house, max_cost_usd_per_month=2.0)
    got = hand.take()
    hand.beat(got, usage=spent(0.7))
    end(hand, got, spent(2.5))
    other = hand.take()
    assert other.product.code == "other"
    assert hand.claim() is None
    (hold,) = holds(house)
    assert hold.by is By.BUDGET
    assert hold.text == "the next month, which begins at 2026-12-01 00:00:00 UTC: product shop used $2.50 of $2.00"
    assert [depth.ready for depth in view(house).depths] == [0]
    house.clock.now = datetime(2026, 12, 1, tzinfo=UTC)
    assert hand.take().product.code == "shop"


def test_a_budget_is_told_once_in_each_period(house: House, hand: Hand) -> None:
    limit(house, max_tokens_per_month=100)
    got = hand.take()
    for tokens in (60, 101, 140):
        hand.beat(got, usage=spent(tokens=tokens))
    (event,) = told(house)
    assert event.data["scope"] == "product shop"
    assert (event.data["used"], event.data["limit"]) == ("101 tokens", "100 tokens")
    assert event.data["until"] == "2026-12-01T00:00:00Z"
    house.clock.now = datetime(2026, 12, 3, tzinfo=UTC)
    hand.beat(got, usage=spent(tokens=200))
    assert len(told(house)) == 1
    hand.beat(got, usage=spent(tokens=260))
    assert len(told(house)) == 2


def test_a_budget_that_is_raised_lets_jobs_begin_at_once(house: House, hand: Hand) -> None:
    limit(house, max_cost_usd_per_month=1.1)
    end(hand, hand.take(), spent(1.1))
    assert hand.take().product.code == "other"
    assert hand.claim() is None
    limit(house, max_cost_usd_per_month=None)
    assert hand.claim() is not None


def test_the_installation_s_day_holds_all_jobs_that_need_a_model(house: House, hand: Hand) -> None:
    house.installation = replace(
        house.installation, budget=Budget(max_cost_usd=3.0), zone=ZoneInfo("America/Los_Angeles")
    )
    end(hand, hand.take(), spent(3.0))
    assert hand.claim() is None
    house.run(house.a_task("third"))
    assert hand.take().config.runtime == "patch"
    assert {hold.by for hold in holds(house)} == {By.BUDGET}
    assert "2026-11-23 08:00:00 UTC: the installation used $3.00 of $3.00" in holds(house)[0].text
    assert told(house)[0].data["scope"] == "the installation"
    house.clock.now = datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert hand.take().config.runtime == "claude"


def test_a_job_s_budget_is_for_all_its_attempts(house: House, hand: Hand) -> None:
    job = house.run(house.a_task("third"), config={"runtime": "claude", "max_cost_usd": 1.0, "max_tokens": 1000})
    house.write(lambda tx: tx.jobs.update(house.job(job).evolve(rank=-1)))
    got = hand.take()
    assert (got.config.limits.max_cost_usd, got.config.limits.max_tokens) == (1.0, 1000)
    hand.finish(got, "agent_crashed", usage=spent(0.6, 700))
    house.clock.turn(minutes=1)
    again = hand.take()
    assert again.config.limits.max_cost_usd == pytest.approx(0.4)
    assert again.config.limits.max_tokens == 300
    hand.finish(again, "agent_crashed", reason="signal 9", usage=spent(0.1, 300))
    ended = house.job(job)
    assert ended.status is JobStatus.FAILED
    assert ended.reason == "signal 9; its last attempt used 300 tokens of 300 tokens that were left to it"


def test_a_budget_that_nobody_set_is_only_added_up(house: House, hand: Hand) -> None:
    got = hand.take()
    hand.beat(got, usage=spent(0.25, 10))
    hand.beat(got, usage=spent(None, 30))
    end(hand, got, spent(0.5, 40))
    day, *months = house.read(budgets.listing, house.admin, house.installation)
    assert (day.product, day.spent.cost_usd, day.spent.tokens, day.reached) == (None, 0.5, 40, None)
    assert {month.product: month.spent.tokens for month in months} == {"shop": 40, "other": 0}
    assert told(house) == []
    shown = house.read(toolbelt.carry_out, PersonCaller(house.admin, house.installation), "show_budgets", {})
    assert [each["tokens"] for each in shown.model_dump()["result"]] == [40, 0, 40]


@pytest.mark.parametrize(
    "fields",
    [{"max_cost_usd_per_month": 0}, {"max_cost_usd_per_month": 1e9}, {"max_tokens_per_month": -1}],
)
def test_a_limit_that_cannot_be_is_refused(house: House, hand: Hand, fields: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="per_month"):
        limit(house, **fields)


def test_where_nothing_is_left_of_a_month_the_depth_counts_nothing_as_ready(house: House, hand: Hand) -> None:
    limit(house, max_tokens_per_month=1)
    end(hand, hand.take(), spent(tokens=1))
    free = house.read(lambda tx: tx.queue.free(tx.now, "2026-11"))
    assert [(pile.runtime, pile.count) for pile in free if isinstance(pile, Pile)] == [("claude", 1)]


@pytest.mark.parametrize("told", [UsageOut(input_tokens=2**70), UsageOut(cost_usd=1e300)])
def test_what_no_job_can_have_used_is_taken_for_the_most_that_one_can(house: House, hand: Hand, told: UsageOut) -> None:
    got = hand.take()
    hand.beat(got, usage=told)
    end(hand, got, told)
    assert house.attempt(got).ended_at is not None


def test_a_job_that_says_it_used_less_than_nothing_gives_nothing_back(house: House, hand: Hand) -> None:
    end(hand, hand.take(), spent(1.5, 20))
    end(hand, hand.take(), UsageOut(cost_usd=-9.0, input_tokens=-500))
    day = house.read(budgets.of_day, house.installation).spent
    assert (day.cost_usd, day.tokens) == (1.5, 20)
