"""What jobs spend, added up by day and month, and what no longer begins since a budget is used up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ploeg.control import find
from ploeg.control.installation import Installation
from ploeg.domain.access import Principal, Scope
from ploeg.domain.attempt import Attempt, Usage
from ploeg.domain.budget import Budget, Period, Reached, Spent
from ploeg.domain.config import MECHANICAL
from ploeg.domain.ids import ProductId
from ploeg.domain.product import Product
from ploeg.store.spending import INSTALLATION
from ploeg.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetView:
    """A budget, and how it stands in the period that holds now."""

    #: None: of the installation.
    product: str | None
    period: Period
    budget: Budget
    spent: Spent
    #: When the next period begins.
    until: datetime
    reached: Reached | None


def charge(tx: Transaction, installation: Installation, product_id: ProductId, before: Usage, after: Usage) -> None:
    """Adds what an attempt used since it was last asked. The last thing that a transaction does: many meet here."""
    more = Spent.by(after) - Spent.by(before)
    if more == Spent():
        return
    for scope, period in ((str(product_id), Period.MONTH), (INSTALLATION, Period.DAY)):
        key = period.key(tx.now, installation.zone)
        ledger = tx.spending.add(scope, key, more)
        product = tx.products.get(product_id) if scope != INSTALLATION else None
        reached = _budget(installation, product).reached(ledger.spent)
        if reached is not None and ledger.reached_at is None:
            tx.spending.reached(scope, key, tx.now)
            _tell(tx, product, reached, period.end(tx.now, installation.zone))


def month(tx: Transaction, installation: Installation) -> str:
    return Period.MONTH.key(tx.now, installation.zone)


def of_day(tx: Transaction, installation: Installation) -> BudgetView:
    """The installation's."""
    return _view(tx, installation, None)


def of_month(tx: Transaction, installation: Installation, product: Product) -> BudgetView:
    return _view(tx, installation, product)


def payable(tx: Transaction, installation: Installation, runtimes: Sequence[str]) -> tuple[str, ...]:
    """Those of the runtimes whose jobs may begin: what runs without a model costs nothing."""
    if not installation.budget or of_day(tx, installation).reached is None:
        return tuple(runtimes)
    return tuple(name for name in runtimes if name == MECHANICAL)


def spent_by(attempts: Sequence[Attempt]) -> Spent:
    return sum((Spent.by(attempt.usage) for attempt in attempts), Spent())


def listing(tx: Transaction, actor: Principal, installation: Installation) -> list[BudgetView]:
    """The installation's day, and the month of each product that the caller may see."""
    actor.require(Scope.READ)
    products = find.visible_products(tx, actor)
    return [of_day(tx, installation), *(of_month(tx, installation, product) for product in products)]


def _view(tx: Transaction, installation: Installation, product: Product | None) -> BudgetView:
    period = Period.MONTH if product is not None else Period.DAY
    scope = product.id if product is not None else INSTALLATION
    spent = tx.spending.of(scope, period.key(tx.now, installation.zone)).spent
    budget = _budget(installation, product)
    return BudgetView(
        product=product.code if product is not None else None,
        period=period,
        budget=budget,
        spent=spent,
        until=period.end(tx.now, installation.zone),
        reached=budget.reached(spent),
    )


def _budget(installation: Installation, product: Product | None) -> Budget:
    return product.budget if product is not None else installation.budget


def _tell(tx: Transaction, product: Product | None, reached: Reached, until: datetime) -> None:
    data = {
        "scope": f"product {product.code}" if product is not None else "the installation",
        "limit": reached.limit,
        "used": reached.used,
        "until": until,
    }
    tx.events.add("budget.reached", product_id=product.id if product is not None else None, actor="server", data=data)
