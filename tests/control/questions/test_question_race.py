"""An answer in the very moment of the parking, on both databases: whichever comes first, the job goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from ploeg.control.installation import Installation
from ploeg.control.people import people
from ploeg.control.questions import questions
from ploeg.control.work import cancel
from ploeg.domain.errors import Conflict
from ploeg.domain.job import JobStatus
from ploeg.domain.question import QuestionStatus
from ploeg.store.store import Store
from tests.control.agent import TaskAgent
from tests.control.house import Clock, House
from tests.store.conftest import database_url, migrated_file, postgres_cluster

__all__ = ["database_url", "migrated_file", "postgres_cluster"]

ROUNDS = 15


@pytest.fixture
def busy_house(database_url: str, tmp_path: Path) -> Iterator[House]:
    clock = Clock()
    store = Store.open(database_url, clock=clock)
    made = store.write_blocking(lambda tx: people.sign_in_this_machine(tx, "admin"))
    admin = store.read_blocking(lambda tx: people.person(tx, made.token))
    yield House(store, clock, tmp_path, Installation(), admin, made.token, made.worker_token)
    store.close()


def answer(house: House, code: str) -> None:
    """Unless it is too late."""
    with suppress(Conflict):
        house.write(questions.answer, house.admin, code, "1")


def at_once(*acts: Callable[[], object]) -> None:
    gate = threading.Barrier(len(acts))

    def go(act: Callable[[], object]) -> None:
        gate.wait(10)
        act()

    with ThreadPoolExecutor(len(acts)) as threads:
        list(threads.map(go, acts))


def test_an_answer_in_the_moment_of_the_parking_is_never_lost(busy_house: House) -> None:
    house = busy_house
    hand = house.hand()
    story = house.story(house.product())
    for number in range(1, ROUNDS + 1):
        job = house.run(house.task(story))
        agent = TaskAgent(house, hand)
        agent.ask()
        at_once(agent.park, partial(answer, house, f"Q-{number}"))
        assert house.job(job).status is JobStatus.QUEUED, number
        hand.done(hand.take())


def test_of_an_answer_and_a_cancel_at_once_neither_leaves_a_job_that_waits(busy_house: House) -> None:
    house = busy_house
    hand = house.hand()
    story = house.story(house.product())
    for number in range(1, ROUNDS + 1):
        job = house.run(house.task(story))
        agent = TaskAgent(house, hand)
        agent.ask()
        agent.park()
        at_once(partial(answer, house, f"Q-{number}"), partial(house.write, cancel.cancel, house.admin, job.code))
        assert house.job(job).status is JobStatus.CANCELLED
        status = house.read(questions.shown, house.admin, f"Q-{number}").question.status
        assert status in {QuestionStatus.ANSWERED, QuestionStatus.CANCELLED}
