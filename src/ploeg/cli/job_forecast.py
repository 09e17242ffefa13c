"""`ploeg job forecast`: which other jobs are about to change the same files."""

from __future__ import annotations

import click

from ploeg.cli import options, render
from ploeg.cli.client import path
from ploeg.cli.session import signed_in


@click.command()
@click.argument("item", metavar="TASK_OR_JOB")
@options.as_json
def forecast(item: str, as_json: bool) -> None:
    """Show which unfinished jobs on other branches are about to change the same files, as far as plans tell.

    `ploeg job run T-41 --in-order` lets the task wait for theirs.

    \b
    Example:
      ploeg job forecast T-41
    """
    found = signed_in().get("/queue" + path("overlaps", item))["items"]
    if as_json:
        render.emit_json(found)
        return
    rows = [(each["job"], each["status"], " ".join(each["paths"])) for each in found]
    render.table(("job", "status", "changes as well"), rows, empty="no other job is about to change the same files")
