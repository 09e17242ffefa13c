"""Followed pull requests as people look at them, and what people decide about what was said there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ploeg.control import find
from ploeg.control.find import Need
from ploeg.control.intake import following
from ploeg.control.publishing import publication
from ploeg.domain import codes
from ploeg.domain.access import Principal, Scope
from ploeg.domain.codes import CodeKind
from ploeg.domain.delivery import Delivery
from ploeg.domain.errors import Invalid, NotFound
from ploeg.domain.forge import PullStatus
from ploeg.domain.ids import JobId, PullId
from ploeg.domain.pull import Pull
from ploeg.domain.remark import Remark, RemarkState
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction

LIMIT_MAX = 200
_NUMBERED = re.compile(r"([a-z][a-z0-9-]*)#([0-9]{1,9})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemarkLine:
    remark: Remark
    #: The code of the job that answers it.
    job: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PullView:
    pull: Pull
    product: str
    story: str | None
    #: Remarks that wait for an answer.
    open_remarks: int
    #: On its own page: all that was said, the oldest first.
    remarks: Sequence[RemarkLine] = field(default_factory=tuple)


def listed(
    tx: Transaction, actor: Principal, *, product: str | None = None, status: str | None = None, limit: int = 50
) -> list[PullView]:
    """The newest first."""
    actor.require(Scope.READ)
    if not 1 <= limit <= LIMIT_MAX:
        raise Invalid("limit", limit, f"give 1 to {LIMIT_MAX}")
    wanted = _status(status) if status is not None else None
    found = [find.product(tx, actor, product)] if product is not None else find.visible_products(tx, actor)
    names = {each.id: each.code for each in found}
    counts = tx.pulls.count_open(list(names))
    pulls = tx.pulls.of_products(list(names), wanted, limit)
    return [_view(tx, pull, names[pull.product_id], counts.get(pull.id, 0)) for pull in pulls]


def shown(tx: Transaction, actor: Principal, reference: str) -> PullView:
    """One with all that was said about it."""
    return page(tx, named(tx, actor, reference))


def page(tx: Transaction, pull: Pull) -> PullView:
    product = tx.products.get(pull.product_id)
    assert product is not None, "a foreign key keeps the product of every pull request"
    remarks = tx.pulls.remarks(pull.id)
    lines = [RemarkLine(remark=remark, job=_code(tx, remark.job_id)) for remark in remarks]
    waiting = sum(remark.state is RemarkState.OPEN for remark in remarks)
    return _view(tx, pull, product.code, waiting, lines)


def add(tx: Transaction, actor: Principal, reference: str) -> Pull:
    """Looks at a pull request that somebody else opened in the product's repository, for it to be reviewed.

    One that is followed already is looked at again.
    """
    numbered = _NUMBERED.fullmatch(reference.strip().lower())
    if numbered is None:
        raise Invalid("pull_request", reference, "give product and number, e.g. demo#12")
    product = find.product(tx, actor, numbered[1], Need.CHANGE).ready_for_jobs()
    repo_url, number = product.repo_url or "", int(numbered[2])
    known = tx.pulls.numbered(product.id, repo_url, number, lock=True)
    if known is not None:
        return following.hinted(tx, known, actor.name)
    pull = Pull(
        id=PullId(new_id("plr")),
        product_id=product.id,
        repo_url=repo_url,
        number=number,
        url="",
        created_at=tx.now,
        look_at=tx.now,
    )
    tx.pulls.add(pull)
    following.tell(tx, following.LOOK_ASKED, pull, actor.name)
    return pull


def look_now(tx: Transaction, actor: Principal, reference: str) -> Pull:
    """Has the server ask the forge at once."""
    return following.hinted(tx, named(tx, actor, reference, Need.CHANGE, lock=True), actor.name)


def dismiss(tx: Transaction, actor: Principal, reference: str, remark_ids: Sequence[str] = ()) -> Pull:
    """Those open remarks, or all of them, need no answer; `NotFound` for one that is not open there."""
    pull = named(tx, actor, reference, Need.CHANGE, lock=True)
    waiting = {remark.id: remark for remark in tx.pulls.open_remarks(pull.id)}
    for remark_id in remark_ids:
        if remark_id not in waiting:
            raise NotFound("open remark", remark_id)
    dismissed = [remark for remark in waiting.values() if not remark_ids or remark.id in remark_ids]
    for remark in dismissed:
        tx.pulls.update_remark(remark.evolve(state=RemarkState.DISMISSED))
    if dismissed:
        pull = pull.evolve(waits=None)
        tx.pulls.update(pull)
        following.tell(tx, "pull_request.dismissed", pull, actor.name, remarks=len(dismissed))
    return pull


def named(tx: Transaction, actor: Principal, reference: str, need: Need = Need.LOOK, *, lock: bool = False) -> Pull:
    """A pull request by `demo#7`, its page's address, its id, or the story or job that it shows the work of."""
    missing = NotFound("pull request", reference)
    try:
        found = _found(tx, actor, reference.strip())
        if found is None:
            raise missing
        find.product(tx, actor, found.product_id, need)
    except NotFound:
        raise missing from None
    if lock:
        found = tx.pulls.get(found.id, lock=True)
        assert found is not None, "pull requests are never deleted"
    return found


def delivery_of(tx: Transaction, pull: Pull) -> Delivery | None:
    """The branch of Ploeg's that it shows."""
    return tx.deliveries.get(pull.delivery_id) if pull.delivery_id is not None else None


def _found(tx: Transaction, actor: Principal, reference: str) -> Pull | None:
    numbered = _NUMBERED.fullmatch(reference.lower())
    if numbered is not None:
        product = find.product(tx, actor, numbered[1])
        return tx.pulls.numbered_in(product.id, int(numbered[2]))
    if reference.startswith("plr_"):
        return tx.pulls.get(PullId(reference))
    if "://" in reference:
        ids = [product.id for product in find.visible_products(tx, actor)]
        return tx.pulls.at(ids, reference.rstrip("/"))
    delivery = _delivery(tx, actor, reference)
    pulls = tx.pulls.of_delivery(delivery.id) if delivery is not None else []
    return pulls[0] if pulls else None


def _delivery(tx: Transaction, actor: Principal, reference: str) -> Delivery | None:
    code = codes.parse(reference.rpartition(":")[2])
    if reference.startswith("job_") or (code is not None and code[0] is CodeKind.JOB):
        return publication.of_job(tx, find.job(tx, actor, reference))
    if reference.startswith("sto_") or (code is not None and code[0] is CodeKind.STORY):
        return publication.of_story(tx, find.story(tx, actor, reference))
    raise Invalid("pull_request", reference, "give e.g. demo#7, its address, or the story or job whose work it shows")


def _view(tx: Transaction, pull: Pull, product: str, open_remarks: int, remarks: Sequence[RemarkLine] = ()) -> PullView:
    delivery = delivery_of(tx, pull)
    story = tx.backlog.story(delivery.story_id) if delivery is not None and delivery.story_id is not None else None
    return PullView(
        pull=pull,
        product=product,
        story=story.code if story is not None else None,
        open_remarks=open_remarks,
        remarks=remarks,
    )


def _code(tx: Transaction, job_id: JobId | None) -> str | None:
    job = tx.jobs.get(job_id) if job_id is not None else None
    return job.code if job is not None else None


def _status(name: str) -> PullStatus:
    try:
        return PullStatus(name)
    except ValueError:
        raise Invalid("status", name, f"use one of {', '.join(PullStatus)}") from None
