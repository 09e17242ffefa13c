"""Ideas as people keep them: written down, changed, shared with a product, archived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ploeg.control import find
from ploeg.control.backlog.backlog_fields import one_of
from ploeg.control.docs.text import line, optional_prose
from ploeg.control.find import Need
from ploeg.control.ideas import idea_docs
from ploeg.control.ideas.idea_events import save, tell
from ploeg.control.ideas.idea_work import locked
from ploeg.domain import codes
from ploeg.domain.access import Principal, Scope
from ploeg.domain.codes import CodeKind
from ploeg.domain.errors import Conflict, Invalid
from ploeg.domain.idea import DESCRIPTION_MAX, TITLE_MAX, Idea, IdeaLog
from ploeg.domain.idea_step import IdeaStatus
from ploeg.domain.ids import IdeaId, ProductId
from ploeg.domain.product import Product
from ploeg.domain.question import Question, QuestionStatus
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction

PRODUCTS_MAX = 10
CONTEXT_QUESTIONS = 10
CONTEXT_LOGS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeaView:
    """An idea with the names and codes of what it belongs to."""

    idea: Idea
    owner: str
    product: str | None
    pbi: str | None
    #: Codes of the jobs at work on it, or queued.
    jobs: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeaContext:
    """All that somebody needs who goes on with an idea."""

    view: IdeaView
    #: Codes of the further products that it touches.
    products: list[str]
    #: Those that are open, the newest first.
    questions: list[Question]
    #: The newest ones, oldest of them first.
    logs: list[IdeaLog]


def listed(
    tx: Transaction,
    actor: Principal,
    *,
    product: str | None = None,
    statuses: Sequence[str] = (),
    archived: bool = False,
    limit: int = 200,
    before: str | None = None,
) -> list[IdeaView]:
    """The caller's own ideas and those shared with the caller's products, the newest first; `before` is the id of the
    last idea of the page before."""
    actor.require(Scope.READ)
    found = tx.ideas.visible_to(
        actor.user.id,
        [visible.id for visible in find.visible_products(tx, actor)],
        product_id=find.product(tx, actor, product).id if product is not None else None,
        statuses=[one_of(IdeaStatus)("status", status.upper()) for status in statuses] or None,
        archived=archived,
        limit=limit,
        before=IdeaId(before) if before is not None else None,
    )
    return [view(tx, idea) for idea in found]


def context(tx: Transaction, actor: Principal, reference: str) -> IdeaContext:
    return context_of(tx, actor, find.idea(tx, actor, reference))


def context_of(tx: Transaction, actor: Principal, idea: Idea) -> IdeaContext:
    """`context` for who has found the idea already. Of its further products it shows those that the caller sees."""
    seen = [product_id for product_id in tx.ideas.products(idea.id) if find.role(tx, actor, product_id) is not None]
    products = [tx.products.get(product_id) for product_id in seen]
    return IdeaContext(
        view=view(tx, idea),
        products=[product.code for product in products if product is not None],
        questions=_open_questions(tx, idea),
        logs=tx.ideas.logs(idea.id, CONTEXT_LOGS),
    )


def logs(tx: Transaction, actor: Principal, reference: str) -> list[IdeaLog]:
    """Its whole log, oldest line first."""
    return tx.ideas.logs(find.idea(tx, actor, reference).id)


def add(
    tx: Transaction, actor: Principal, title: str, *, description: str | None = None, product: str | None = None
) -> Idea:
    """A new idea, the caller's alone for now. Without a product it can be written on, but no job can start."""
    actor.require(Scope.WRITE)
    found = find.product(tx, actor, product, Need.CHANGE) if product is not None else None
    idea = Idea(
        id=IdeaId(new_id("ide")),
        user_id=actor.user.id,
        code=codes.code(CodeKind.IDEA, tx.ideas.next_number(actor.user.id)),
        title=line("title", title, TITLE_MAX),
        description=optional_prose("description", description, DESCRIPTION_MAX),
        product_id=found.id if found is not None else None,
        created_at=tx.now,
    )
    tx.ideas.add(idea)
    tell(tx, idea, actor.name, "added")
    return idea


