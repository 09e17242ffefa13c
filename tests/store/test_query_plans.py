"""How SQLite finds the rows: what is asked often must not walk through what has piled up.

The plan depends on the statement and the indexes alone, since Ploeg gathers no statistics; so a small database tells.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from ploeg.domain.ids import (
    JobId,
    PbiId,
    ProductId,
    ReceiverId,
    SprintId,
    SprintRunId,
    StoryId,
    TaskId,
    UserId,
    WorkerId,
)
from ploeg.store.claims import Offer, prepared
from ploeg.store.store import Store
from ploeg.store.transaction import Transaction
from tests.store.installation import START

#: Tables that grow for as long as an installation lives.
GROWING = ("jobs", "attempts", "events", "story_logs", "tasks", "stories", "questions", "sprint_runs", "notices")
PRODUCTS = [ProductId("prd_1"), ProductId("prd_2")]

QUESTIONS: dict[str, Callable[[Transaction], object]] = {
    "an expired lease": lambda tx: tx.claims.expired(START),
    "the next due moment": lambda tx: tx.claims.next_due(START),
    "a due schedule": lambda tx: tx.schedules.due(START),
    "the next due schedule": lambda tx: tx.schedules.next_due(),
    "a product whose open span is over": lambda tx: tx.products.with_ended_span(START),
    "the next product to open or close": lambda tx: tx.products.next_due(START),
    "work in review": lambda tx: tx.products.in_review(PRODUCTS[0]),
    "the jobs at work by runtime": lambda tx: tx.claims.active_by_runtime(),
    "the first job of the queue": lambda tx: tx.queue.first(),
    "the queued jobs": lambda tx: tx.queue.piles("queued"),
    "the parked jobs": lambda tx: tx.queue.piles("waiting"),
    "the jobs that are free to go": lambda tx: tx.queue.free(START, "2026-11"),
    "a lane's unfinished job": lambda tx: tx.jobs.unfinished_in_lane("lane"),
    "a lane's active job": lambda tx: tx.jobs.active_in_lane("lane"),
    "a task's unfinished job": lambda tx: tx.jobs.unfinished_for_task(TaskId("tsk_1")),
    "a job by its number": lambda tx: tx.jobs.by_number(1),
    "a job by its request": lambda tx: tx.jobs.by_key(UserId("usr_1"), "key"),
    "a product's newest jobs": lambda tx: tx.jobs.of_products(PRODUCTS[:1]),
    "a story's newest jobs": lambda tx: tx.jobs.of_products(PRODUCTS, story_id=StoryId("sto_1")),
    "an attempt by its claim": lambda tx: tx.attempts.by_claim_key(WorkerId("wrk_1"), "key"),
    "a worker's attempts": lambda tx: tx.attempts.active_of_worker(WorkerId("wrk_1")),
    "a job's attempts": lambda tx: tx.attempts.of_job(JobId("job_1")),
    "the events since": lambda tx: tx.events.after(7, PRODUCTS),
    "a job's events": lambda tx: tx.events.after(7, PRODUCTS, job_id=JobId("job_1")),
    "the events of some types since": lambda tx: tx.events.of_types(["job.failed"], 7, 9, 10),
    "the notices that wait": lambda tx: tx.notices.waiting(ReceiverId("rcv_1"), 10),
    "the next notice that waits": lambda tx: tx.notices.next_waiting(ReceiverId("rcv_1")),
    "what was said last about something": lambda tx: tx.notices.last_said(ReceiverId("rcv_1"), "job:J-1"),
    "the last event": lambda tx: tx.events.last_id(),
    "a story's events": lambda tx: tx.events.of_story(StoryId("sto_1"), ["job.done"], 10),
    "a story's log": lambda tx: tx.backlog.logs(StoryId("sto_1")),
    "a run's jobs": lambda tx: tx.jobs.of_run(SprintRunId("run_1")),
    "a run's unfinished jobs": lambda tx: tx.jobs.unfinished_of_run(SprintRunId("run_1")),
    "unfinished jobs of stories": lambda tx: tx.jobs.unfinished_of_stories([StoryId("sto_1"), StoryId("sto_2")]),
    "what comes before in a lane": lambda tx: tx.jobs.earlier_in_lane("lane", 3),
    "open questions about a story": lambda tx: tx.questions.open_about(StoryId("sto_1")),
    "a sprint's stories": lambda tx: tx.sprints.stories(SprintId("spr_1")),
    "the sprints of a backlog item": lambda tx: tx.sprints.with_stories_of(PbiId("pbi_1")),
    "a sprint's unended run": lambda tx: tx.sprints.unended_run(SprintId("spr_1")),
    "the paused runs": lambda tx: tx.sprints.paused_runs(),
    "a sprint's runs": lambda tx: tx.sprints.runs(SprintId("spr_1")),
    "a story's tasks": lambda tx: tx.backlog.tasks(PRODUCTS[0], StoryId("sto_1")),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_frequent_question_is_answered_by_an_index(sqlite_store: Store, question: str) -> None:
    plan = sqlite_store.read_blocking(lambda tx: plan_of(tx, QUESTIONS[question]))
    assert plan
    walked = [line for line in plan if re.match(rf"SCAN ({'|'.join(GROWING)})\b(?! USING)", line)]
    assert not walked, plan


@pytest.mark.parametrize("products", [None, ()])
def test_a_claim_searches_indexes_of_live_rows_and_sorts_nothing(
    sqlite_store: Store, products: tuple[()] | None
) -> None:
    statement, _ = prepared("sqlite", Offer((), (), products))
    plan = sqlite_store.read_blocking(lambda tx: explain(tx, statement))
    assert index_of(plan, "job") == "ix_jobs_queue"
    assert index_of(plan, "holder") == "uq_jobs_active_lane"
    assert index_of(plan, "earlier") == "ix_jobs_lane"
    assert index_of(plan, "other") == "ix_jobs_active_of_product"
    assert index_of(plan, "peer") == "ix_jobs_active_of_product"
    assert index_of(plan, "reviewed") == "ix_tasks_in_review"
    assert index_of(plan, "unmerged") == "ix_pbis_in_review"
    assert not [line for line in plan if "TEMP B-TREE" in line], plan


def plan_of(tx: Transaction, question: Callable[[Transaction], object]) -> list[str]:
    statements: list[str] = []
    tx.driver.set_trace_callback(statements.append)
    question(tx)
    tx.driver.set_trace_callback(None)
    return [line for statement in statements for line in explain(tx, statement)]


def index_of(plan: list[str], table: str) -> str | None:
    found = [re.search(rf"^(?:SCAN|SEARCH) {table} .*INDEX (\w+)", line) for line in plan]
    return next((match[1] for match in found if match), None)


def explain(tx: Transaction, statement: str) -> list[str]:
    nothing = dict.fromkeys(re.findall(r":([a-z]+)", statement))
    return [row[3] for row in tx.driver.execute(f"EXPLAIN QUERY PLAN {statement}", nothing)]
