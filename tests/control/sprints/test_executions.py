"""A job for a whole sprint run: its tasks are frozen, settled one after another, and end with it."""

from __future__ import annotations

from typing import Any

import pytest

from ploeg.control.backlog import backlog
from ploeg.control.backlog.placing import Place
from ploeg.control.sprints import execution_report
from ploeg.control.work import calls
from ploeg.domain.backlog import StoryStatus, TaskStatus
from ploeg.domain.errors import Conflict, Invalid, Superseded
from ploeg.domain.job import JobStatus
from ploeg.domain.sprint import SprintStatus
from ploeg.domain.sprint_run import ExecutionStatus, RunStatus
from ploeg.wire.assignment import Assignment, ExecutionOut
from ploeg.wire.work import ExecutionsRequest, ToolCall, Verification
from tests.control.house import BASE, PLAN, SHA, Hand, House
from tests.control.sprinting import Sprinting

DONE, TO_DO, FAILED = TaskStatus.DONE, TaskStatus.TO_DO, TaskStatus.FAILED
IN_PROGRESS, REVIEW = TaskStatus.IN_PROGRESS, TaskStatus.REVIEW
SKIPPING = "It was there already."


class Batch:
    """A run that is one job, claimed by a worker; two tasks."""

    def __init__(self, house: House, **product: Any) -> None:
        self.house = house
        self.scene = Sprinting.of(house, config={"runtime": "claude"}, **product)
        self.scene.start("SPRINT_BATCH")
        self.hand: Hand = house.hand(runtimes=["claude"])
        self.got: Assignment = self.hand.take()

    def stand(self, verified: Verification | None = None) -> list[ExecutionOut]:
        request = ExecutionsRequest(verified=verified)
        args = (self.hand.actor, self.got.attempt_id, request)
        return self.house.write(execution_report.record, *args).executions

    def verify(self, number: int, coverage: str = "ALIGNED", summary: str | None = None, head: str = SHA) -> None:
        execution = self.got.executions[number - 1].id
        self.stand(
            Verification(execution_id=execution, base_sha=BASE, head_sha=head, coverage=coverage, summary=summary)
        )

    def call(self, tool: str, **arguments: Any) -> dict[str, Any] | str:
        """The tool's result, or the text of its refusal."""
        call = ToolCall(call_id=f"call-{tool}-{arguments}", tool=tool, arguments=arguments)
        args = (self.hand.actor, self.house.installation, self.got.attempt_id, call)
        reply = self.house.write(calls.call, *args)
        return reply.error if reply.error is not None else reply.result or {}

    def set(self, number: int, status: str, **more: Any) -> dict[str, Any] | str:
        execution = self.got.executions[number - 1].id
        return self.call("update_task_execution", execution_id=execution, status=status, **more)

    def work_off(self, *numbers: int) -> None:
        for number in numbers:
            self.set(number, "RUNNING")
            self.verify(number)
            assert isinstance(self.set(number, "DONE"), dict)

    def tasks(self) -> list[TaskStatus]:
        return [self.house.task_now(task).status for task in self.scene.tasks]


@pytest.fixture
def batch(house: House) -> Batch:
    return Batch(house)


def test_the_first_claim_freezes_the_runs_tasks_in_their_order(house: House, batch: Batch) -> None:
    got = batch.got
    assert (got.kind, got.task, got.branch) == ("SPRINT_IMPLEMENTATION", None, batch.scene.run.branch)
    assert got.sprint is not None
    assert (got.sprint.code, got.sprint.run_id) == (batch.scene.code, batch.scene.run.id)
    assert [(each.position, each.task.id, each.status) for each in got.executions] == [
        (number, task, "PENDING") for number, task in enumerate(batch.scene.tasks, 1)
    ]
    house.write(backlog.edit_task, house.admin, batch.scene.tasks[0], {"implementation_plan": "Another."}, Place())
    house.task(batch.scene.stories[0])
    batch.hand.finish(got, "worker_stopped")
    again = batch.hand.take()
    assert [each.task.id for each in again.executions] == batch.scene.tasks
    assert again.executions[0].task.implementation_plan == PLAN


