"""`ploeg sprint check|start|pause|resume|cancel|runs`: the runs of a sprint."""

from __future__ import annotations

from typing import Any

import click

from ploeg.cli import options, render
from ploeg.cli.session import item, signed_in

strategy = click.option(
    "--strategy",
    "pr_strategy",
    type=click.Choice(("story", "sprint", "sprint_batch"), case_sensitive=False),
    help="A branch for each story, one for all, or one job for all; the product's, if not given.",
)
reason = click.option("--reason", metavar="TEXT", help="Why, for whoever looks at it.")


@click.command()
@click.argument("sprint")
@strategy
@options.of_product
@options.as_json
def check(sprint: str, pr_strategy: str | None, product: str | None, as_json: bool) -> None:
    """Say whether a run could start, and all that stands in its way. Exit code 1 if something does.

    \b
    Example:
      ploeg sprint check S-2026-05-27-1
    """
    found = signed_in().get(item("sprints", sprint, product) + "/preflight", pr_strategy=pr_strategy)
    if as_json:
        render.emit_json(found)
    else:
        for blocker in found["blockers"]:
            render.say(f"{click.style('✗', fg='red')} {render.harmless(blocker['text'])}")
        if found["ready"]:
            tasks = ", ".join(found["tasks"])
            render.say(f"{click.style('✓', fg='green')} ready to run under {found['pr_strategy']}: {tasks}")
    if not found["ready"]:
        click.get_current_context().exit(1)


@click.command()
@click.argument("sprint")
@strategy
@click.option("--label", "labels", multiple=True, metavar="LABEL", help="The workers must offer it; repeatable.")
@click.option("--rank", type=int, help="Lower goes first; 0 if not given.")
@options.config
@options.of_product
@options.as_json
def start(sprint: str, product: str | None, as_json: bool, **wish: Any) -> None:
    """Start a run: jobs are queued for all that is to do.

    \b
    Example:
      ploeg sprint start S-2026-05-27-1 --strategy sprint
    """
    layer = options.pop_config(wish)
    wished = options.given(wish | {"config": layer or None})
    _say(signed_in().post(item("sprints", sprint, product) + "/runs", wished), as_json)


@click.command()
@click.argument("sprint")
@reason
@options.of_product
@options.as_json
def pause(sprint: str, reason: str | None, product: str | None, as_json: bool) -> None:
    """Give out no further job of the run; what runs goes on.

    \b
    Example:
      ploeg sprint pause S-2026-05-27-1 --reason "the forge is being moved"
    """
    _say(signed_in().post(item("sprints", sprint, product) + "/pause", options.given({"reason": reason})), as_json)


@click.command()
@click.argument("sprint")
@options.of_product
@options.as_json
def resume(sprint: str, product: str | None, as_json: bool) -> None:
    """Let a paused run go on, or follow one that failed or was cancelled with what is left.

    \b
    Example:
      ploeg sprint resume S-2026-05-27-1
    """
    _say(signed_in().post(item("sprints", sprint, product) + "/resumption"), as_json)


@click.command()
@click.argument("sprint")
@reason
@options.of_product
@options.as_json
def cancel(sprint: str, reason: str | None, product: str | None, as_json: bool) -> None:
    """End the run and cancel its jobs; work that was done is kept.

    \b
    Example:
      ploeg sprint cancel S-2026-05-27-1
    """
    wish = options.given({"reason": reason})
    _say(signed_in().post(item("sprints", sprint, product) + "/cancellation", wish), as_json)


@click.command()
@click.argument("sprint")
@options.of_product
@options.as_json
def runs(sprint: str, product: str | None, as_json: bool) -> None:
    """List the runs of a sprint, the newest first.

    \b
    Example:
      ploeg sprint runs S-2026-05-27-1
    """
    found = signed_in().get(item("sprints", sprint, product) + "/runs")["items"]
    if as_json:
        render.emit_json(found)
        return
    rows = [
        (render.ago(r["created_at"]), r["status"], r["pr_strategy"], r["started_by"], counts(r), r["branch"], _why(r))
        for r in found
    ]
    headings = ("started", "status", "strategy", "by", "jobs", "branch", "why")
    render.table(headings, rows, empty="no run yet; start one with `ploeg sprint start`")


def counts(run: dict[str, Any]) -> str:
    """`3 done, 1 queued`."""
    return ", ".join(f"{number} {status}" for status, number in run["jobs"].items())


def _why(run: dict[str, Any]) -> object:
    pause = run["pause"]
    return (pause["detail"] or pause["reason"]) if pause else run["failure_reason"]


def _say(run: dict[str, Any], as_json: bool) -> None:
    if as_json:
        render.emit_json(run)
        return
    render.say(f"the run of {run['sprint']} is {run['status']}: {counts(run)}")


COMMANDS = (check, start, pause, resume, cancel, runs)
