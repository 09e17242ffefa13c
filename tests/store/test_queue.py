"""The queue's order and depth, on both databases."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta

import pytest

from ploeg.domain.ids import ProductId, UserId
from ploeg.domain.job import Job, JobStatus
from ploeg.store.queue import Pile
from ploeg.store.store import Store
from ploeg.store.transaction import Transaction
from tests.store.installation import START, Installation


@pytest.fixture
def here(store: Store) -> Installation:
    return Installation(store)


def order(here: Installation, viewer: str = "usr_me") -> list[int]:
    def listed(tx: Transaction) -> Sequence[Job]:
        return tx.queue.in_order([here.product.id], UserId(viewer), 50)

    return [job.number for job in here.store.read_blocking(listed)]


def move_before(here: Installation, job: Job, other: Job) -> None:
    def verb(tx: Transaction) -> None:
        target = tx.jobs.get(other.id)
        tx.jobs.update(job.evolve(rank=tx.queue.make_room_before(target, job)))

    here.store.write_blocking(verb)


def test_a_job_is_put_right_before_another_and_all_others_keep_their_order(here: Installation) -> None:
    jobs = {job.number: job for job in [here.queue(rank=rank) for rank in (0, 0, -1, 0, 5, 0)]}
    assert order(here) == [3, 1, 2, 4, 6, 5]
    move_before(here, jobs[6], jobs[2])
    assert order(here) == [3, 1, 6, 2, 4, 5]
    move_before(here, jobs[1], jobs[5])
    assert order(here) == [3, 6, 2, 4, 1, 5]
    move_before(here, jobs[5], jobs[3])
    assert order(here) == [5, 3, 6, 2, 4, 1]
    move_before(here, here.read(jobs[3]), here.read(jobs[4]))
    assert order(here) == [5, 6, 2, 3, 4, 1]


def test_a_job_that_is_another_persons_alone_is_not_listed(here: Installation) -> None:
    here.queue(private_to=here.owner.id)
    assert order(here) == []
    assert order(here, here.owner.id) == [1]


def test_the_queue_is_counted_by_what_its_jobs_need(here: Installation) -> None:
    here.queue(lane="one")
    here.queue(lane="one")
    here.queue(labels=("gpu",))
    here.queue(not_before=START + timedelta(hours=1))
    here.queue(status=JobStatus.RUNNING, runtime="claude", lane="two")
    here.queue(lane="two", runtime="claude")
    here.queue(status=JobStatus.WAITING)
    here.queue(status=JobStatus.DONE)

    def counted(kind: str) -> set[tuple[str, tuple[str, ...], int]]:
        piles: list[Pile] = here.store.read_blocking(
            lambda tx: tx.queue.free(tx.now, "2026-11") if kind == "free" else tx.queue.piles(kind)
        )
        assert all(pile.product_id == ProductId(here.product.id) for pile in piles)
        return {(pile.runtime, pile.labels, pile.count) for pile in piles}

    assert counted("queued") == {("patch", (), 3), ("patch", ("gpu",), 1), ("claude", (), 1)}
    assert counted("free") == {("patch", (), 2), ("patch", ("gpu",), 1)}
    assert counted("later") == {("patch", (), 1)}
    assert counted("running") == {("claude", (), 1)}
    assert counted("waiting") == {("patch", (), 1)}


def test_however_jobs_are_moved_the_order_is_that_of_a_list(here: Installation) -> None:
    chance = random.Random(7)
    jobs = {job.number: job for job in [here.queue(rank=chance.randint(-1, 1)) for _ in range(8)]}
    wanted = order(here)
    for _ in range(60):
        moving, other = chance.sample(wanted, 2)
        wanted.remove(moving)
        wanted.insert(wanted.index(other), moving)
        move_before(here, here.read(jobs[moving]), here.read(jobs[other]))
        assert order(here) == wanted
