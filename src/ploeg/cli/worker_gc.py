"""`ploeg worker gc`: what this machine's worker could do without, and letting go of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from ploeg.cli import options, render
from ploeg.cli.session import current_settings

if TYPE_CHECKING:
    from ploeg.worker.gc import Collected


@click.command()
@click.option("--dry-run", is_flag=True, help="Only show what may go; also while the worker runs.")
@click.option("--all", "everything", is_flag=True, help="Let go of all that may go, needed or not.")
@options.as_json
def gc(dry_run: bool, everything: bool, as_json: bool) -> None:
    """Make room on this machine's disk, where the worker's limits are passed.

    Nothing goes that is kept nowhere else. A worker that runs does the same by itself now and then.

    \b
    Example:
      ploeg worker gc --dry-run
    """
    from ploeg.bootstrap import run_gc

    found = run_gc(current_settings(), dry_run=dry_run, everything=everything)
    if as_json:
        render.emit_json(_json(found, dry_run=dry_run))
        return
    disk = found.disk
    limit = f" of {render.size(disk.budget)}" if disk.budget is not None else ""
    render.say(f"{render.size(disk.used)}{limit} are used by the worker, {render.size(disk.free)} are free on its disk")
    render.table(("part", "size"), _sized(disk.parts), empty="nothing lies there yet")
    render.say()
    rows = [
        (_goes(place, found) if dry_run else "gone", spare.kind, render.size(spare.size), spare.path.name, spare.why)
        for place, spare in enumerate(found.spares)
    ]
    render.table(("goes", "what", "size", "name", "why"), rows, empty="nothing may go" if dry_run else "nothing went")
    if disk.low is not None:
        render.complain(f"no jobs are taken: {disk.low}")


def _goes(place: int, found: Collected) -> str:
    """What comes before it may be enough."""
    before = sum(spare.size for spare in found.spares[:place])
    return "now" if before < found.needed else "later"


def _sized(parts: Mapping[str, int]) -> list[tuple[str, str]]:
    return [(name, render.size(size)) for name, size in sorted(parts.items())]


def _json(found: Collected, *, dry_run: bool) -> dict[str, Any]:
    disk = found.disk
    return {
        "dry_run": dry_run,
        "used": disk.used,
        "free": disk.free,
        "size": disk.size,
        "budget": disk.budget,
        "parts": dict(disk.parts),
        "full_at": disk.full_at.isoformat() if disk.full_at is not None else None,
        "low": disk.low,
        "needed": max(found.needed, 0),
        "spares": [
            {"kind": spare.kind, "path": str(spare.path), "size": spare.size, "why": spare.why}
            for spare in found.spares
        ],
    }
