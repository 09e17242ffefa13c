"""Who calls a tool, and what that caller can reach: a person what is theirs, an attempt only what its job is about.

To both, what is not there and what is not theirs are the same `NotFound`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeVar

from ploeg.control import find
from ploeg.control.find import Need
from ploeg.control.installation import Installation
from ploeg.domain import codes
from ploeg.domain.access import Principal
from ploeg.domain.attempt import Attempt
from ploeg.domain.backlog import Pbi, Story, Task
from ploeg.domain.codes import CodeKind
from ploeg.domain.errors import NotFound
from ploeg.domain.idea import Idea
from ploeg.domain.ids import JobId
from ploeg.domain.job import Job
from ploeg.domain.product import Product
from ploeg.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class PersonCaller:
    """A person's own agent, through the server's `/mcp`."""

    principal: Principal
    installation: Installation

    @property
    def by(self) -> str:
        """How events name who did it."""
        return self.principal.name

    @property
    def job_id(self) -> JobId | None:
        return None

    def product(self, tx: Transaction, reference: str, need: Need = Need.LOOK) -> Product:
        return find.product(tx, self.principal, reference, need)

    def pbi(self, tx: Transaction, reference: str, need: Need = Need.LOOK) -> Pbi:
        return find.pbi(tx, self.principal, reference, need)

    def story(self, tx: Transaction, reference: str, need: Need = Need.LOOK) -> Story:
        return find.story(tx, self.principal, reference, need)

    def task(self, tx: Transaction, reference: str, need: Need = Need.LOOK) -> Task:
        return find.task(tx, self.principal, reference, need)

    def idea(self, tx: Transaction, reference: str, need: Need = Need.LOOK) -> Idea:
        return find.idea(tx, self.principal, reference, need)


@dataclass(frozen=True, slots=True)
class AttemptCaller:
    """A job's agent, through its worker. What it may do follows from its job, so a `need` asks nothing more of it."""

    principal: Principal
    installation: Installation
    job: Job
    attempt: Attempt
    #: The same call again has no second effect.
    call_id: str

    @property
    def by(self) -> str:
        return f"worker:{self.attempt.worker_id}"

    @property
    def job_id(self) -> JobId | None:
        return self.job.id

    def product(self, tx: Transaction, reference: str, need: Need = Need.LOOK) -> Product:
        found = tx.products.get(self.job.product_id)
        if found is None or reference.strip().lower() not in {found.id, found.code}:
            raise NotFound("product", reference)
        return found

    def pbi(self, tx: Transaction, reference: str, need: Need = Need.LOOK) -> Pbi:
        found = (tx.backlog.pbi(pbi_id) for pbi_id in {story.pbi_id for story in self._stories(tx)})
        return _named(CodeKind.PBI, [pbi for pbi in found if pbi is not None], reference)

    def story(self, tx: Transaction, reference: str, need: Need = Need.LOOK) -> Story:
        return _named(CodeKind.STORY, self._stories(tx), reference)

    def task(self, tx: Transaction, reference: str, need: Need = Need.LOOK) -> Task:
        return _named(CodeKind.TASK, self._tasks(tx), reference)

    def idea(self, tx: Transaction, reference: str, need: Need = Need.LOOK) -> Idea:
        found = tx.ideas.get(self.job.idea_id) if self.job.idea_id is not None else None
        return _named(CodeKind.IDEA, [found] if found is not None else [], reference)

    def _tasks(self, tx: Transaction) -> list[Task]:
        """The job's task, or those of the run that it works through."""
        own = self.job.task_id
        ids = [own] if own is not None else [each.task_id for each in tx.sprints.executions(self.job.id)]
        return [task for task in map(tx.backlog.task, ids) if task is not None]

    def _stories(self, tx: Transaction) -> list[Story]:
        own = self.job.story_id
        ids = {own} if own is not None else {task.story_id for task in self._tasks(tx)}
        return [story for story in map(tx.backlog.story, ids) if story is not None]


Caller: TypeAlias = PersonCaller | AttemptCaller


class _Coded(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def code(self) -> str: ...


N = TypeVar("N", bound=_Coded)


def _named(kind: CodeKind, own: Sequence[N], reference: str) -> N:
    """The one of them with that id or code; `NotFound` for what is not there and for what is not theirs."""
    for each in own:
        if reference == each.id or codes.expect(kind, reference) == each.code:
            return each
    raise NotFound(kind.noun, reference)
