"""From what a person writes to a record, with access checked on the way.

What is not there and what is not yours raise the same `NotFound`. Only who may see a thing is told `Denied`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from typing import TypeVar

from ploeg.domain import codes
from ploeg.domain.access import Principal, Role, Scope
from ploeg.domain.backlog import Pbi, Story, Task
from ploeg.domain.codes import CodeKind
from ploeg.domain.errors import Conflict, Denied, Invalid, NotFound
from ploeg.domain.idea import Idea
from ploeg.domain.ids import IdeaId, JobId, PbiId, ProductId, QuestionId, ScheduleId, SprintId, StoryId, TaskId
from ploeg.domain.job import Job
from ploeg.domain.product import Product
from ploeg.domain.question import Question
from ploeg.domain.schedule import Schedule
from ploeg.domain.sprint import Sprint
from ploeg.store.transaction import Transaction

Item = TypeVar("Item", Pbi, Story, Task)

_REFERENCE = re.compile(r"[A-Za-z0-9._:-]{1,80}")


class Need(Enum):
    """What the caller wants to do with what is found."""

    LOOK = "look"
    CHANGE = "change"
    OWN = "own"


def product(tx: Transaction, actor: Principal, reference: str, need: Need = Need.LOOK) -> Product:
    """A product by its code or id."""
    _require(actor, need)
    if not _REFERENCE.fullmatch(reference):
        raise NotFound("product", reference)
    found = tx.products.by_code(reference.lower()) or tx.products.get(ProductId(reference))
    if found is None:
        raise NotFound("product", reference)
    _admit(tx, actor, found, need, NotFound("product", reference))
    return found


def visible_products(tx: Transaction, actor: Principal, *, include_archived: bool = True) -> list[Product]:
    if actor.user.is_admin:
        return tx.products.all(include_archived=include_archived)
    return tx.products.visible_to(actor.user.id, include_archived=include_archived)


def role(tx: Transaction, actor: Principal, product_id: ProductId) -> Role | None:
    """The caller's place in a product; an administrator owns all of them."""
    return Role.OWNER if actor.user.is_admin else tx.products.role_of(product_id, actor.user.id)


def within(tx: Transaction, product_id: ProductId, reference: str) -> str:
    """The reference with a bare code made one of that product."""
    if ":" in reference or "_" in reference:
        return reference
    return f"{_product_of(tx, product_id).code}:{reference}"


def pbi(tx: Transaction, actor: Principal, reference: str, need: Need = Need.LOOK) -> Pbi:
    return _item(tx, actor, Pbi, CodeKind.PBI, lambda id: tx.backlog.pbi(PbiId(id)), reference, need)


def story(tx: Transaction, actor: Principal, reference: str, need: Need = Need.LOOK) -> Story:
    return _item(tx, actor, Story, CodeKind.STORY, lambda id: tx.backlog.story(StoryId(id)), reference, need)


def task(tx: Transaction, actor: Principal, reference: str, need: Need = Need.LOOK) -> Task:
    return _item(tx, actor, Task, CodeKind.TASK, lambda id: tx.backlog.task(TaskId(id)), reference, need)


def idea(tx: Transaction, actor: Principal, reference: str, need: Need = Need.LOOK) -> Idea:
    """An idea by its code, `ada:IDEA-3` where it is another person's, or its id.

    It is its owner's alone, whoever else administers what, until it is shared with its product.
    """
    _require(actor, need)
    missing = NotFound("idea", reference)
    if not _REFERENCE.fullmatch(reference):
        raise missing
    found = tx.ideas.get(IdeaId(reference)) if "_" in reference else _idea_by_code(tx, actor, reference)
    if found is None:
        raise missing
    if found.user_id == actor.user.id:
        return found
    if not found.shared or found.product_id is None:
        raise missing
    _admit(tx, actor, _product_of(tx, found.product_id), Need.LOOK, missing)
    if need is Need.OWN:
        raise Denied(f"{found.code} is another person's; only its owner may do this")
    _admit(tx, actor, _product_of(tx, found.product_id), need, missing)
    return found


def sprint(tx: Transaction, actor: Principal, reference: str, need: Need = Need.LOOK) -> Sprint:
    """A sprint by its code, which people may have chosen, or its id."""
    _require(actor, need)
    missing = NotFound("sprint", reference)
    if not _REFERENCE.fullmatch(reference):
        raise missing
    found = tx.sprints.get(SprintId(reference)) if "_" in reference else _sprint_by_code(tx, actor, reference)
    if found is None:
        raise missing
    _admit(tx, actor, _product_of(tx, found.product_id), need, missing)
    return found


def job(tx: Transaction, actor: Principal, reference: str, need: Need = Need.LOOK, *, lock: bool = False) -> Job:
    """A job by `J-12`, `12` or its id; one of a private idea is for the idea's owner alone."""
    _require(actor, need)
    missing = NotFound("job", reference)
    number = _number(CodeKind.JOB, reference, missing)
    if number is None:
        found = tx.jobs.get(JobId(reference), lock=lock)
    else:
        found = tx.jobs.by_number(number)
        if found is not None and lock:
            found = tx.jobs.get(found.id, lock=True)
    if found is None or found.private_to not in {None, actor.user.id}:
        raise missing
    _admit(tx, actor, _product_of(tx, found.product_id), need, missing)
    return found


