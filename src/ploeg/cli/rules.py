"""The rules of a product about when its jobs may begin, as options and as people see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from ploeg.cli.session import current_settings
from ploeg.domain.errors import Invalid

ALWAYS = "always"

options = (
    click.option(
        "--max-jobs-of",
        multiple=True,
        metavar="RUNTIME=N",
        help="Jobs of that runtime at the same time; repeatable, and takes the place of all said before.",
    ),
    click.option(
        "--max-in-review",
        metavar="N",
        help="Begin nothing new while so many tasks and pull requests wait for review; `none`: no limit.",
    ),
    click.option(
        "--max-cost-per-month",
        "max_cost_usd_per_month",
        metavar="USD",
        help="Begin no more of its jobs in a month once they cost so much; `none`: no limit.",
    ),
    click.option(
        "--max-tokens-per-month",
        metavar="N",
        help="Begin no more of its jobs in a month once they used so many tokens; `none`: no limit.",
    ),
    click.option(
        "--active-hours",
        metavar="HOURS",
        help="When its jobs may begin: «22:00-07:00», «mon-fri 22:00-07:00, sat sun 00:00-24:00», or `always`.",
    ),
    click.option("--time-zone", metavar="ZONE", help="The clocks of its hours, e.g. Europe/Amsterdam; else yours."),
)


def pop(fields: dict[str, Any]) -> dict[str, None]:
    """Makes the API's fields of these options; those that were cleared come back as None."""
    cleared: dict[str, None] = {}
    zone, hours = fields.pop("time_zone"), fields.pop("active_hours")
    limits = fields.pop("max_jobs_of")
    if hours == ALWAYS:
        cleared["active_hours"] = None
    elif hours is not None:
        fields["active_hours"] = {"windows": hours, "time_zone": zone or current_settings().effective_time_zone}
    elif zone is not None:
        raise Invalid("--time-zone", zone, "give --active-hours with it")
    cleared |= _pop_limits(fields)
    if limits:
        fields["max_jobs_by_runtime"] = dict(_limit(said) for said in limits)
    return cleared


def shown(product: dict[str, Any]) -> list[tuple[str, object]]:
    hours = product["active_hours"]
    limits = product["max_jobs_by_runtime"].items()
    cost, tokens = product["max_cost_usd_per_month"], product["max_tokens_per_month"]
    return [
        ("of a runtime", ", ".join(f"{runtime}={limit}" for runtime, limit in limits)),
        ("in review", product["max_in_review"]),
        ("a month may cost", f"${cost:.2f}" if cost is not None else None),
        ("a month may use", f"{tokens:,} tokens" if tokens is not None else None),
        ("active hours", f"{hours['windows']} {hours['time_zone']}" if hours else None),
    ]


def _pop_limits(fields: dict[str, Any]) -> dict[str, None]:
    """Makes numbers of the limits that may be `none`; those that are come back as None."""
    cleared: dict[str, None] = {}
    for option, field, read in _LIMITS:
        said = fields.pop(field)
        if said == "none":
            cleared[field] = None
        elif said is not None:
            fields[field] = read(option, said)
    return cleared


def _limit(said: str) -> tuple[str, int | None]:
    runtime, _, limit = said.partition("=")
    return runtime, None if limit == "none" else _number("--max-jobs-of", limit)


def _number(option: str, text: str) -> int:
    if not text.isdecimal():
        raise Invalid(option, text, "give a whole number, or none")
    return int(text)


def _amount(option: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Invalid(option, text, "give an amount in US dollars, or none") from None


_LIMITS: tuple[tuple[str, str, Callable[[str, str], float]], ...] = (
    ("--max-in-review", "max_in_review", _number),
    ("--max-cost-per-month", "max_cost_usd_per_month", _amount),
    ("--max-tokens-per-month", "max_tokens_per_month", _number),
)
