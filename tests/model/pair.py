"""The product and its second description side by side: what every step needs, and the look at both after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from ploeg.control.products import products
from ploeg.domain.errors import Conflict, Invalid
from ploeg.store.transaction import Transaction
from ploeg.wire.assignment import Assignment
from tests.control.house import Hand, House
from tests.model.things import Job
from tests.model.world import World

T = TypeVar("T")

MANY = st.integers(0, 59)


class Pair(RuleBasedStateMachine):
    #: Set before the machine runs.
    house: ClassVar[House]
    steps: ClassVar[int] = 0
    #: Which status followed which, by family.
    edges: ClassVar[Counter[tuple[str, str, str]]] = Counter()
    #: Steps that both refuse.
    refusals: ClassVar[Counter[str]] = Counter()

    product: str
    world: World

    def __init__(self) -> None:
        super().__init__()
        self.before: dict[str, str] = {}
        self.held: dict[str, tuple[Hand, Assignment]] = {}
        self.questions: dict[str, str] = {}

    @invariant()
    def both_show_the_same(self) -> None:
        if not hasattr(self, "world"):
            return
        Pair.steps += 1
        expected = self.world.seen()
        found = {key: self.house.read(_status, key) for key in expected}
        differing = {key: (found[key], wanted) for key, wanted in expected.items() if found[key] != wanted}
        assert not differing, f"found, and expected: {differing}"
        for key, status in found.items():
            was = self.before.get(key)
            if was is not None and was != status:
                Pair.edges[key.partition("_")[0], was, status] += 1
        self.before = found

    def teardown(self) -> None:
        if hasattr(self, "product"):
            self.write(products.archive, self.product)

    def know_job(self, job_id: str) -> None:
        job = self.house.read(lambda tx: tx.jobs.get(job_id))  # type: ignore[arg-type]
        assert job is not None
        assert job.task_id is not None
        assert job.lane is not None
        assert job.sequence is not None
        self.world.jobs[job.id] = Job(job.number, job.task_id, job.lane, job.sequence, job.rank, job.sprint_run_id)

    def write(self, verb: Callable[..., T], *arguments: Any) -> T:
        return self.house.write(verb, self.house.admin, *arguments)

    def refused(self, wrong: bool, verb: Callable[..., Any], *arguments: Any) -> bool:
        """Whether it was refused, which it must be if and only if it is wrong."""
        refusal: Exception | None = None
        try:
            self.write(verb, *arguments)
        except (Conflict, Invalid) as error:
            refusal = error
            Pair.refusals[verb.__name__] += 1
        assert wrong is (refusal is not None), f"{verb.__name__}: {refusal or 'should have been refused'}"
        return wrong


def pick(things: dict[str, Any], n: int) -> str:
    return list(things)[n % len(things)]


def _status(tx: Transaction, key: str) -> str:
    """The status of whatever has that id."""
    find: dict[str, Callable[[Any], Any]] = {
        "pbi": tx.backlog.pbi,
        "sto": tx.backlog.story,
        "tsk": tx.backlog.task,
        "spr": tx.sprints.get,
        "run": tx.sprints.run,
        "job": tx.jobs.get,
    }
    return str(find[key.partition("_")[0]](key).status)