def test_a_run_is_worked_off_and_rolls_up_to_the_end_with_its_job(batch: Batch) -> None:
    assert batch.tasks() == [TO_DO, TO_DO]
    batch.set(1, "RUNNING")
    assert batch.tasks() == [IN_PROGRESS, TO_DO]
    batch.verify(1)
    done = batch.set(1, "DONE")
    assert isinstance(done, dict)
    assert (done["head_sha"], done["verify_result"]) == (SHA, "ALIGNED")
    assert done["next_execution_id"] == batch.got.executions[1].id
    assert batch.tasks() == [REVIEW, TO_DO], "done is what was verified with all the others"
    batch.work_off(2)
    batch.hand.done(batch.got)
    scene = batch.scene
    assert scene.states()[0] == [DONE, DONE]
    assert (scene.story(scene.stories[0]).status, scene.sprint.status) == (StoryStatus.DONE, SprintStatus.CLOSED)
    assert (scene.run.status, scene.statuses()) == (RunStatus.DONE, [JobStatus.DONE])


def test_a_task_that_had_nothing_to_do_is_done_with_the_job_whatever_it_requires(batch: Batch) -> None:
    batch.set(1, "RUNNING")
    assert "was not verified" in str(batch.set(1, "SKIPPED", skip_reason=SKIPPING))
    batch.verify(1, "EMPTY")
    assert "skip_reason" in str(batch.set(1, "SKIPPED"))
    assert isinstance(batch.set(1, "SKIPPED", skip_reason=SKIPPING), dict)
    batch.work_off(2)
    batch.hand.done(batch.got)
    assert batch.tasks() == [DONE, DONE]


def test_tasks_are_taken_in_their_order_and_settled_by_their_rules(batch: Batch) -> None:
    assert "comes first" in str(batch.set(2, "RUNNING"))
    batch.set(1, "RUNNING")
    assert "not compared" in str(batch.set(1, "DONE"))
    batch.verify(1, "PARTIAL")
    assert "20 characters" in str(batch.set(1, "DONE"))
    batch.verify(1, "PARTIAL", summary="The rest stands elsewhere.")
    assert isinstance(batch.set(1, "DONE"), dict)
    assert "that stands" in str(batch.set(1, "FAILED"))


def test_done_is_refused_by_the_server_too_until_all_are_settled(batch: Batch) -> None:
    batch.work_off(1)
    with pytest.raises(Invalid, match="T-2: it is PENDING"):
        batch.hand.done(batch.got)


def test_the_task_at_which_a_job_failed_has_failed_and_the_others_are_to_do_again(batch: Batch) -> None:
    batch.work_off(1)
    batch.set(2, "RUNNING")
    batch.hand.finish(batch.got, "reported_failed", reason="It cannot be done.")
    scene = batch.scene
    assert batch.tasks() == [TO_DO, FAILED]
    assert (scene.run.status, scene.run.failed_task_id) == (RunStatus.FAILED, scene.tasks[1])
    house = batch.house
    (job,) = scene.jobs()
    assert [each.status for each in house.read(lambda tx: tx.sprints.executions(job.id))] == [
        ExecutionStatus.DONE,
        ExecutionStatus.FAILED,
    ]
    run = scene.resume()
    assert (run.previous_run_id is not None, run.branch) == (True, job.branch)
    assert [each.task.id for each in batch.hand.take().executions] == scene.tasks


