"""An idea that goes by itself: each step that ends well queues the next, up to its stop or to what stops it."""

from __future__ import annotations

from typing import Any

import pytest

from ploeg.control.ideas import idea_jobs, ideas
from ploeg.control.products import products
from ploeg.control.queue.submit import Wish
from ploeg.control.work import cancel
from ploeg.domain.errors import Conflict, Invalid
from ploeg.domain.idea import Idea
from ploeg.domain.idea_step import IdeaStatus, Step
from tests.control.house import House
from tests.control.idea_words import (
    a_hand,
    a_product,
    add,
    grill,
    hand_in,
    log_of,
    now,
    plan,
    planned_by_hand,
    review,
    step,
)


def set_off(house: House, idea: Idea, until: str) -> idea_jobs.SetOff:
    return house.write(idea_jobs.set_off, house.admin, house.installation, idea.id, until, Wish())


def queued(house: House, idea: Idea) -> list[str]:
    return [job.kind for job in house.read(lambda tx: tx.jobs.unfinished_of_idea(idea.id))]


def test_from_a_line_to_a_sprint_in_three_jobs(house: House) -> None:
    a_product(house)
    hand = a_hand(house)
    idea = add(house)
    assert set_off(house, idea, "sprint").idea.status is IdeaStatus.GRILLING
    grill(house, hand, idea)
    assert queued(house, idea) == [Step.PLAN]
    plan(house, hand, idea)
    assert queued(house, idea) == [Step.REVIEW]
    review(house, hand, idea, "approved")
    arrived = now(house, idea)
    assert (arrived.status, arrived.course, queued(house, idea)) == (IdeaStatus.PLANNED, None, [])
    assert arrived.product_id is not None
    (sprint,) = house.read(lambda tx: tx.sprints.of_product(arrived.product_id))
    stories = house.read(lambda tx: tx.backlog.stories(arrived.product_id))
    assert [(story.sprint_id, story.status) for story in stories] == [(sprint.id, "IN_SPRINT")] * 2
    assert log_of(house, idea)[-1] == f"arrived: PBI-1 is planned in sprint {sprint.code}"


def judge_of(house: House, **config: str) -> tuple[str, dict[str, Any]]:
    """Runtime and wishes of the review, where the author is wished for and a judge may be configured."""
    house.product(config=config)
    idea = planned_by_hand(house)
    wish = Wish(config={"runtime": "claude", "model": "author", "max_minutes": 9})
    house.write(idea_jobs.take_step, house.admin, house.installation, idea.id, Step.PLAN, wish, "review")
    plan(house, a_hand(house), idea)
    (job,) = house.read(lambda tx: tx.jobs.unfinished_of_idea(idea.id))
    return job.runtime, job.overrides


def test_where_no_judge_is_configured_the_author_is_one(house: House) -> None:
    assert judge_of(house) == ("claude", {"runtime": "claude", "model": "author", "max_minutes": 9})


@pytest.mark.parametrize(
    ("config", "judge"),
    [
        ({"review_runtime": "other"}, ("other", {"max_minutes": 9})),
        ({"review_model": "judge"}, ("claude", {"runtime": "claude", "max_minutes": 9})),
    ],
)
def test_a_judge_that_is_configured_is_not_overruled(
    house: House, config: dict[str, str], judge: tuple[str, dict[str, Any]]
) -> None:
    assert judge_of(house, **config) == judge


@pytest.mark.parametrize(("until", "kinds"), [("plan", []), ("review", [Step.REVIEW])])
def test_it_stops_where_it_was_to_stop(house: House, until: str, kinds: list[str]) -> None:
    a_product(house)
    hand = a_hand(house)
    idea = add(house)
    step(house, idea, Step.GRILL, until=until)
    grill(house, hand, idea)
    plan(house, hand, idea)
    assert queued(house, idea) == kinds
    assert (now(house, idea).course is None) is not bool(kinds)


def test_findings_are_planned_in_and_the_rounds_are_bounded(house: House) -> None:
    a_product(house)
    hand = a_hand(house)
    idea = planned_by_hand(house)
    set_off(house, idea, "backlog")
    review(house, hand, idea, "changes_requested")
    assert queued(house, idea) == [Step.PLAN]
    plan(house, hand, idea)
    review(house, hand, idea, "changes_requested")
    stopped = now(house, idea)
    assert (stopped.status, stopped.course, queued(house, idea)) == (IdeaStatus.PLAN_REVIEW_FAILED, None, [])
    assert "no round left" in log_of(house, idea)[-1]


def test_a_rejected_plan_stops_it(house: House) -> None:
    a_product(house)
    hand = a_hand(house)
    idea = planned_by_hand(house)
    set_off(house, idea, "backlog")
    review(house, hand, idea, "rejected")
    assert log_of(house, idea)[-1] == "stopped on its way to backlog: the review rejected the plan"
    assert queued(house, idea) == []


def test_a_cancelled_job_stops_it(house: House) -> None:
    a_product(house)
    idea = add(house)
    job = set_off(house, idea, "backlog").job
    assert job is not None
    house.write(cancel.cancel, house.admin, job.code)
    assert (now(house, idea).status, now(house, idea).course) == (IdeaStatus.DRAFT, None)
    assert f"{job.code} is cancelled" in log_of(house, idea)[-1]


def test_a_refusal_on_the_way_stops_it_and_spares_the_job_that_ended(house: House) -> None:
    a_product(house)
    hand = a_hand(house)
    idea = add(house)
    set_off(house, idea, "backlog")
    taken = hand.take()
    house.write(products.edit, house.admin, "demo", {"repo_url": None})
    hand_in(house, hand, taken, idea)
    assert house.job(taken).status == "done"
    assert (now(house, idea).status, queued(house, idea)) == (IdeaStatus.GRILLED, [])
    assert "has no repository" in log_of(house, idea)[-1]


def test_what_needs_no_agent_is_done_at_once(house: House) -> None:
    a_product(house)
    hand = a_hand(house)
    idea = planned_by_hand(house)
    step(house, idea, Step.REVIEW)
    review(house, hand, idea, "approved")
    gone = set_off(house, idea, "backlog")
    assert (gone.job, gone.idea.status) == (None, IdeaStatus.PLANNED)
    with pytest.raises(Conflict, match="there already"):
        set_off(house, idea, "review")


def test_a_stop_that_does_not_exist_is_refused(house: House) -> None:
    a_product(house)
    with pytest.raises(Invalid, match="plan, review, backlog, sprint"):
        set_off(house, add(house), "moon")


def test_its_steps_run_with_the_rights_that_its_person_has_then(house: House) -> None:
    product = a_product(house)
    ada = house.person("ada")
    found = house.read(lambda tx: tx.products.by_code(product))
    assert found is not None
    house.write(lambda tx: tx.products.set_member(found.id, ada.user.id, "member"))
    idea = house.write(ideas.add, ada, "Ada's", product=product)
    house.write(idea_jobs.set_off, ada, house.installation, idea.id, "plan", Wish())
    hand = a_hand(house)
    taken = hand.take()
    house.write(lambda tx: tx.products.set_member(found.id, ada.user.id, "viewer"))
    hand_in(house, hand, taken, idea)
    assert queued(house, idea) == []
