"""`ploeg worker`: run one on this machine, or list the ones there are."""

from __future__ import annotations

import click

from ploeg.cli import options, render
from ploeg.cli.session import current_settings, signed_in


@click.group(invoke_without_command=True)
@click.option("--once", is_flag=True, help="Take one job, or none if none is queued, and end.")
@click.option("--slots", type=int, metavar="N", help="Jobs at the same time.  [PLOEG_SLOTS]")
@click.option("--parent-fd", type=int, hidden=True, help="Drain when this descriptor reads to its end.")
@click.pass_context
def worker(ctx: click.Context, once: bool, slots: int | None, parent_fd: int | None) -> int:
    """Run a worker on this machine, or list the workers there are.

    It exits 0 when it has drained, and with --once when it handled a job or found none; 1 on an error; 3 when a runtime
    needs sign-in.

    \b
    Example:
      ploeg worker --slots 2
    """
    if ctx.invoked_subcommand is not None:
        return 0
    from ploeg.bootstrap import run_worker

    return run_worker(current_settings(slots=slots), once=once, parent_fd=parent_fd)


@worker.command("list")
@options.as_json
def list_(as_json: bool) -> None:
    """List the workers there are, and why one takes no jobs.

    \b
    Example:
      ploeg worker list
    """
    workers = signed_in().get("/workers")["items"]
    if as_json:
        render.emit_json(workers)
        return
    rows = [
        (
            w["hostname"],
            w["state"] if w["online"] else "offline",
            f"{len(w['jobs'])}/{w['slots']}",
            " ".join(w["jobs"]),
            " ".join(w["runtimes"]),
            " ".join(w["labels"]),
            w["sandbox"],
            render.ago(w["seen_at"]),
            w["reason"] or "",
        )
        for w in workers
    ]
    headings = ("worker", "state", "slots", "jobs", "runtimes", "labels", "sandbox", "seen", "why")
    render.table(headings, rows, empty="no worker; start one with `ploeg worker`, or `ploeg up`")
