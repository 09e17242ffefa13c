"""Many writers at once: what holds then, holds by the database and not by luck."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest

from ploeg.domain.attempt import Outcome
from ploeg.domain.codes import CodeKind
from ploeg.domain.errors import Superseded
from ploeg.domain.ids import AttemptId
from ploeg.domain.job import Job, JobStatus
from ploeg.store.store import Store
from ploeg.store.transaction import Transaction
from tests.store.installation import Installation, product

WRITERS = 64

T = TypeVar("T")


@pytest.fixture
def here(store: Store) -> Installation:
    return Installation(store)


def all_at_once(count: int, act: Callable[[int], T]) -> list[T]:
    """What each of so many threads got, which begin at the same moment."""
    gate = threading.Barrier(count)

    def go(number: int) -> T:
        gate.wait(10)
        return act(number)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(go, range(count)))


def test_codes_are_unique_and_without_gaps(here: Installation) -> None:
    def next_task(tx: Transaction) -> int:
        return tx.products.next_number(here.product.id, CodeKind.TASK)

    def number(_: int) -> list[int]:
        return [here.store.write_blocking(next_task) for _ in range(3)]

    drawn = all_at_once(WRITERS, number)
    assert sorted(n for series in drawn for n in series) == list(range(1, 3 * WRITERS + 1))
    assert all(series == sorted(series) for series in drawn)


def test_a_number_whose_verb_fails_is_given_to_the_next(here: Installation) -> None:
    def draw_and_stumble(tx: Transaction) -> None:
        assert tx.jobs.next_number() == 1
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        here.store.write_blocking(draw_and_stumble)
    assert here.queue().number == 1


def test_each_series_counts_by_itself(here: Installation) -> None:
    other = product(here.owner)
    here.store.write_blocking(lambda tx: tx.products.add(other))

    def draw(tx: Transaction) -> list[int]:
        return [
            tx.products.next_number(here.product.id, CodeKind.TASK),
            tx.products.next_number(here.product.id, CodeKind.TASK),
            tx.products.next_number(here.product.id, CodeKind.STORY),
            tx.products.next_number(other.id, CodeKind.TASK),
            tx.jobs.next_number(),
        ]

    assert here.store.write_blocking(draw) == [1, 2, 1, 1, 1]


def test_one_request_makes_one_job_however_often_it_comes(here: Installation) -> None:
    def ask(caller: int) -> str:
        def submit(tx: Transaction) -> Job:
            return tx.jobs.by_key(here.owner.id, f"key {caller % 4}") or here.add(tx, key=f"key {caller % 4}")

        return here.store.write_blocking(submit).id

    answers = all_at_once(WRITERS, ask)
    assert [len(set(answers[key::4])) for key in range(4)] == [1, 1, 1, 1]
    assert len(set(answers)) == 4
    stored = here.store.read_blocking(lambda tx: tx.jobs.of_products([here.product.id]))
    assert sorted(job.number for job in stored) == [1, 2, 3, 4], "a job that lost the race left no hole in the numbers"


def test_every_job_is_given_to_one_claimant(here: Installation) -> None:
    for _ in range(40):
        here.queue()
    claimed = [job for job in all_at_once(WRITERS, lambda _: here.claim()) if job is not None]
    assert len(claimed) == 40
    assert max(Counter(job.id for job in claimed).values()) == 1


def test_a_lane_never_has_two_active_jobs(here: Installation) -> None:
    for number in range(30):
        here.queue(lane=f"lane {number % 3}")
    claimed = [job for job in all_at_once(WRITERS, lambda _: here.claim()) if job is not None]
    assert sorted(job.lane or "" for job in claimed) == ["lane 0", "lane 1", "lane 2"]


def test_a_sequence_is_never_overtaken(here: Installation) -> None:
    for place in range(8):
        here.queue(lane="shop/st-001", sequence=place)
    for place in range(8):
        claimed = [job for job in all_at_once(8, lambda _: here.claim()) if job is not None]
        assert [job.sequence for job in claimed] == [place]
        here.change(claimed[0].settle(JobStatus.DONE, here.store.read_blocking(lambda tx: tx.now)))


def test_a_product_never_runs_more_jobs_than_its_limit(here: Installation) -> None:
    here.store.write_blocking(lambda tx: tx.products.update(here.product.evolve(max_concurrent_jobs=3)))
    for _ in range(30):
        here.queue()
    claimed = [job for job in all_at_once(WRITERS, lambda _: here.claim()) if job is not None]
    assert len(claimed) == 3


def test_an_attempt_ends_once(here: Installation) -> None:
    queued = here.queue()
    attempt = here.attempt(queued)
    here.store.write_blocking(lambda tx: tx.attempts.add(attempt))
    assert here.claim(attempt_id=attempt.id) is not None

    def finish(caller: int) -> bool:
        def end(tx: Transaction) -> None:
            held = tx.attempts.get(attempt.id, lock=True)
            assert held is not None
            held.held_by(here.worker.id)
            tx.attempts.update(held.evolve(ended_at=tx.now, outcome=Outcome.DONE, summary=f"by {caller}"))
            job = tx.jobs.get(queued.id, lock=True)
            assert job is not None
            tx.jobs.update(job.settle(JobStatus.DONE, tx.now))
            tx.events.add("job.done", job_id=queued.id, actor="server", data={})

        try:
            here.store.write_blocking(end)
        except Superseded:
            return False
        return True

    assert Counter(all_at_once(32, finish)) == {True: 1, False: 31}
    assert len(here.store.read_blocking(lambda tx: tx.events.after(0, None, job_id=queued.id))) == 1


def test_events_become_visible_in_the_order_of_their_ids(here: Installation) -> None:
    done = threading.Event()
    seen: list[int] = []

    def follow() -> None:
        while True:
            over = done.is_set()
            events = here.store.read_blocking(lambda tx: tx.events.after(max(seen, default=0), None, limit=50))
            seen.extend(event.id for event in events)
            if over and not events:
                return

    def emit(tx: Transaction) -> list[int]:
        for number in range(3):
            tx.events.add("job.queued", actor="server", data={"number": number})
        return [event.id for event in tx.emitted]

    follower = threading.Thread(target=follow)
    follower.start()
    written = all_at_once(16, lambda _: [here.store.write_blocking(emit) for _ in range(10)])
    done.set()
    follower.join(10)
    assert not follower.is_alive()
    everything = sorted(event_id for batches in written for batch in batches for event_id in batch)
    assert seen == everything, "a reader that goes on from the last id it saw misses nothing"


def test_two_verbs_that_wait_for_each_other_both_come_through(here: Installation) -> None:
    """PostgreSQL ends one of two such transactions; it is run again. SQLite has one writer and no such case."""
    first, second = here.queue(), here.queue()
    meet = threading.Barrier(2)
    runs: Counter[int] = Counter()

    def cross(caller: int) -> None:
        def verb(tx: Transaction) -> None:
            runs[caller] += 1
            for job in (first, second) if caller == 0 else (second, first):
                locked = tx.jobs.get(job.id, lock=True)
                assert locked is not None
                tx.jobs.update(locked.evolve(rank=locked.rank + 1, attempt_id=AttemptId(f"att_{caller}")))
                if tx.on_postgres and runs[caller] == 1 and job is (first, second)[caller]:
                    meet.wait(10)

        here.store.write_blocking(verb)

    all_at_once(2, cross)
    assert (here.read(first).rank, here.read(second).rank) == (2, 2)
