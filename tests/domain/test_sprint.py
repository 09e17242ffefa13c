"""What follows from what: a sprint from its stories, a run from its jobs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ploeg.domain.attempt import Outcome
from ploeg.domain.backlog import PbiStatus, StoryStatus
from ploeg.domain.errors import IllegalTransition, Invalid
from ploeg.domain.ids import JobId, ProductId, SprintId, SprintRunId, TaskId, UserId
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.sprint import PrStrategy, SprintStatus, check_dates, check_sprint_code, sprint_code, sprint_status
from ploeg.domain.sprint_run import TRANSITIONS, Pause, PauseReason, RunStatus, SprintRun, Verdict, verdict
from tests.domain.making import NOW, a_job

READY, DONE, FAILED, OPEN = PbiStatus.READY, StoryStatus.DONE, StoryStatus.FAILED, StoryStatus.IN_SPRINT


def a_run(status: RunStatus = RunStatus.QUEUED, **fields: Any) -> SprintRun:
    base: dict[str, Any] = {
        "id": SprintRunId("run_1"),
        "sprint_id": SprintId("spr_1"),
        "product_id": ProductId("prd_1"),
        "started_by": UserId("usr_1"),
        "status": status,
        "pr_strategy": PrStrategy.SPRINT,
        "created_at": NOW,
    }
    return SprintRun(**base | fields)


def job(number: int, status: JobStatus, **fields: Any) -> Job:
    return a_job(status, id=JobId(f"job_{number}"), number=number, task_id=TaskId(f"tsk_{number}"), **fields)


CONFLICT = {"outcome": Outcome.PUSH_CONFLICT, "reason": "the branch has moved on"}
CANCELLED = job(3, JobStatus.CANCELLED, reason="not now")


@pytest.mark.parametrize(
    ("current", "stories", "pbis", "expected"),
    [
        (SprintStatus.OPEN, [], [], SprintStatus.OPEN),
        (SprintStatus.CLOSED, [], [], SprintStatus.CLOSED),
        (SprintStatus.OPEN, [DONE, OPEN], [READY], SprintStatus.OPEN),
        (SprintStatus.OPEN, [DONE, DONE], [READY], SprintStatus.CLOSED),
        (SprintStatus.OPEN, [DONE, DONE], [PbiStatus.FAILED], SprintStatus.CLOSED),
        (SprintStatus.OPEN, [DONE, FAILED], [PbiStatus.BLOCKED], SprintStatus.FAILED),
        (SprintStatus.OPEN, [DONE, OPEN], [PbiStatus.FAILED], SprintStatus.FAILED),
        (SprintStatus.FAILED, [DONE, OPEN], [READY], SprintStatus.OPEN),
        (SprintStatus.CLOSED, [DONE, OPEN], [READY], SprintStatus.OPEN),
        (SprintStatus.ARCHIVED, [FAILED], [PbiStatus.FAILED], SprintStatus.ARCHIVED),
    ],
)
def test_a_sprint_follows_from_its_stories_and_their_backlog_items(
    current: SprintStatus, stories: list[StoryStatus], pbis: list[PbiStatus], expected: SprintStatus
) -> None:
    assert sprint_status(current, stories, pbis) is expected


@pytest.mark.parametrize(
    ("jobs", "given_", "expected"),
    [
        ([job(1, JobStatus.DONE), job(2, JobStatus.RUNNING)], {}, None),
        ([job(1, JobStatus.DONE), job(2, JobStatus.SKIPPED)], {}, RunStatus.DONE),
        ([job(1, JobStatus.FAILED), job(2, JobStatus.RUNNING)], {}, RunStatus.FAILED),
        ([job(1, JobStatus.FAILED), job(2, JobStatus.DONE, retry_of=JobId("job_1"))], {}, RunStatus.DONE),
        ([job(1, JobStatus.DONE), CANCELLED], {}, RunStatus.CANCELLED),
        ([job(1, JobStatus.QUEUED), CANCELLED], {}, None),
        ([job(1, JobStatus.FAILED, **CONFLICT)], {"paused": True}, None),
        ([job(1, JobStatus.FAILED, **CONFLICT)], {}, RunStatus.DONE),
        ([job(1, JobStatus.WAITING)], {"sprint_failed": True}, RunStatus.FAILED),
        ([replace(job(1, JobStatus.RUNNING), task_id=None)], {"sprint_failed": True}, None),
    ],
)
def test_a_run_ends_by_what_has_become_of_its_jobs(
    jobs: list[Job], given_: dict[str, bool], expected: RunStatus | None
) -> None:
    found = verdict(jobs, **given_)
    assert (found.status if found is not None else None) is expected


def test_a_failed_run_names_the_job_and_the_task_that_failed() -> None:
    found = verdict([job(1, JobStatus.DONE), job(2, JobStatus.FAILED, reason="the tests are red")])
    assert found == Verdict(status=RunStatus.FAILED, reason="J-2 failed: the tests are red", task_id=TaskId("tsk_2"))


@given(st.lists(st.sampled_from(list(JobStatus)), min_size=1))
def test_a_run_goes_on_exactly_while_a_job_may_still_change_its_end(statuses: list[JobStatus]) -> None:
    found = verdict([job(number, status) for number, status in enumerate(statuses)])
    goes_on = JobStatus.FAILED not in statuses and not all(status.terminal for status in statuses)
    assert (found is None) is goes_on


@pytest.mark.parametrize("status", RunStatus)
def test_a_run_takes_no_step_that_the_table_does_not_have(status: RunStatus) -> None:
    for wanted in (RunStatus.DONE, RunStatus.FAILED, RunStatus.CANCELLED):
        if wanted in TRANSITIONS[status]:
            assert a_run(status).end(wanted, NOW).status is wanted
        else:
            with pytest.raises(IllegalTransition):
                a_run(status).end(wanted, NOW)


def test_a_pause_says_why_in_a_word_and_not_in_its_text() -> None:
    pause = Pause(reason=PauseReason.MANUAL, paused_at=NOW, detail="QUOTA_PAUSE: J-1 failed")
    run = a_run().pause_for(pause)
    assert run.pause is not None
    assert run.pause.reason is PauseReason.MANUAL
    assert (run.failure_reason, run.failed_task_id) == (None, None)


def test_a_pause_is_replaced_lifted_and_gone_at_the_end() -> None:
    manual = Pause(reason=PauseReason.MANUAL, paused_at=NOW)
    conflict = Pause(reason=PauseReason.MERGE_CONFLICT, paused_at=NOW)
    paused = a_run().pause_for(manual).pause_for(conflict)
    assert (paused.status, paused.pause) == (RunStatus.PAUSED, conflict)
    assert paused.begin(NOW).pause is None
    assert paused.end(RunStatus.CANCELLED, NOW).pause is None


def test_codes_and_dates_that_cannot_be() -> None:
    assert check_sprint_code(sprint_code(date(2026, 5, 27), 1)) == "S-2026-05-27-1"
    for code in ("ST-001", "a_b", "a.b", "a-", "x" * 31):
        with pytest.raises(Invalid):
            check_sprint_code(code)
    check_dates(date(2026, 5, 27), date(2026, 5, 27))
    with pytest.raises(Invalid, match="2026-05-27"):
        check_dates(date(2026, 5, 27), date(2026, 5, 26))
