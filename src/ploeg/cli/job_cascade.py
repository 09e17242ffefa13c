"""`ploeg job cascade`: what a failure would take with it."""

from __future__ import annotations

import click

from ploeg.cli import options, render
from ploeg.cli.client import path
from ploeg.cli.session import signed_in


@click.command()
@click.argument("job")
@options.as_json
def cascade(job: str, as_json: bool) -> None:
    """Show what the failure of a job would take with it now. Nothing is changed.

    \b
    Example:
      ploeg job cascade J-12
    """
    found = signed_in().get("/jobs" + path(job, "cascade"))
    if as_json:
        render.emit_json(found)
        return
    failing = [found[name] for name in ("task", "story", "pbi") if found[name]]
    render.record(
        [
            ("would fail", ", ".join([*failing, *(f"sprint {code}" for code in found["sprints"])]) or "nothing"),
            ("runs that would end", ", ".join(f"that of {code}" for code in found["runs"]) or "none"),
            ("jobs cancelled", ", ".join(found["cancelled"]) or "none"),
            ("withdrawn", "\n".join(found["withdrawn"])),
        ]
    )
