"""`ploeg budget`: what was spent, and what may be."""

from __future__ import annotations

from typing import Any

import click

from ploeg.cli import options, render
from ploeg.cli.session import signed_in


@click.command()
@options.as_json
def budget(as_json: bool) -> None:
    """Show what jobs spent today and this month, and what they may.

    All jobs have a budget for each day, each product's jobs have one for each month.

    A product's limits are set with `ploeg product edit --max-cost-per-month`, the installation's in its settings.

    \b
    Example:
      ploeg budget
    """
    budgets = signed_in().get("/budgets")["items"]
    if as_json:
        render.emit_json(budgets)
        return
    rows = [
        (each["product"] or "all jobs", each["period"], _cost(each), _tokens(each), _state(each)) for each in budgets
    ]
    render.table(("of", "per", "cost", "tokens", ""), rows, empty="nothing was spent")


def _cost(found: dict[str, Any]) -> str:
    limit = found["max_cost_usd"]
    return f"${found['cost_usd']:.2f}" + (f" of ${limit:.2f}" if limit is not None else "")


def _tokens(found: dict[str, Any]) -> str:
    limit = found["max_tokens"]
    return f"{found['tokens']:,}" + (f" of {limit:,}" if limit is not None else "")


def _state(found: dict[str, Any]) -> str:
    return f"used up; jobs begin again {render.ago(found['until'])}" if found["reached"] else ""
