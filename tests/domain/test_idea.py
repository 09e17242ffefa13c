"""An idea's states: what may start from which, and what the end of a job makes of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ploeg.domain.chat import Channel
from ploeg.domain.course import Course, Move, Stop
from ploeg.domain.errors import Conflict
from ploeg.domain.idea import Idea
from ploeg.domain.idea_step import MATERIALISABLE, IdeaStatus, Step, Verdict
from ploeg.domain.ids import IdeaId, PbiId, ProductId, UserId
from ploeg.domain.kinds import KindName

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AT_REST = [status for status in IdeaStatus if not status.busy]


def idea(**given: Any) -> Idea:
    defaults = {
        "id": IdeaId("ide_1"),
        "user_id": UserId("usr_1"),
        "code": "IDEA-001",
        "title": "Dark mode",
        "created_at": NOW,
        "product_id": ProductId("prd_1"),
        "plan_md": "---",
    }
    return Idea(**(defaults | given))


def course(until: Stop, reviews: int = 2) -> Course:
    return Course(until=until, by=UserId("usr_1"), runtimes={}, reviews=reviews)


def test_steps_and_channels_are_kinds_of_jobs() -> None:
    assert {*Step, *(channel.kind for channel in Channel)} <= set(KindName)
    assert Channel.of_kind("PLAN_CHAT") is Channel.PLAN
    assert Channel.of_kind("IDEA_GRILL") is None


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("status", IdeaStatus)
def test_a_step_starts_from_its_own_states_only(step: Step, status: IdeaStatus) -> None:
    if status in step.allowed_from:
        begun = idea(status=status).begin(step)
        assert (begun.status, begun.was) == (step.busy, status)
    else:
        with pytest.raises(Conflict):
            idea(status=status).begin(step)


@pytest.mark.parametrize("status", AT_REST)
def test_every_failure_has_a_way_out(status: IdeaStatus) -> None:
    assert any(status in step.allowed_from for step in Step)


@pytest.mark.parametrize("step", Step)
def test_a_cancelled_job_puts_the_idea_back_to_where_it_was(step: Step) -> None:
    for status in step.allowed_from:
        begun = idea(status=status).begin(step)
        assert begun.rest(step, failed=False) == idea(status=status)
        assert begun.rest(step, failed=True) == idea(status=step.failed)


def test_what_a_job_wrote_before_it_ended_stands() -> None:
    written = idea(status=IdeaStatus.DRAFT).begin(Step.GRILL).grilled("# Report")
    for failed in (True, False):
        assert written.rest(Step.GRILL, failed=failed).status is IdeaStatus.GRILLED


def test_an_idea_without_a_product_or_put_away_takes_no_job() -> None:
    with pytest.raises(Conflict, match="belongs to no product"):
        idea(product_id=None).begin(Step.GRILL)
    with pytest.raises(Conflict, match="is archived"):
        idea(archived_at=NOW).begin(Step.GRILL)


def test_a_new_plan_is_a_plan_that_nobody_has_reviewed() -> None:
    reviewed = idea(status=IdeaStatus.REVIEWING_PLAN).reviewed(Verdict.APPROVED, {}, NOW)
    assert (reviewed.status, reviewed.reviewed_at) == (IdeaStatus.PLAN_REVIEWED, NOW)
    again = reviewed.planned("another", valid=True)
    assert (again.status, again.reviewed_at) == (IdeaStatus.PLAN_READY, None)
    assert again.planned("broken", valid=False).status is IdeaStatus.PLAN_FAILED


@pytest.mark.parametrize("verdict", [Verdict.CHANGES_REQUESTED, Verdict.REJECTED])
def test_only_approval_approves(verdict: Verdict) -> None:
    assert idea().reviewed(verdict, {}, NOW).status is IdeaStatus.PLAN_REVIEW_FAILED


@pytest.mark.parametrize("status", IdeaStatus)
def test_a_plan_is_materialised_when_it_is_ready(status: IdeaStatus) -> None:
    if status in MATERIALISABLE:
        became = idea(status=status).ready_to_materialise().become(PbiId("pbi_1"))
        assert (became.status, became.pbi_id) == (IdeaStatus.PLANNED, "pbi_1")
    else:
        with pytest.raises(Conflict):
            idea(status=status).ready_to_materialise()


@pytest.mark.parametrize(
    ("until", "way"),
    [
        (Stop.PLAN, [Move.PLAN, Move.ARRIVED]),
        (Stop.REVIEW, [Move.PLAN, Move.REVIEW, Move.ARRIVED]),
        (Stop.BACKLOG, [Move.PLAN, Move.REVIEW, Move.MATERIALISE, Move.ARRIVED]),
        (Stop.SPRINT, [Move.PLAN, Move.REVIEW, Move.MATERIALISE, Move.SPRINT]),
    ],
)
def test_an_idea_goes_by_itself_up_to_its_stop(until: Stop, way: list[Move]) -> None:
    stations = (IdeaStatus.GRILLED, IdeaStatus.PLAN_READY, IdeaStatus.PLAN_REVIEWED, IdeaStatus.PLANNED)
    assert course(until).first(IdeaStatus.DRAFT) is Move.GRILL
    assert [course(until).next(status, Verdict.APPROVED)[0] for status in stations][: len(way)] == way


def test_a_plan_is_made_again_as_long_as_another_review_is_left() -> None:
    failed = IdeaStatus.PLAN_REVIEW_FAILED
    going = course(Stop.BACKLOG, reviews=2).after(Step.REVIEW)
    assert going.next(failed, Verdict.CHANGES_REQUESTED) == (Move.PLAN, "")
    spent = going.after(Step.PLAN).after(Step.REVIEW)
    move, why = spent.next(failed, Verdict.CHANGES_REQUESTED)
    assert (move, "no round left" in why) == (Move.HALT, True)


def test_a_rejected_plan_waits_for_a_person() -> None:
    move, why = course(Stop.SPRINT).next(IdeaStatus.PLAN_REVIEW_FAILED, Verdict.REJECTED)
    assert (move, why) == (Move.HALT, "the review rejected the plan")


@pytest.mark.parametrize("status", [IdeaStatus.GRILL_FAILED, IdeaStatus.PLAN_FAILED])
def test_a_failed_step_ends_the_way_and_a_person_may_set_off_again(status: IdeaStatus) -> None:
    assert course(Stop.SPRINT).next(status, None)[0] is Move.HALT
    assert course(Stop.SPRINT).first(status).step is not None
