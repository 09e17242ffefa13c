"""Sprints, runs and executions: what comes back is what went in, in its order, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from ploeg.domain.errors import Conflict
from ploeg.domain.gate import Coverage, VerifyRequired
from ploeg.domain.ids import ExecutionId, PbiId, SprintId, SprintRunId, StoryId
from ploeg.domain.sprint import PrStrategy, Sprint, SprintStatus
from ploeg.domain.sprint_run import Execution, Pause, PauseReason, RunStatus, SprintRun
from ploeg.store.ids import new_id
from ploeg.store.store import Store
from ploeg.store.transaction import Transaction
from tests.store.installation import START, Installation, pbi, story, task


@pytest.fixture
def here(store: Store) -> Installation:
    return Installation(store)


def sprint(here: Installation, **given: Any) -> Sprint:
    defaults = {
        "id": SprintId(new_id("spr")),
        "product_id": here.product.id,
        "code": "S-2026-11-22-1",
        "goal": "Ship it",
        "created_at": START,
    }
    made = Sprint(**(defaults | given))
    here.store.write_blocking(lambda tx: tx.sprints.add(made))
    return made


def a_run(here: Installation, of: Sprint, **given: Any) -> SprintRun:
    defaults = {
        "id": SprintRunId(new_id("run")),
        "sprint_id": of.id,
        "product_id": of.product_id,
        "started_by": here.owner.id,
        "pr_strategy": PrStrategy.SPRINT,
        "created_at": START,
    }
    made = SprintRun(**(defaults | given))
    here.store.write_blocking(lambda tx: tx.sprints.add_run(made))
    return made


def test_a_sprint_comes_back_with_its_days_and_is_found_in_any_spelling(here: Installation) -> None:
    made = sprint(here, code="Launch", start_date=date(2026, 11, 23), end_date=date(2026, 12, 4))
    changed = made.become(SprintStatus.CLOSED, START)
    here.store.write_blocking(lambda tx: tx.sprints.update(changed))
    found = here.store.read_blocking(lambda tx: tx.sprints.with_code("LAUNCH", [here.product.id]))
    assert found == [changed]
    with pytest.raises(Conflict, match="a sprint with that code"):
        sprint(here, code="Launch")


def test_sprints_and_runs_come_newest_first_and_numbers_by_the_day(here: Installation) -> None:
    codes = [sprint(here, code=f"s-{n}", created_at=START + timedelta(days=n)).code for n in range(3)]
    found = here.store.read_blocking(lambda tx: tx.sprints.of_product(here.product.id, [SprintStatus.OPEN]))
    assert [each.code for each in found] == codes[::-1]

    def number(tx: Transaction, day: int) -> int:
        return tx.sprints.next_number(here.product.id, date(2026, 11, day))

    drawn = [here.store.write_blocking(lambda tx, day=day: number(tx, day)) for day in (22, 22, 23)]
    assert drawn == [1, 2, 1]


def test_the_stories_of_a_sprint_are_in_the_order_of_the_backlog_without_archived_ones(here: Installation) -> None:
    made = sprint(here)
    first, second = (pbi(here.product, id=PbiId(new_id("pbi")), code=f"PBI-{n}", sort_order=float(n)) for n in (1, 2))
    stories = [
        story(of, id=StoryId(new_id("sto")), code=f"ST-{n}", sort_order=order, sprint_id=made.id)
        for n, (of, order) in enumerate([(second, 1.0), (first, 2.0), (first, 1.0), (first, 3.0)])
    ]
    stories[3] = replace(stories[3], archived_at=START)
    here.keep(first, second, *stories)
    found = here.store.read_blocking(lambda tx: [each.code for each in tx.sprints.stories(made.id)])
    assert found == ["ST-2", "ST-1", "ST-0"]
    assert here.store.read_blocking(lambda tx: tx.sprints.with_stories_of(second.id)) == [made]


def test_a_sprint_has_one_run_that_has_not_ended(here: Installation) -> None:
    made = sprint(here)
    run = a_run(here, made)
    with pytest.raises(Conflict, match="a run that has not ended"):
        a_run(here, made)
    pause = Pause(
        reason=PauseReason.MERGE_CONFLICT, paused_at=START, conflict_files=("a.py",), resets_at=START, detail="why"
    )
    paused = run.pause_for(pause)
    here.store.write_blocking(lambda tx: tx.sprints.update_run(paused))
    assert here.store.read_blocking(lambda tx: tx.sprints.paused_runs()) == [paused]
    assert here.store.read_blocking(lambda tx: tx.sprints.unended_run(made.id)) == paused
    here.store.write_blocking(lambda tx: tx.sprints.update_run(paused.end(RunStatus.CANCELLED, START, "enough")))
    second = a_run(here, made, previous_run_id=run.id, created_at=START + timedelta(minutes=1))
    found = here.store.read_blocking(lambda tx: tx.sprints.runs(made.id))
    assert [(each.id, each.pause) for each in found] == [(second.id, None), (run.id, None)]


def test_executions_come_in_their_order_with_what_was_settled(here: Installation) -> None:
    of = pbi(here.product)
    in_story = story(of)
    here.keep(of, in_story, task(in_story))
    with_task = here.store.read_blocking(lambda tx: tx.backlog.tasks(here.product.id))[0]
    job = here.queue()
    made = Execution(
        id=ExecutionId(new_id("exe")),
        job_id=job.id,
        task_id=with_task.id,
        position=1,
        plan="Edit `a.py`.",
        verify_required=VerifyRequired.ANY,
        verify_only=True,
    )
    here.store.write_blocking(lambda tx: tx.sprints.add_execution(made))
    settled = made.evolve(coverage=Coverage.EMPTY, skip_reason="it was there", started_at=START, ended_at=START)
    here.store.write_blocking(lambda tx: tx.sprints.update_execution(settled))
    assert here.store.read_blocking(lambda tx: tx.sprints.executions(job.id)) == [settled]
    with pytest.raises(Conflict):
        here.store.write_blocking(lambda tx: tx.sprints.add_execution(replace(made, id=ExecutionId(new_id("exe")))))
    assert here.store.read_blocking(lambda tx: tx.jobs.unfinished_for_task(with_task.id)) == job
    here.store.write_blocking(lambda tx: tx.jobs.update(job.cancel("no longer wanted", START)))
    assert here.store.read_blocking(lambda tx: tx.jobs.unfinished_for_task(with_task.id)) is None


@pytest.mark.parametrize(("status", "offered"), [(status, status.claimable) for status in RunStatus])
def test_a_job_of_a_run_is_offered_while_the_run_is_queued_or_running(
    here: Installation, status: RunStatus, offered: bool
) -> None:
    run = a_run(here, sprint(here), status=status)
    here.queue(sprint_run_id=run.id)
    assert (here.claim() is not None) is offered
