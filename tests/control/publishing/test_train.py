"""A merge train: one branch after another, each verified on top of what was merged before it."""

from __future__ import annotations

from typing import Any

import pytest

from ploeg.domain.backlog import StoryStatus
from ploeg.domain.forge import ChecksState
from ploeg.domain.forge_action import Deed
from ploeg.domain.job import JobStatus
from ploeg.wire.assignment import Assignment
from tests.control.house import House, proof
from tests.control.publishing.conftest import Scene

pytestmark = pytest.mark.anyio

A, C, D, E, F = ("a" * 40, "c" * 40, "d" * 40, "e" * 40, "f" * 40)


@pytest.fixture
def train(house: House) -> Scene:
    return Scene.of(house, merge_train=True)


def verified(head: str, base: str) -> dict[str, Any]:
    shown = proof(head)
    return {**shown, "base_sha": base, "receipt": {**shown["receipt"], "base_sha": base}}


def arrive(train: Scene, head: str) -> Assignment:
    """The job that brings a branch up to date has done so."""
    assignment = train.hand.take()
    assert assignment.catches_up
    assert assignment.resume is not None
    assert assignment.resume.verified
    assert assignment.resume.receipt is not None
    train.forge.push(assignment.branch, head)
    train.hand.done(assignment, **verified(head, train.forge.branches["trunk"]))
    return assignment


def merged(train: Scene) -> list[str]:
    return [sha for _, sha in train.forge.merged]


def reason(train: Scene, sha: str) -> str | None:
    (found,) = [action.reason for action in train.asked(Deed.MERGE) if action.sha == sha]
    return found


async def test_the_second_is_verified_on_top_of_the_first_before_it_is_merged(train: Scene) -> None:
    first, second = train.house.story(), train.house.story()
    train.work(first, A)
    train.work(second, C)
    await train.outbox.look()
    assert merged(train) == [A]
    assert reason(train, C) in {
        "trunk has moved on; J-3 brings the branch up to date",
        "J-3 is queued on its branch",
    }
    arrive(train, D)
    await train.outbox.look()
    assert merged(train) == [A, D]
    assert [train.story(story).status for story in (first, second)] == [StoryStatus.DONE, StoryStatus.DONE]


async def test_the_others_wait_while_one_is_brought_up_to_date(train: Scene) -> None:
    for sha in (A, C, E):
        train.work(train.house.story(), sha)
    await train.outbox.look()
    await train.pass_time(minutes=1)
    assert merged(train) == [A]
    assert reason(train, E) == "J-4 brings another branch up to date first"
    arrive(train, D)
    await train.outbox.look()
    await train.pass_time(minutes=1)
    arrive(train, F)
    await train.outbox.look()
    assert merged(train) == [A, D, F]


async def test_one_that_waits_for_people_steps_aside(train: Scene) -> None:
    train.forge.checks_of[A] = ChecksState.RED
    train.work(train.house.story(), A)
    train.work(train.house.story(), C)
    await train.outbox.look()
    await train.pass_time(minutes=1)
    assert merged(train) == [C]
    train.forge.checked(A, ChecksState.GREEN)
    await train.pass_time(minutes=5)
    arrive(train, D)
    await train.outbox.look()
    assert merged(train) == [C, D]


async def test_one_that_fails_on_top_of_the_others_steps_aside_and_says_so(train: Scene) -> None:
    stories = [train.house.story() for _ in range(3)]
    for story, sha in zip(stories, (A, C, E), strict=True):
        train.work(story, sha)
    await train.outbox.look()
    failing = train.hand.take()
    train.hand.finish(failing, "push_conflict", reason="trunk has moved on, and both sides changed hello.txt")
    assert train.house.job(failing).status is JobStatus.FAILED
    await train.outbox.look()
    await train.pass_time(minutes=1)
    arrive(train, F)
    await train.outbox.look()
    assert merged(train) == [A, F]
    assert train.story(stories[1]).status is StoryStatus.FAILED
    assert {action.state for action in train.asked(Deed.MERGE) if action.sha == C} == {"dropped"}


async def test_a_job_that_lost_its_worker_still_runs_no_agent(train: Scene) -> None:
    train.work(train.house.story(), A)
    train.work(train.house.story(), C)
    await train.outbox.look()
    train.hand.finish(train.hand.take(), "worker_stopped")
    again = train.hand.take()
    assert again.catches_up
    assert again.resume is not None
    assert (again.resume.verified, again.resume.commit) == (True, C)
    assert again.resume.receipt is not None
