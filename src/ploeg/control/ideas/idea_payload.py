"""An idea as the agent of one of its jobs gets it, as it stands at the claim."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ploeg.control.ideas import idea_chat
from ploeg.domain.access import User
from ploeg.domain.chat import Channel, IdeaMessage
from ploeg.domain.idea import Idea, IdeaLogType
from ploeg.domain.ids import UserId
from ploeg.domain.job import Job
from ploeg.domain.product import Product
from ploeg.store.transaction import Transaction
from ploeg.wire.assignment import IdeaMessageOut, IdeaOut, RepositoryOut

#: Decisions and notes that a job is given, the newest ones.
LOG_MAX = 40
#: Earlier messages that a chat is given, the newest ones.
CONVERSATION_MAX = 30

_SETTLED = frozenset({IdeaLogType.DECISION, IdeaLogType.NOTE})


def idea_out(tx: Transaction, job: Job, idea: Idea) -> IdeaOut:
    said = idea_chat.cut_off(tx, job) if Channel.of_kind(job.kind) is not None else []
    to_answer = [message for message in said if _to_answer(message, job)]
    earlier = [message for message in said if not _to_answer(message, job)]
    settled = [log for log in tx.ideas.logs(idea.id) if log.type in _SETTLED]
    return IdeaOut(
        id=idea.id,
        code=idea.code,
        title=idea.title,
        status=idea.status,
        description=idea.description,
        grill=idea.grill_md or "",
        plan=idea.plan_md or "",
        review=_review(idea.review_log),
        log=[f"{log.type}: {log.content}" for log in settled[-LOG_MAX:]],
        beside=_beside(tx, job, idea, [said.user_id for said in to_answer if said.user_id is not None]),
        conversation=[_message(message) for message in earlier[-CONVERSATION_MAX:]],
        messages=[_message(message) for message in to_answer],
    )


def _beside(tx: Transaction, job: Job, idea: Idea, speakers: Iterable[UserId]) -> list[RepositoryOut]:
    """The repositories of further products, as far as the idea's owner and all whom the job obeys may look at them."""
    people = [tx.people.user(user_id) for user_id in {idea.user_id, job.requested_by, *speakers}]
    found = (tx.products.get(product_id) for product_id in tx.ideas.products(idea.id))
    return [
        RepositoryOut(product=product.code, repo_url=product.repo_url)
        for product in found
        if product is not None
        and product.repo_url is not None
        and product.id != job.product_id
        and all(_may_look(tx, user, product) for user in people)
    ]


def _may_look(tx: Transaction, user: User | None, product: Product) -> bool:
    return user is not None and (user.is_admin or tx.products.role_of(product.id, user.id) is not None)


def _to_answer(message: IdeaMessage, job: Job) -> bool:
    return message.user_id is not None and message.job_id == job.id


def _message(message: IdeaMessage) -> IdeaMessageOut:
    return IdeaMessageOut(author="agent" if message.user_id is None else "person", text=message.text)


def _review(log: dict[str, Any] | None) -> str:
    """The last round in words: whoever plans again must meet its findings."""
    if not log or not log.get("rounds"):
        return ""
    last = log["rounds"][-1]
    return "\n".join([f"{last['verdict']}: {last['summary']}", *map(_finding, last.get("findings", []))])


def _finding(finding: dict[str, Any]) -> str:
    where = f", {finding['where']}" if finding.get("where") else ""
    remedy = f" Remedy: {finding['remedy']}" if finding.get("remedy") else ""
    return f"- {finding.get('severity', 'finding')}{where}: {finding.get('problem', '')}{remedy}"
