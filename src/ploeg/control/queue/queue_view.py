"""The queue as people and autoscalers look at it: how deep it is, what runs, and what is next in which order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ploeg.control import find, read
from ploeg.control.installation import Installation
from ploeg.control.queue.hold import Hold
from ploeg.control.queue.overlap import Neighbours, Overlap
from ploeg.control.queue.queue_place import hold
from ploeg.control.read import JobLine
from ploeg.control.work import budgets, forecasts
from ploeg.domain.access import Principal, Scope
from ploeg.domain.forecast import Forecast
from ploeg.domain.job import ACTIVE
from ploeg.store.queue import Pile
from ploeg.store.transaction import Transaction

#: Queued jobs that a view shows at most; the counts are of all.
SHOWN_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How many jobs there are that need the same of a worker."""

    runtime: str
    labels: tuple[str, ...]
    #: Of `due`, those that wait for nothing but a worker: what to start workers by.
    ready: int = 0
    #: Queued, and their moment has come.
    due: int = 0
    #: Queued for a later moment.
    later: int = 0
    running: int = 0
    #: Parked on a question.
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """A queued job and what holds it."""

    line: JobLine
    hold: Hold | None
    #: Whether it fits into what is left of a quota; None where nobody can say.
    forecast: Forecast | None = None
    #: Jobs on other branches that are about to change the same files.
    overlaps: Sequence[Overlap] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    depths: list[Depth]
    running: list[JobLine]
    #: In the order in which they would be claimed.
    queued: list[Place]


def queue(
    tx: Transaction, actor: Principal, installation: Installation, *, product: str | None = None, limit: int = 50
) -> QueueView:
    """Of one product, or of all that the caller may see."""
    actor.require(Scope.READ)
    products = [find.product(tx, actor, product)] if product is not None else find.visible_products(tx, actor)
    product_ids = [visible.id for visible in products]
    active = tx.jobs.of_products(product_ids, statuses=ACTIVE, viewer=actor.user.id, limit=SHOWN_MAX)
    queued = tx.queue.in_order(product_ids, actor.user.id, min(limit, SHOWN_MAX))
    workers = tx.workers.all()
    neighbours = {product_id: Neighbours(tx, product_id, actor) for product_id in {job.product_id for job in queued}}
    return QueueView(
        depths=_depths(tx, installation, set(product_ids)),
        running=[read.line(tx, job) for job in active],
        queued=[
            Place(
                read.line(tx, job),
                hold(tx, installation, job),
                forecasts.of_job(tx, job, workers),
                neighbours[job.product_id].of_job(job),
            )
            for job in queued
        ],
    )


def _depths(tx: Transaction, installation: Installation, product_ids: set[str]) -> list[Depth]:
    def count(piles: Iterable[Pile]) -> Counter[tuple[str, tuple[str, ...]]]:
        counted: Counter[tuple[str, tuple[str, ...]]] = Counter()
        for pile in piles:
            if pile.product_id in product_ids:
                counted[pile.runtime, pile.labels] += pile.count
        return counted

    queued, later, running, waiting = (
        count(tx.queue.piles(kind)) for kind in ("queued", "later", "running", "waiting")
    )
    needs = sorted({*queued, *running, *waiting})
    payable = budgets.payable(tx, installation, [runtime for runtime, _ in needs])
    ready = count(pile for pile in tx.queue.free(tx.now, budgets.month(tx, installation)) if pile.runtime in payable)
    return [
        Depth(
            runtime=need[0],
            labels=need[1],
            ready=ready[need],
            due=queued[need] - later[need],
            later=later[need],
            running=running[need],
            waiting=waiting[need],
        )
        for need in needs
    ]
