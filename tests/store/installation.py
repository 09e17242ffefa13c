"""People, products and jobs for the store's tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ploeg.domain.access import Scope, Token, TokenKind, User
from ploeg.domain.attempt import Attempt, Phase
from ploeg.domain.backlog import Pbi, Story, Task
from ploeg.domain.ids import AttemptId, JobId, PbiId, ProductId, StoryId, TaskId, TokenId, UserId, WorkerId
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.product import Product
from ploeg.domain.worker import WorkerRecord
from ploeg.store.claims import Offer
from ploeg.store.ids import new_id
from ploeg.store.store import Store
from ploeg.store.transaction import Transaction

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@dataclass
class Clock:
    """The store's clock, which moves when it is told to."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **duration: float) -> None:
        self.now += timedelta(**duration)


def user(**given: Any) -> User:
    return User(**({"id": UserId(new_id("usr")), "username": new_id("name"), "created_at": START} | given))


def product(owner: User, **given: Any) -> Product:
    defaults = {
        "id": ProductId(new_id("prd")),
        "owner_id": owner.id,
        "name": "Shop",
        "code": new_id("code"),
        "repo_url": "https://git.example/shop",
        "definition_of_done": "It works.",
        "created_at": START,
    }
    return Product(**(defaults | given))


def pbi(of: Product, **given: Any) -> Pbi:
    defaults = {
        "id": PbiId(new_id("pbi")),
        "product_id": of.id,
        "code": "PBI-1",
        "title": "Pay",
        "sort_order": 1.0,
        "created_at": START,
    }
    return Pbi(**(defaults | given))


def story(of: Pbi, **given: Any) -> Story:
    defaults = {
        "id": StoryId(new_id("sto")),
        "pbi_id": of.id,
        "product_id": of.product_id,
        "code": "ST-001",
        "title": "Pay by card",
        "sort_order": 1.0,
        "created_at": START,
    }
    return Story(**(defaults | given))


def task(of: Story, **given: Any) -> Task:
    defaults = {
        "id": TaskId(new_id("tsk")),
        "story_id": of.id,
        "product_id": of.product_id,
        "code": "T-1",
        "title": "A form",
        "sort_order": 1.0,
        "created_at": START,
    }
    return Task(**(defaults | given))


def token(of: User, **given: Any) -> Token:
    defaults = {
        "id": TokenId(new_id("tok")),
        "user_id": of.id,
        "kind": TokenKind.WORKER,
        "label": "laptop",
        "scopes": frozenset({Scope.WORK}),
        "hint": "plg_wrk_ab",
        "created_at": START,
    }
    return Token(**(defaults | given))


def worker(of: Token, **given: Any) -> WorkerRecord:
    defaults = {
        "id": WorkerId(new_id("wrk")),
        "user_id": of.user_id,
        "token_id": of.id,
        "instance": "one",
        "hostname": "nas",
        "pid": 7,
        "version": "0.1.0",
        "slots": 1,
        "runtimes": ("patch",),
        "seen_at": START,
        "created_at": START,
    }
    return WorkerRecord(**(defaults | given))


@dataclass
class Installation:
    """One user with a product and a worker, in a store."""

    store: Store
    owner: User = field(default_factory=user)
    product: Product = field(init=False)
    worker: WorkerRecord = field(init=False)

    def __post_init__(self) -> None:
        self.product = product(self.owner)
        self.store.write_blocking(self._fill)

    def job(self, **given: Any) -> Job:
        """A queued job, not stored yet and without a number."""
        defaults = {
            "id": JobId(new_id("job")),
            "number": 0,
            "kind": "TASK_IMPLEMENTATION",
            "status": JobStatus.QUEUED,
            "product_id": self.product.id,
            "requested_by": self.owner.id,
            "runtime": "patch",
            "created_at": START,
        }
        return Job(**(defaults | given))

    def queue(self, **given: Any) -> Job:
        return self.store.write_blocking(lambda tx: self.add(tx, **given))

    def add(self, tx: Transaction, *, key: str | None = None, **given: Any) -> Job:
        job = self.job(**({"number": tx.jobs.next_number()} | given))
        tx.jobs.add(job, key)
        return job

    def claim(self, *, offer: Offer | None = None, attempt_id: str | None = None) -> Job | None:
        wanted = AttemptId(attempt_id or new_id("att"))
        return self.store.write_blocking(lambda tx: tx.claims.take(offer or Offer(("patch",)), wanted, tx.now))

    def attempt(self, of: Job, **given: Any) -> Attempt:
        """An attempt of that job, not stored yet."""
        defaults = {
            "id": AttemptId(new_id("att")),
            "job_id": of.id,
            "number": 1,
            "worker_id": self.worker.id,
            "runtime": of.runtime,
            "phase": Phase.PREPARE,
            "claimed_at": START,
            "lease_until": START + timedelta(minutes=5),
        }
        return Attempt(**(defaults | given))

    def keep(self, *items: Pbi | Story | Task) -> None:
        """Stores items of the backlog, parents first."""
        self.store.write_blocking(lambda tx: [_add_item(tx, item) for item in items])

    def read(self, job: Job) -> Job:
        found = self.store.read_blocking(lambda tx: tx.jobs.get(job.id))
        assert found is not None
        return found

    def change(self, job: Job) -> None:
        self.store.write_blocking(lambda tx: tx.jobs.update(job))

    def _fill(self, tx: Transaction) -> None:
        own = token(self.owner)
        tx.people.add_user(self.owner)
        tx.people.add_token(own, secret_sha256=new_id("hash"))
        tx.products.add(self.product)
        self.worker = tx.workers.upsert(worker(own))


def _add_item(tx: Transaction, item: Pbi | Story | Task) -> None:
    if isinstance(item, Pbi):
        tx.backlog.add_pbi(item)
    elif isinstance(item, Story):
        tx.backlog.add_story(item)
    else:
        tx.backlog.add_task(item)
