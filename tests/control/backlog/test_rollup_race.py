"""Tasks that end at the same moment, on both databases: whichever comes first, everything above them is right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from ploeg.control.installation import Installation
from ploeg.control.people import people
from ploeg.control.sprints import sprint_runs
from ploeg.domain.backlog import PbiStatus, StoryStatus, TaskStatus
from ploeg.domain.errors import Conflict
from ploeg.domain.sprint import SprintStatus
from ploeg.domain.sprint_run import RunStatus
from ploeg.store.store import Store
from tests.control.house import Clock, House
from tests.control.questions.test_question_race import at_once
from tests.control.sprinting import Sprinting
from tests.store.conftest import database_url, migrated_file, postgres_cluster

__all__ = ["database_url", "migrated_file", "postgres_cluster"]

ROUNDS = 8


@pytest.fixture
def busy_house(database_url: str, tmp_path: Path) -> Iterator[House]:
    clock = Clock()
    store = Store.open(database_url, clock=clock)
    made = store.write_blocking(lambda tx: people.sign_in_this_machine(tx, "admin"))
    admin = store.read_blocking(lambda tx: people.person(tx, made.token))
    yield House(store, clock, tmp_path, Installation(), admin, made.token, made.worker_token)
    store.close()


def test_stories_that_are_done_at_once_close_the_sprint_and_its_run(busy_house: House) -> None:
    house = busy_house
    hands = [house.hand(str(number)) for number in range(4)]
    for number in range(ROUNDS):
        scene = Sprinting.of(house, code=f"p{number}", called=f"round-{number}")
        for _ in range(3):
            scene.add_story(scene.beside(scene.stories[0]), tasks=1)
        scene.start("STORY")
        hands[0].done(hands[0].take())
        work = [hand.take() for hand in hands]
        at_once(*(partial(hand.done, got) for hand, got in zip(hands, work, strict=True)))
        assert scene.states() == (
            [TaskStatus.DONE] * 5,
            [StoryStatus.DONE] * 4,
            [PbiStatus.DONE] * 4,
            SprintStatus.CLOSED,
            RunStatus.DONE,
        ), number


def test_of_a_failure_and_successes_at_once_the_run_has_failed_and_nothing_is_left_over(busy_house: House) -> None:
    house = busy_house
    hands = [house.hand(str(number)) for number in range(3)]
    for number in range(ROUNDS):
        scene = Sprinting.of(house, stories=3, code=f"p{number}", called=f"round-{number}")
        scene.start("STORY")
        work = [hand.take() for hand in hands]
        at_once(
            partial(hands[0].finish, work[0], "reported_failed", reason="no"),
            *(partial(hand.done, got) for hand, got in zip(hands[1:], work[1:], strict=True)),
        )
        assert (scene.sprint.status, scene.run.status) == (SprintStatus.FAILED, RunStatus.FAILED)
        assert {job.status.terminal for job in scene.jobs()} == {True}, number


def test_a_pause_in_the_moment_of_a_claim_stands(busy_house: House) -> None:
    house = busy_house
    hand = house.hand()
    for number in range(ROUNDS):
        scene = Sprinting.of(house, code=f"p{number}", called=f"round-{number}")
        scene.start("STORY")
        at_once(scene.pause, hand.claim)
        assert scene.run.status is RunStatus.PAUSED, number
        scene.cancel()


def test_of_two_starts_at_once_one_makes_the_run(busy_house: House) -> None:
    house = busy_house

    def start(scene: Sprinting) -> None:
        with suppress(Conflict):
            scene.start("SPRINT")

    for number in range(ROUNDS):
        scene = Sprinting.of(house, code=f"p{number}", called=f"round-{number}")
        at_once(partial(start, scene), partial(start, scene))
        assert len(house.read(sprint_runs.listed, house.admin, scene.code)) == 1
        assert len(scene.jobs()) == 2


def test_of_a_cancel_and_an_end_at_once_nothing_is_left_over(busy_house: House) -> None:
    house = busy_house
    hand = house.hand()
    for number in range(ROUNDS):
        scene = Sprinting.of(house, code=f"p{number}", called=f"round-{number}")
        scene.start("SPRINT")
        got = hand.take()
        at_once(partial(hand.done, got), scene.cancel)
        assert scene.run.status is RunStatus.CANCELLED
        assert {job.status.terminal for job in scene.jobs()} == {True}, number
