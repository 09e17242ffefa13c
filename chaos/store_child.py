"""The life that is cut short: callers that queue, claim and finish jobs, and say what the store acknowledged."""

from __future__ import annotations

import asyncio
import os
import random
from datetime import UTC, datetime

from ploeg.domain.access import Scope, Token, TokenKind, User
from ploeg.domain.attempt import Attempt, Outcome, Phase
from ploeg.domain.ids import AttemptId, JobId, ProductId, TokenId, UserId, WorkerId
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.product import Product
from ploeg.domain.worker import WorkerRecord
from ploeg.store.claims import Offer
from ploeg.store.ids import new_id
from ploeg.store.store import Store
from ploeg.store.transaction import Transaction

CALLERS = 12
LANES = 3
RUNTIME = "patch"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
USER, TOKEN = UserId("usr_chaos"), TokenId("tok_chaos")
PRODUCT, WORKER = ProductId("prd_chaos"), WorkerId("wrk_chaos")


def live(url: str, pipe: int, seed: int) -> None:
    """Works until it is killed."""
    random.seed(seed)
    store = Store.open(url)
    store.write_blocking(settle_in)
    asyncio.run(work(store, pipe))


def settle_in(tx: Transaction) -> None:
    """The first life makes the installation; each later one gives up what the life before it held."""
    if tx.people.user(USER) is None:
        tx.people.add_user(User(id=USER, username="chaos", created_at=EPOCH))
        tx.people.add_token(
            Token(
                id=TOKEN,
                user_id=USER,
                kind=TokenKind.WORKER,
                label="chaos",
                scopes=frozenset({Scope.WORK}),
                hint="",
                created_at=EPOCH,
            ),
            "sha256",
        )
        tx.products.add(
            Product(
                id=PRODUCT,
                owner_id=USER,
                name="Chaos",
                code="chaos",
                repo_url="/srv/chaos",
                definition_of_done="",
                created_at=EPOCH,
            )
        )
        tx.workers.upsert(
            WorkerRecord(
                id=WORKER,
                user_id=USER,
                token_id=TOKEN,
                instance="one",
                hostname="chaos",
                pid=1,
                version="0",
                slots=1,
                runtimes=(RUNTIME,),
                seen_at=EPOCH,
                created_at=EPOCH,
            )
        )
    for attempt in tx.attempts.active_of_worker(WORKER):
        end(tx, attempt, Outcome.WORKER_LOST, JobStatus.QUEUED)


async def work(store: Store, pipe: int) -> None:
    await asyncio.gather(*(call(store, pipe) for _ in range(CALLERS)))


async def call(store: Store, pipe: int) -> None:
    held: list[AttemptId] = []
    while True:
        chance = random.random()
        if chance < 0.4:
            job_id = JobId(new_id("job"))
            await store.write(lambda tx, job_id=job_id: queue(tx, job_id))
            say(pipe, f"queued {job_id}")
        elif chance < 0.75 or not held:
            attempt_id = AttemptId(new_id("att"))
            if await store.write(lambda tx, attempt_id=attempt_id: claim(tx, attempt_id)):
                say(pipe, f"claimed {attempt_id}")
                held.append(attempt_id)
        else:
            attempt_id = held.pop(random.randrange(len(held)))
            # Two reports of the same end at once: a reply may have been lost.
            reports = [store.write(lambda tx, attempt_id=attempt_id: finish(tx, attempt_id)) for _ in range(2)]
            assert sorted(await asyncio.gather(*reports)) == [False, True]
            say(pipe, f"finished {attempt_id}")


def queue(tx: Transaction, job_id: JobId) -> None:
    number = tx.jobs.next_number()
    lane = f"lane {number % LANES}" if number % 5 == 0 else None
    tx.jobs.add(
        Job(
            id=job_id,
            number=number,
            kind="TASK_IMPLEMENTATION",
            status=JobStatus.QUEUED,
            product_id=PRODUCT,
            requested_by=USER,
            runtime=RUNTIME,
            created_at=tx.now,
            lane=lane,
            instruction="x" * random.randrange(3000),
        )
    )
    tx.events.add("job.queued", product_id=PRODUCT, job_id=job_id, actor="chaos", data={})


def claim(tx: Transaction, attempt_id: AttemptId) -> bool:
    job = tx.claims.take(Offer((RUNTIME,)), attempt_id, tx.now)
    if job is None:
        return False
    tx.attempts.add(
        Attempt(
            id=attempt_id,
            job_id=job.id,
            number=job.attempts,
            worker_id=WORKER,
            runtime=RUNTIME,
            phase=Phase.AGENT,
            claimed_at=tx.now,
            lease_until=tx.now,
        )
    )
    tx.events.add("job.claimed", product_id=PRODUCT, job_id=job.id, attempt_id=attempt_id, actor="chaos", data={})
    return True


def finish(tx: Transaction, attempt_id: AttemptId) -> bool:
    attempt = tx.attempts.get(attempt_id, lock=True)
    assert attempt is not None
    if not attempt.active:
        return False
    end(tx, attempt, Outcome.DONE, JobStatus.DONE)
    return True


def end(tx: Transaction, attempt: Attempt, outcome: Outcome, status: JobStatus) -> None:
    job = tx.jobs.get(attempt.job_id, lock=True)
    assert job is not None
    tx.attempts.update(attempt.evolve(ended_at=tx.now, lease_until=None, outcome=outcome))
    tx.jobs.update(job.settle(status, tx.now))
    tx.events.add(f"job.{status}", product_id=PRODUCT, job_id=job.id, attempt_id=attempt.id, actor="chaos", data={})


def say(pipe: int, line: str) -> None:
    """One write, shorter than a pipe's atomic length: it arrives whole or not at all."""
    os.write(pipe, f"{line}\n".encode())
