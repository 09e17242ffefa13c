"""A control plane over a real SQLite file, a clock to turn, and short words for what tests do with them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import pytest

from ploeg.control.backlog import backlog
from ploeg.control.installation import Installation
from ploeg.control.people import people
from ploeg.control.plane import ControlPlane
from ploeg.control.products import products
from ploeg.control.queue import submit
from ploeg.control.queue.submit import Wish
from ploeg.control.work import dispatch, report
from ploeg.control.work.transcripts import Transcripts
from ploeg.domain.access import Principal
from ploeg.domain.attempt import Attempt
from ploeg.domain.backlog import Task
from ploeg.domain.ids import AttemptId, TaskId
from ploeg.domain.job import Job
from ploeg.store.store import Store
from ploeg.store.transaction import Transaction
from ploeg.wire.assignment import Assignment
from ploeg.wire.work import ClaimRequest, FinishReply, FinishReport, Heartbeat, HeartbeatReply, WorkerInfo

P = ParamSpec("P")
T = TypeVar("T")

PLAN = "Change `hello.txt` so that it says hello."
SHA = "a" * 40
BASE = "b" * 40


class Clock:
    """The store's clock; it stands still unless a test turns it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **duration: float) -> datetime:
        self.now += timedelta(**duration)
        return self.now


@dataclass
class Hand:
    """A worker's side of the protocol."""

    house: House
    secret: str
    actor: Principal
    info: WorkerInfo
    keys: int = 0

    def claim(self, key: str | None = None) -> Assignment | None:
        return self.ask(key).assignment

    def ask(self, key: str | None = None) -> dispatch.Answer:
        self.keys += 1
        request = ClaimRequest(worker=self.info, claim_key=key or f"key-{self.keys}")
        return self.house.write(dispatch.claim, self.actor, self.house.installation, request)

    def take(self) -> Assignment:
        """The job that must be there."""
        assignment = self.claim()
        assert assignment is not None
        return assignment

    def beat(self, assignment: Assignment, phase: str = "agent", **said: Any) -> HeartbeatReply:
        beat = Heartbeat(phase=phase, **said)
        return self.house.write(report.heartbeat, self.actor, self.house.installation, assignment.attempt_id, beat)

    def finish(self, assignment: Assignment, outcome: str, **said: Any) -> FinishReply:
        ended = FinishReport(outcome=outcome, **{"phase": "report", **said})
        return self.house.write(report.finish, self.actor, self.house.installation, assignment.attempt_id, ended)

    def done(self, assignment: Assignment, **said: Any) -> FinishReply:
        return self.finish(assignment, "done", **{**proof(), **said})


@dataclass
class House:
    store: Store
    clock: Clock
    folder: Path
    installation: Installation
    admin: Principal
    secret: str
    worker_secret: str
    plane: ControlPlane = field(init=False)

    def __post_init__(self) -> None:
        transcripts = Transcripts(self.folder / "transcripts", self.installation.max_transcript_bytes)
        self.plane = ControlPlane(self.store, self.installation, transcripts, self.clock())

    def write(self, verb: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return self.store.write_blocking(lambda tx: verb(tx, *args, **kwargs))

    def read(self, query: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return self.store.read_blocking(lambda tx: query(tx, *args, **kwargs))

    def person(self, username: str) -> Principal:
        """A new user who is no administrator, signed in."""
        self.write(people.add_user, self.admin, username)
        made = self.write(people.make_token, self.admin, f"{username}'s", scopes=["read", "write"], username=username)
        return self.read(people.person, made.secret)

    def hand(self, instance: str = "one", *, of: Principal | None = None, **offer: Any) -> Hand:
        """A worker with a token of its own."""
        made = self.write(people.make_token, of or self.admin, f"worker {instance}", kind="worker")
        actor = self.read(people.worker, made.secret)
        info = WorkerInfo(instance=instance, hostname=instance, pid=1, version="1", **{"runtimes": ["patch"], **offer})
        return Hand(self, made.secret, actor, info)

    def product(self, code: str = "demo", actor: Principal | None = None, **fields: Any) -> str:
        fields = {"repo_url": f"https://git.example.org/{code}.git", **fields}
        return self.write(products.add, actor or self.admin, code.title(), code, fields).product.code

    def story(self, product: str = "demo", actor: Principal | None = None) -> str:
        """A story in a backlog item of its own; its reference."""
        pbi = self.write(backlog.add_pbi, actor or self.admin, product, "An item", {}).item
        return self.write(backlog.add_story, actor or self.admin, pbi.id, "A story", {}).item.id

    def task(self, story: str, actor: Principal | None = None, **fields: Any) -> str:
        fields = {"implementation_plan": PLAN, **fields}
        return self.write(backlog.add_task, actor or self.admin, story, "A task", fields).item.id

    def a_task(self, code: str = "demo", **fields: Any) -> str:
        """A task ready for work in a product of its own."""
        return self.task(self.story(self.product(code)), **fields)

    def run(self, task: str, actor: Principal | None = None, **wish: Any) -> Job:
        return self.write(submit.run_task, actor or self.admin, self.installation, task, Wish(**wish)).job

    def job(self, job: Job | Assignment) -> Job:
        job_id = job.id if isinstance(job, Job) else job.job_id
        found = self.read(lambda tx: tx.jobs.get(job_id))  # type: ignore[arg-type]  # an id is an id
        assert found is not None
        return found

    def attempt(self, assignment: Assignment) -> Attempt:
        found = self.read(lambda tx: tx.attempts.get(AttemptId(assignment.attempt_id)))
        assert found is not None
        return found

    def task_now(self, task: str) -> Task:
        found = self.read(lambda tx: tx.backlog.task(TaskId(task)))
        assert found is not None
        return found

    def told(self) -> list[str]:
        """The types of all events so far."""
        return [event.type for event in self.read(lambda tx: tx.events.after(0, None, 10_000))]


def proof(head: str = SHA) -> dict[str, Any]:
    """What a worker shows for `done`."""
    receipt = {"head_sha": head, "base_sha": BASE, "gates": [{"name": "clean", "passed": True, "reason": ""}]}
    return {"head_sha": head, "base_sha": BASE, "pushed": True, "receipt": receipt}


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database, migrated once."""
    path = tmp_path_factory.mktemp("template") / "ploeg.db"
    Store.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def house(tmp_path: Path, template: Path) -> Iterator[House]:
    shutil.copy(template, tmp_path / "ploeg.db")
    clock = Clock()
    store = Store.open(f"sqlite:///{tmp_path / 'ploeg.db'}", clock=clock)
    made = store.write_blocking(lambda tx: people.sign_in_this_machine(tx, "admin"))
    admin = store.read_blocking(lambda tx: people.person(tx, made.token))
    yield House(store, clock, tmp_path, Installation(), admin, made.token, made.worker_token)
    store.close()
