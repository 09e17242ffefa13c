"""`ploeg queue`: what runs, what is next, and why each job waits."""

from __future__ import annotations

from typing import Any

import click

from ploeg.cli import options, render
from ploeg.cli.job_line import about, what
from ploeg.cli.session import signed_in


@click.command()
@click.option("-n", "--limit", type=click.IntRange(1, 200), default=50, show_default=True, help="At most so many.")
@options.of_product
@options.as_json
def queue(product: str | None, limit: int, as_json: bool) -> None:
    """Show what runs, what is next in which order, and why each job waits.

    \b
    Example:
      ploeg queue
    """
    found = signed_in().get("/queue", product=product, limit=limit)
    if as_json:
        render.emit_json(found)
        return
    rows = [_row(job, "", "", "") for job in found["running"]]
    rows += [_row(place["job"], place["waiting_for"] or "", _fits(place), _beside(place)) for place in found["queued"]]
    headings = ("job", "status", "product", "about", "runtime", "what", "quota", "same files as", "waits for")
    render.table(headings, rows, empty="nothing is queued")
    total = found["total"]
    render.say(", ".join(f"{total[name]} {name}" for name in ("running", "ready", "due", "later", "waiting")), err=True)


def _row(job: dict[str, Any], waits_for: str, fits: str, beside: str) -> tuple[object, ...]:
    state = job["phase"] or job["status"]
    return job["code"], state, job["product"], about(job), job["runtime"], what(job), fits, beside, waits_for


def _fits(place: dict[str, Any]) -> str:
    return {True: "fits", False: "may not fit", None: ""}[place["fits"]]


def _beside(place: dict[str, Any]) -> str:
    return " ".join(each["job"] for each in place["overlaps"])
