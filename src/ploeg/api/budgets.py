"""Budgets: what may be spent, and what is."""

from __future__ import annotations

from fastapi import APIRouter

from ploeg.api.access import Caller, Plane
from ploeg.control.work import budgets
from ploeg.control.work.budgets import BudgetView
from ploeg.wire.base import Items
from ploeg.wire.budgets import BudgetOut

router = APIRouter(prefix="/budgets", tags=["jobs"])


@router.get("")
async def list_budgets(plane: Plane, caller: Caller) -> Items[BudgetOut]:
    """What was spent by all jobs today, and by each product's this month, and what may be."""
    views = await plane.read(budgets.listing, caller, plane.installation)
    return Items(items=[_out(view) for view in views])


def _out(view: BudgetView) -> BudgetOut:
    return BudgetOut(
        product=view.product,
        period=view.period,
        max_cost_usd=view.budget.max_cost_usd,
        max_tokens=view.budget.max_tokens,
        cost_usd=view.spent.cost_usd,
        tokens=view.spent.tokens,
        until=view.until,
        reached=view.reached is not None,
    )