def test_an_interrupted_job_goes_on_at_the_first_task_that_is_not_settled(batch: Batch) -> None:
    batch.work_off(1)
    batch.set(2, "RUNNING")
    batch.hand.finish(batch.got, "worker_stopped")
    assert batch.tasks() == [REVIEW, IN_PROGRESS]
    batch.got = batch.hand.take()
    assert [(each.status, each.head_sha) for each in batch.got.executions] == [("DONE", SHA), ("RUNNING", None)]
    batch.work_off(2)
    batch.hand.done(batch.got)
    assert batch.tasks() == [DONE, DONE]


def test_a_run_that_is_cancelled_between_two_attempts_leaves_its_tasks_to_do(batch: Batch) -> None:
    batch.work_off(1)
    batch.set(2, "RUNNING")
    batch.hand.finish(batch.got, "worker_stopped")
    batch.scene.cancel()
    assert (batch.tasks(), batch.scene.statuses()) == ([TO_DO, TO_DO], [JobStatus.CANCELLED])


def test_a_task_of_the_run_gets_no_second_job_beside_it(house: House, batch: Batch) -> None:
    with pytest.raises(Conflict, match="unfinished job already: J-1"):
        house.run(batch.scene.tasks[1])
    batch.work_off(1, 2)
    batch.hand.done(batch.got)
    with pytest.raises(Conflict, match="is DONE"):
        house.run(batch.scene.tasks[1])


def test_a_task_with_a_job_of_its_own_is_left_out_of_the_run(house: House) -> None:
    scene = Sprinting.of(house, config={"runtime": "claude"})
    scene.start("SPRINT_BATCH")
    house.run(scene.tasks[0])
    got = house.hand(runtimes=["claude"]).take()
    assert got.kind == "SPRINT_IMPLEMENTATION"
    assert [each.task.id for each in got.executions] == [scene.tasks[1]]


def test_a_conflict_pauses_the_run_and_another_job_goes_on_with_its_tasks(batch: Batch) -> None:
    batch.work_off(1)
    batch.hand.finish(batch.got, "push_conflict", reason="the branch went another way")
    scene = batch.scene
    assert (scene.run.status, batch.tasks()) == (RunStatus.PAUSED, [TO_DO, TO_DO])
    scene.resume()
    batch.got = batch.hand.take()
    assert (batch.got.job_code, [each.status for each in batch.got.executions]) == ("J-2", ["PENDING", "PENDING"])
    batch.work_off(1, 2)
    batch.hand.done(batch.got)
    assert (scene.run.status, batch.tasks()) == (RunStatus.DONE, [DONE, DONE])


def test_what_people_made_of_a_task_meanwhile_stands(house: House, batch: Batch) -> None:
    batch.work_off(1, 2)
    house.write(backlog.edit_task, house.admin, batch.scene.tasks[1], {"status": "EXCLUDED"}, Place())
    batch.hand.done(batch.got)
    assert batch.tasks() == [DONE, TaskStatus.EXCLUDED]


def test_a_job_of_a_run_speaks_of_the_runs_tasks_and_stories_and_of_no_others(house: House, batch: Batch) -> None:
    other = house.story()
    assert "not found" in str(batch.call("update_task_status", task_id=house.task(other), status="in_progress"))
    assert "not found" in str(batch.call("log_implementation", story_id=other, content="…"))
    assert isinstance(batch.call("log_implementation", story_id=batch.scene.stories[0], content="…"), dict)
    task, run = batch.scene.tasks[1], batch.scene.run.id
    moved = batch.call("update_task_status", task_id=task, status="in_progress", sprint_run_id=run)
    assert isinstance(moved, dict)
    assert "not found" in str(
        batch.call("update_task_status", task_id=task, status="in_progress", sprint_run_id="run_other")
    )
    assert "not found" in str(batch.call("update_task_execution", execution_id="exe_other", status="RUNNING"))


def test_only_the_attempt_that_owns_the_job_tells_what_it_verified(batch: Batch) -> None:
    batch.hand.finish(batch.got, "worker_stopped")
    with pytest.raises(Superseded):
        batch.stand()
