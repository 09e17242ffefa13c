"""The tasks of a job for a whole sprint run: their order, their rules, and the job's `done`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ploeg.domain import executions
from ploeg.domain.errors import Conflict, Invalid
from ploeg.domain.gate import Coverage, VerifyRequired
from ploeg.domain.ids import ExecutionId, JobId, TaskId
from ploeg.domain.sprint_run import Execution, ExecutionStatus
from tests.domain.making import NOW

ENOUGH = "x" * 20


def an_execution(position: int = 1, **fields: Any) -> Execution:
    base: dict[str, Any] = {
        "id": ExecutionId(f"exe_{position}"),
        "job_id": JobId("job_1"),
        "task_id": TaskId(f"tsk_{position}"),
        "position": position,
        "plan": "Write `a.py`.",
        "verify_required": VerifyRequired.ALIGNED_OR_PARTIAL,
        "verify_only": False,
        "status": ExecutionStatus.RUNNING,
    }
    return Execution(**base | fields)


def verified(coverage: Coverage, summary: str | None = None, **fields: Any) -> Execution:
    return executions.verified(an_execution(**fields), base="a" * 40, head="b" * 40, coverage=coverage, summary=summary)


def test_one_begins_when_all_before_it_are_settled() -> None:
    first, second, third = (an_execution(n, status=ExecutionStatus.PENDING) for n in (1, 2, 3))
    with pytest.raises(Conflict, match=r"execution 1 .* comes first and is PENDING"):
        executions.begin(second, [first, second, third], NOW)
    done = first.evolve(status=ExecutionStatus.DONE)
    skipped = second.evolve(status=ExecutionStatus.SKIPPED)
    begun = executions.begin(third, [done, skipped, third], NOW)
    assert (begun.status, begun.started_at) == (ExecutionStatus.RUNNING, NOW)
    assert executions.begin(begun, [done, skipped, begun], NOW) is begun


def test_one_that_failed_may_be_begun_again() -> None:
    failed = executions.fail(an_execution(started_at=NOW), NOW)
    assert (failed.status, failed.ended_at) == (ExecutionStatus.FAILED, NOW)
    again = executions.begin(failed, [failed], NOW)
    assert (again.status, again.ended_at) == (ExecutionStatus.RUNNING, None)


def test_only_one_that_is_under_way_is_verified() -> None:
    with pytest.raises(Conflict, match="set it to RUNNING first"):
        verified(Coverage.ALIGNED, status=ExecutionStatus.PENDING)


def test_done_needs_what_its_rule_asks() -> None:
    with pytest.raises(Conflict, match="not compared"):
        executions.done(an_execution(), NOW)
    with pytest.raises(Conflict, match="20 characters"):
        executions.done(verified(Coverage.PARTIAL), NOW)
    assert executions.done(verified(Coverage.PARTIAL, ENOUGH), NOW).status is ExecutionStatus.DONE
    done = executions.done(verified(Coverage.ALIGNED), NOW)
    assert (done.status, done.ended_at, done.head_sha) == (ExecutionStatus.DONE, NOW, "b" * 40)
    assert executions.done(done, NOW) is done


def test_skipped_needs_a_reason_and_nothing_changed() -> None:
    empty = verified(Coverage.EMPTY)
    with pytest.raises(Invalid, match="skip_reason"):
        executions.skip(empty, "no need", NOW)
    with pytest.raises(Conflict, match="was not verified"):
        executions.skip(an_execution(), "It was there already.", NOW)
    with pytest.raises(Conflict, match="was found ALIGNED"):
        executions.skip(verified(Coverage.ALIGNED), "It was there already.", NOW)
    skipped = executions.skip(empty, " It was there already. ", NOW)
    assert (skipped.status, skipped.skip_reason) == (ExecutionStatus.SKIPPED, "It was there already.")
    assert executions.skip(skipped, None, NOW) is skipped


@pytest.mark.parametrize("status", [ExecutionStatus.DONE, ExecutionStatus.SKIPPED])
def test_what_is_settled_stays_so(status: ExecutionStatus) -> None:
    settled = an_execution(status=status, coverage=Coverage.EMPTY)
    ways: list[Callable[[], object]] = [
        lambda: executions.begin(settled, [settled], NOW),
        lambda: executions.fail(settled, NOW),
        lambda: executions.verified(settled, base="a", head="b", coverage=Coverage.ALIGNED, summary=None),
        lambda: (executions.skip if status is ExecutionStatus.DONE else executions.done)(settled, *_rest(status)),
    ]
    for way in ways:
        with pytest.raises(Conflict):
            way()


def _rest(status: ExecutionStatus) -> tuple[Any, ...]:
    return ("a good enough reason", NOW) if status is ExecutionStatus.DONE else (NOW,)


def test_a_job_without_tasks_is_not_done() -> None:
    gate = executions.aggregate([])
    assert not gate.passed
    assert "skipped" in gate.reason
