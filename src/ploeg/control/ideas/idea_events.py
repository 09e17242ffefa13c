"""What is told of an idea: to its owner alone, or to the members of its product once it is shared."""

from __future__ import annotations

from typing import Any

from ploeg.domain.idea import Idea, IdeaLog, IdeaLogType
from ploeg.domain.ids import JobId
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction


def save(
    tx: Transaction, before: Idea, idea: Idea, actor: str, change: str, job_id: JobId | None = None, **more: Any
) -> Idea:
    """Stores the idea as it has become, with its event and, where its status has changed, a line in its log."""
    tx.ideas.update(idea)
    if idea.status is not before.status:
        more = {"was": before.status, **more}
        note(tx, idea, IdeaLogType.STATUS_CHANGE, f"{before.status} → {idea.status}", actor)
    tell(tx, idea, actor, change, job_id, **more)
    return idea


def tell(tx: Transaction, idea: Idea, actor: str, change: str, job_id: JobId | None = None, **more: Any) -> None:
    data = {"id": idea.id, "code": idea.code, "title": idea.title, "status": idea.status, "change": change, **more}
    tx.events.add(
        "idea.changed",
        product_id=idea.product_id,
        user_id=None if idea.shared else idea.user_id,
        job_id=job_id,
        actor=actor,
        data=data,
    )


def note(
    tx: Transaction,
    idea: Idea,
    type_: IdeaLogType,
    content: str,
    actor: str,
    *,
    metadata: dict[str, Any] | None = None,
    call_id: str | None = None,
) -> IdeaLog:
    """A line in the idea's log. The same `call_id` again makes no second one."""
    log = IdeaLog(
        id=call_id or new_id("log"),
        idea_id=idea.id,
        type=type_,
        content=content,
        created_at=tx.now,
        actor=actor,
        metadata=metadata,
    )
    if not tx.ideas.add_log(log, call_id):
        return next(stored for stored in tx.ideas.logs(idea.id) if stored.id == log.id)
    return log
