"""How states roll up, how items are ordered, and which task may get a job."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ploeg.domain.backlog import (
    PbiStatus,
    StoryStatus,
    TaskStatus,
    between,
    next_sort_order,
    pbi_status,
    story_status,
)
from ploeg.domain.errors import Conflict
from tests.domain.making import a_task

T, S, P = TaskStatus, StoryStatus, PbiStatus


@pytest.mark.parametrize(
    ("tasks", "in_sprint", "story"),
    [
        ([], False, S.OPEN),
        ([], True, S.IN_SPRINT),
        ([T.TO_DO], False, S.OPEN),
        ([T.TO_DO, T.DONE], True, S.IN_SPRINT),
        ([T.DONE], False, S.DONE),
        ([T.DONE, T.EXCLUDED], False, S.DONE),
        ([T.EXCLUDED], False, S.OPEN),
        ([T.DONE, T.REVIEW], False, S.OPEN),
        ([T.DONE, T.FAILED], True, S.FAILED),
    ],
)
def test_a_story_is_what_its_tasks_make_of_it(tasks: list[TaskStatus], in_sprint: bool, story: StoryStatus) -> None:
    assert story_status(tasks, in_sprint=in_sprint) is story


@given(st.lists(st.sampled_from(TaskStatus)), st.booleans())
def test_a_story_is_done_only_if_every_task_is_handled_and_one_is_done(
    tasks: list[TaskStatus], in_sprint: bool
) -> None:
    done = story_status(tasks, in_sprint=in_sprint) is S.DONE
    assert done == (T.DONE in tasks and all(task in {T.DONE, T.EXCLUDED} for task in tasks))


@given(st.permutations([T.DONE, T.EXCLUDED, T.TO_DO, T.FAILED]))
def test_the_order_of_tasks_does_not_matter(tasks: list[TaskStatus]) -> None:
    assert story_status(tasks, in_sprint=False) is S.FAILED


@pytest.mark.parametrize(
    ("current", "stories", "pbi"),
    [
        (P.READY, [], P.READY),
        (P.READY, [S.DONE], P.DONE),
        (P.READY, [S.DONE, S.OPEN], P.READY),
        (P.DONE, [S.DONE, S.IN_SPRINT], P.READY),
        (P.READY, [S.DONE, S.FAILED], P.FAILED),
        (P.FAILED, [S.DONE, S.OPEN], P.READY),
        (P.BLOCKED, [S.DONE], P.BLOCKED),
        (P.BLOCKED, [S.FAILED], P.BLOCKED),
    ],
)
def test_a_backlog_item_is_what_its_stories_make_of_it(
    current: PbiStatus, stories: list[StoryStatus], pbi: PbiStatus
) -> None:
    assert pbi_status(current, stories) is pbi


def test_the_first_item_gets_place_one_and_the_next_goes_behind_all() -> None:
    assert next_sort_order([]) == 1.0
    assert next_sort_order([3.0, 1.0]) == 4.0


@given(st.none() | st.floats(-1e6, 1e6), st.none() | st.floats(1e-3, 1e3))
def test_a_place_between_neighbours_lies_between_them(before: float | None, gap: float | None) -> None:
    after = None if gap is None else (before or 0.0) + gap
    place = between(before, after)
    assert before is None or before < place
    assert after is None or place < after


def test_a_task_with_a_plan_is_ready() -> None:
    task = a_task()
    assert task.ready_for_a_job() is task


@pytest.mark.parametrize("plan", [None, "", "  \n"])
def test_a_task_without_a_plan_gets_no_job(plan: str | None) -> None:
    with pytest.raises(Conflict, match="T-41 has no implementation plan"):
        a_task(implementation_plan=plan).ready_for_a_job()


@pytest.mark.parametrize("status", [T.DONE, T.EXCLUDED])
def test_a_task_that_is_handled_gets_no_job(status: TaskStatus) -> None:
    with pytest.raises(Conflict, match=f"T-41 is {status}"):
        a_task(status=status).ready_for_a_job()


@pytest.mark.parametrize("status", [T.TO_DO, T.IN_PROGRESS, T.REVIEW, T.FAILED])
def test_a_task_that_is_not_handled_may_get_a_job(status: TaskStatus) -> None:
    assert a_task(status=status).ready_for_a_job()
