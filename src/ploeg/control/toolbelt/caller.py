"""Who calls a tool, and what that caller can reach: a person what is theirs, an attempt only what its job is about.

To both, what is not there and what is not theirs are the same `NotFound`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

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
        story = self._own_story(tx)
        found = tx.backlog.pbi(story.pbi_id) if story is not None else None
        if found is None or not _names(reference, CodeKind.PBI, found.id, found.code):
            raise NotFound(CodeKind.PBI.noun, reference)
        return found

    def story(self, tx: Transaction, reference: str, need: Need = Need.LOOK) -> Story:
        found = self._own_story(tx)
        if found is None or not _names(reference, CodeKind.STORY, found.id, found.code):
            raise NotFound(CodeKind.STORY.noun, reference)
        return found

    def task(self, tx: Transaction, reference: str, need: Need = Need.LOOK) -> Task:
        found = tx.backlog.task(self.job.task_id) if self.job.task_id is not None else None
        if found is None or not _names(reference, CodeKind.TASK, found.id, found.code):
            raise NotFound(CodeKind.TASK.noun, reference)
        return found

    def idea(self, tx: Transaction, reference: str, need: Need = Need.LOOK) -> Idea:
        found = tx.ideas.get(self.job.idea_id) if self.job.idea_id is not None else None
        if found is None or not _names(reference, CodeKind.IDEA, found.id, found.code):
            raise NotFound(CodeKind.IDEA.noun, reference)
        return found

    def _own_story(self, tx: Transaction) -> Story | None:
        return tx.backlog.story(self.job.story_id) if self.job.story_id is not None else None


Caller: TypeAlias = PersonCaller | AttemptCaller


def _names(reference: str, kind: CodeKind, id_: str, code: str) -> bool:
    return reference == id_ or codes.expect(kind, reference) == code