def edit(tx: Transaction, actor: Principal, reference: str, fields: Mapping[str, Any]) -> Idea:
    """Title, description, product and further products; what is not named stays."""
    idea = locked(tx, find.idea(tx, actor, reference, Need.CHANGE).id)
    changes: dict[str, Any] = {}
    for name, value in fields.items():
        match name:
            case "title":
                changes[name] = line(name, value, TITLE_MAX)
            case "description":
                changes[name] = optional_prose(name, value, DESCRIPTION_MAX)
            case "product":
                changes["product_id"] = _moved(tx, actor, idea, value)
            case "products":
                tx.ideas.set_products(idea.id, _further(tx, actor, value or ()))
            case _:
                raise Invalid(name, value, "set some of title, description, product, products")
    changed = idea.evolve(**changes)
    if changed.shared and changed.product_id != idea.product_id:
        changed = idea_docs.publish(tx, changed, actor.name)
    return save(tx, idea, changed, actor.name, "edited")


def share(tx: Transaction, actor: Principal, reference: str, *, shared: bool = True) -> Idea:
    """Members of its product see it and work on it, viewers see it; or it is its owner's alone again. What its docs
    have told by then stays told."""
    idea = locked(tx, find.idea(tx, actor, reference, Need.OWN).id)
    if idea.shared is shared:
        return idea
    changed = idea.evolve(shared=shared)
    if shared:
        product = _product(tx, actor, idea)
        changed = idea_docs.publish(tx, changed, actor.name)
        tx.jobs.show(idea.id, product.id)
    else:
        tx.jobs.keep_private(idea.id, idea.user_id)
    return save(tx, idea, changed, actor.name, "shared" if shared else "unshared")


def archive(tx: Transaction, actor: Principal, reference: str, *, archived: bool = True) -> Idea:
    """Puts it away, or takes it out again; `Conflict` while a job is at work on it."""
    idea = locked(tx, find.idea(tx, actor, reference, Need.OWN).id)
    if idea.archived is archived:
        return idea
    unfinished = tx.jobs.unfinished_of_idea(idea.id)
    if archived and unfinished:
        raise Conflict(f"{unfinished[0].code} of {idea.code} is {unfinished[0].status}; cancel it first")
    changed = idea.evolve(archived_at=tx.now if archived else None)
    return save(tx, idea, changed, actor.name, "archived" if archived else "restored")


def view(tx: Transaction, idea: Idea) -> IdeaView:
    owner = tx.people.user(idea.user_id)
    product = tx.products.get(idea.product_id) if idea.product_id is not None else None
    pbi = tx.backlog.pbi(idea.pbi_id) if idea.pbi_id is not None else None
    return IdeaView(
        idea=idea,
        owner=owner.username if owner is not None else "",
        product=product.code if product is not None else None,
        pbi=pbi.code if pbi is not None else None,
        jobs=[job.code for job in tx.jobs.unfinished_of_idea(idea.id)],
    )


def _open_questions(tx: Transaction, idea: Idea) -> list[Question]:
    if idea.product_id is None:
        return []
    return tx.questions.of_products(
        [idea.product_id], statuses=[QuestionStatus.OPEN], idea_id=idea.id, limit=CONTEXT_QUESTIONS
    )


def _moved(tx: Transaction, actor: Principal, idea: Idea, product: str | None) -> ProductId | None:
    if tx.jobs.unfinished_of_idea(idea.id):
        raise Conflict(f"{idea.code} is {idea.status}; it changes its product while no job is at work on it")
    if idea.user_id != actor.user.id:
        raise Conflict(f"{idea.code} is another person's; only its owner gives it another product")
    if idea.pbi_id is not None:
        raise Conflict(f"{idea.code} has become a backlog item of its product, and stays there")
    if product is None:
        if idea.shared:
            raise Conflict(f"{idea.code} is shared with the members of its product; stop sharing it first")
        return None
    return find.product(tx, actor, product, Need.CHANGE).id


def _further(tx: Transaction, actor: Principal, products: Sequence[str]) -> list[ProductId]:
    if len(products) > PRODUCTS_MAX:
        raise Invalid("products", f"{len(products)} products", f"name at most {PRODUCTS_MAX}")
    return [find.product(tx, actor, product).id for product in products]


def _product(tx: Transaction, actor: Principal, idea: Idea) -> Product:
    if idea.product_id is None:
        raise Conflict(f"{idea.code} belongs to no product, so there is nobody to share it with; give it one first")
    return find.product(tx, actor, idea.product_id, Need.CHANGE)