def question(tx: Transaction, actor: Principal, reference: str, need: Need = Need.LOOK) -> Question:
    """A question by `Q-3`, `3` or its id; one about an idea is for whoever may see the idea."""
    _require(actor, need)
    missing = NotFound("question", reference)
    number = _number(CodeKind.QUESTION, reference, missing)
    found = tx.questions.get(QuestionId(reference)) if number is None else tx.questions.by_number(number)
    if found is None:
        raise missing
    if found.idea_id is not None:
        try:
            idea(tx, actor, found.idea_id, need)
        except NotFound:
            raise missing from None
        return found
    _admit(tx, actor, _product_of(tx, found.product_id), need, missing)
    return found


def schedule(tx: Transaction, actor: Principal, reference: str, need: Need = Need.LOOK) -> Schedule:
    """A schedule by `SCH-3`, `3` or its id, locked for a change."""
    _require(actor, need)
    missing = NotFound("schedule", reference)
    number = _number(CodeKind.SCHEDULE, reference, missing)
    named = tx.schedules.by_number(number) if number is not None else tx.schedules.get(ScheduleId(reference))
    found = tx.schedules.get(named.id, lock=True) if named is not None and need is Need.CHANGE else named
    if found is None:
        raise missing
    _admit(tx, actor, _product_of(tx, found.product_id), need, missing)
    return found


def _item(
    tx: Transaction,
    actor: Principal,
    kind: type[Item],
    code_kind: CodeKind,
    by_id: Callable[[str], Item | None],
    reference: str,
    need: Need,
) -> Item:
    _require(actor, need)
    missing = NotFound(code_kind.noun, reference)
    if not _REFERENCE.fullmatch(reference):
        raise missing
    # An id has an underscore, a code never does.
    found = by_id(reference) if "_" in reference else _by_code(tx, actor, kind, code_kind, reference)
    if found is None:
        raise missing
    _admit(tx, actor, _product_of(tx, found.product_id), need, missing)
    return found


def _by_code(tx: Transaction, actor: Principal, kind: type[Item], code_kind: CodeKind, reference: str) -> Item | None:
    where, _, what = reference.rpartition(":")
    code = codes.expect(code_kind, what)
    if code is None:
        return None
    products = {p.id: p for p in ([product(tx, actor, where)] if where else visible_products(tx, actor))}
    found = [item for item in tx.backlog.with_code(code_kind, code, list(products)) if isinstance(item, kind)]
    if len(found) > 1:
        found = [item for item in found if not products[item.product_id].archived] or found
    if len(found) > 1:
        choices = " or ".join(f"{products[item.product_id].code}:{code}" for item in found[:5])
        raise Conflict(f"{code} exists in several products; write {choices}")
    return found[0] if found else None


def _idea_by_code(tx: Transaction, actor: Principal, reference: str) -> Idea | None:
    owner, _, what = reference.rpartition(":")
    code = codes.expect(CodeKind.IDEA, what)
    if code is None:
        return None
    if owner:
        user = tx.people.user_named(owner)
        return tx.ideas.by_code(user.id, code) if user is not None else None
    own = tx.ideas.by_code(actor.user.id, code)
    if own is not None:
        return own
    products = [visible.id for visible in visible_products(tx, actor)]
    shared = tx.ideas.visible_to(actor.user.id, products, code=code, archived=True)
    if len(shared) > 1:
        people = (tx.people.user(each.user_id) for each in shared[:5])
        choices = " or ".join(f"{user.username}:{code}" for user in people if user is not None)
        raise Conflict(f"several people have an idea {code}; write {choices}")
    return shared[0] if shared else None


def _sprint_by_code(tx: Transaction, actor: Principal, reference: str) -> Sprint | None:
    where, _, code = reference.rpartition(":")
    parsed = codes.parse(code)
    if parsed is not None:
        raise Invalid("sprint", code, f"that is the code of a {parsed[0].noun}; a sprint's is like S-2026-05-27-1")
    products = {p.id: p for p in ([product(tx, actor, where)] if where else visible_products(tx, actor))}
    found = tx.sprints.with_code(code, list(products))
    if len(found) > 1:
        found = [each for each in found if not products[each.product_id].archived] or found
    if len(found) > 1:
        choices = " or ".join(f"{products[each.product_id].code}:{each.code}" for each in found[:5])
        raise Conflict(f"{code} exists in several products; write {choices}")
    return found[0] if found else None


def _number(kind: CodeKind, reference: str, missing: NotFound) -> int | None:
    """The number in `J-12` or `12`; None for what may be an id."""
    if not _REFERENCE.fullmatch(reference):
        raise missing
    short = f"{kind}-{reference}" if reference.isascii() and reference.isdigit() else reference
    codes.expect(kind, short)
    parsed = codes.parse(short)
    return parsed[1] if parsed is not None else None


def _product_of(tx: Transaction, product_id: ProductId) -> Product:
    found = tx.products.get(product_id)
    assert found is not None, "a foreign key keeps the product of everything that belongs to one"
    return found


def _require(actor: Principal, need: Need) -> None:
    actor.require(Scope.READ if need is Need.LOOK else Scope.WRITE)


def _admit(tx: Transaction, actor: Principal, found: Product, need: Need, missing: NotFound) -> None:
    place = role(tx, actor, found.id)
    if place is None:
        raise missing
    if need is Need.CHANGE and not place.writes:
        raise Denied(f"you are a viewer of product {found.code}, and may look, not touch")
    if need is Need.OWN and place is not Role.OWNER:
        raise Denied(f"only an owner of product {found.code} may do this")
