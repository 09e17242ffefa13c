"""Budgets, and how they stand."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from ploeg.domain.budget import Period
from ploeg.wire.base import Reply


class BudgetOut(Reply):
    product: str | None = Field(description="The product's code; null: all jobs of the installation.")
    period: Period
    max_cost_usd: float | None = Field(description="US dollars; null: no limit.")
    max_tokens: int | None = Field(description="Of every kind; null: no limit.")
    cost_usd: float = Field(description="Spent in this period, as far as runtimes tell.")
    tokens: int
    until: datetime = Field(description="When the next period begins.")
    reached: bool = Field(description="No more of its jobs begin in this period.")
