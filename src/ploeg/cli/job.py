"""`ploeg job`: queue agent work, follow it, stop it, see what it did."""

from __future__ import annotations

import uuid
from typing import Any

import click

from ploeg.cli import options, render
from ploeg.cli.client import Client, path
from ploeg.cli.job_cascade import cascade
from ploeg.cli.job_forecast import forecast
from ploeg.cli.job_line import about, note
from ploeg.cli.job_salvage import salvage
from ploeg.cli.not_before import say_when
from ploeg.cli.session import signed_in

_STATUSES = ("queued", "claimed", "running", "waiting", "done", "failed", "skipped", "cancelled")

_wait = click.option("--wait", is_flag=True, help="Show its phases and stay until it has ended.")
_attempt = click.option("--attempt", type=click.IntRange(1), metavar="N", help="Another attempt than the latest.")
_not_before = click.option(
    "--not-before", metavar="TIME", help="Begin no earlier: «22:00», «+2h30m» or «2026-11-22T22:00», by your clocks."
)


@click.group()
def job() -> None:
    """Queue agent work and follow it.

    \b
    Example:
      ploeg job run T-41 --wait
    """


@job.command()
@click.argument("task")
@click.option("--instruction", metavar="TEXT", help="Something more that the agent should know.")
@click.option("--label", "labels", multiple=True, help="A label that the worker must offer; repeatable.")
@click.option("--rank", type=int, metavar="N", help="Lower goes first; 0 unless said.")
@_not_before
@click.option("--key", metavar="TEXT", help="The same key again gives the same job.")
@click.option("--in-order", is_flag=True, default=None, help="Wait for tasks whose jobs change the same files.")
@options.config
@options.of_product
@_wait
@options.as_json
def run(task: str, product: str | None, wait: bool, key: str | None, as_json: bool, **fields: Any) -> int:
    """Queue a job for a task. With --wait it exits 0 if the job is done, else 1.

    \b
    Example:
      ploeg job run T-41 --wait
    """
    client = signed_in()
    layer = options.pop_config(fields)
    reference = f"{product}:{task}" if product and task.upper().startswith("T-") else task
    say_when(fields)
    body = options.given(fields | {"task": reference, "config": layer or None})
    queued = client.post("/jobs", body, key=key or uuid.uuid4().hex)
    return _queued(client, queued, wait, as_json)


@job.command("list")
@click.option("--status", multiple=True, type=click.Choice(_STATUSES), help="Only these; repeatable.")
@click.option("--task", metavar="CODE", help="Only jobs of this task.")
@click.option("--story", metavar="CODE", help="Only jobs of this story.")
@click.option("--idea", metavar="CODE", help="Only jobs of this idea.")
@click.option("-n", "--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="At most so many.")
@click.option("--before", metavar="CODE", help="Only jobs older than this one.")
@options.of_product
@options.as_json
def list_(as_json: bool, before: str | None, **query: Any) -> None:
    """List jobs, the newest first.

    \b
    Example:
      ploeg job list --status queued --status running
    """
    number = before.upper().removeprefix("J-") if before else None
    found = signed_in().get("/jobs", before=number, **query)
    if as_json:
        render.emit_json(found["items"])
        return
    rows = [
        (j["code"], j["status"], j["phase"] or "", j["product"], about(j), render.ago(j["created_at"]), note(j))
        for j in found["items"]
    ]
    render.table(("job", "status", "phase", "product", "about", "queued", "what"), rows, empty="no job")
    if found["next_before"]:
        render.say(f"older ones: ploeg job list --before J-{found['next_before']}", err=True)


@job.command()
@click.argument("job")
@options.as_json
def show(job: str, as_json: bool) -> None:
    """Show a job: its state and why, its attempts, the receipt.

    \b
    Example:
      ploeg job show J-128
    """
    from ploeg.cli.job_view import show_job

    detail = signed_in().get("/jobs" + path(job))
    if as_json:
        render.emit_json(detail)
    else:
        show_job(detail)


@job.command()
@click.argument("job")
@click.option("--first", is_flag=True, default=None, help="Before every other job.")
@click.option("--before", metavar="CODE", help="Right before this queued job.")
@click.option("--rank", type=int, metavar="N", help="Lower goes first.")
@_not_before
@click.option("--label", "labels", multiple=True, help="A label that the worker must offer, instead of those before.")
@options.as_json
def move(job: str, as_json: bool, **fields: Any) -> None:
    """Change a queued job's place in the queue, or when it may begin; `--not-before now` takes a delay away.

    \b
    Example:
      ploeg job move J-128 --first
    """
    at_once = {"not_before": None} if fields["not_before"] == "now" else {}
    if at_once:
        fields["not_before"] = None
    say_when(fields)
    changes = options.given(fields) | at_once
    if not changes:
        raise click.UsageError("say where to: --first, --before, --rank, --not-before or --label")
    moved = signed_in().patch("/jobs" + path(job), changes)
    if as_json:
        render.emit_json(moved)
    else:
        render.say(f"{moved['code']} moved; `ploeg queue` shows the order")


@job.command()
@click.argument("job")
@click.option("-f", "--follow", is_flag=True, help="Go on until the job has ended.")
@_attempt
@options.as_json
def logs(job: str, follow: bool, attempt: int | None, as_json: bool) -> None:
    """Print what the agent said and did. With --json: one event a line.

    \b
    Example:
      ploeg job logs J-128 -f
    """
    from ploeg.cli.logs import print_log

    print_log(signed_in(), job, attempt=attempt, follow=follow, as_json=as_json)


@job.command()
@click.argument("job")
@click.option("--reason", metavar="TEXT", help="Why; the job keeps it.")
@_wait
@options.as_json
def cancel(job: str, reason: str | None, wait: bool, as_json: bool) -> None:
    """Cancel a job. One that runs ends when its worker has stopped the agent; --wait stays until then.

    \b
    Example:
      ploeg job cancel J-128 --reason "wrong plan"
    """
    from ploeg.cli.follow import until_ended

    client = signed_in()
    detail = client.post("/jobs" + path(job, "cancellation"), options.given({"reason": reason}))
    if wait:
        detail = until_ended(client, detail["code"])
    if as_json:
        render.emit_json(detail)
    elif detail["status"] == "cancelled":
        render.say(f"{detail['code']} cancelled")
    else:
        render.say(f"{detail['code']} is being stopped; its work will be kept")


@job.command()
@click.argument("job")
@click.option("--instruction", metavar="TEXT", help="Something more that the agent should know.")
@options.config
@_wait
@options.as_json
def retry(job: str, wait: bool, as_json: bool, **fields: Any) -> int:
    """Queue an ended job's work again, as a new job.

    \b
    Example:
      ploeg job retry J-128 --wait
    """
    client = signed_in()
    layer = options.pop_config(fields)
    body = options.given(fields | {"config": layer or None})
    return _queued(client, client.post("/jobs" + path(job, "retry"), body), wait, as_json)


@job.command("follow-up")
@click.argument("job")
@click.argument("instruction")
@click.option("--label", "labels", multiple=True, help="A label that the worker must offer; repeatable.")
@_not_before
@options.config
@_wait
@options.as_json
def follow_up(job: str, wait: bool, as_json: bool, **fields: Any) -> int:
    """Let an ended job's branch and conversation go on with an instruction, as a new job.

    \b
    Example:
      ploeg job follow-up J-128 "Name the button «Save», not «OK»."
    """
    client = signed_in()
    layer = options.pop_config(fields)
    say_when(fields)
    body = options.given(fields | {"config": layer or None})
    queued = client.post("/jobs" + path(job, "follow-ups"), body, key=uuid.uuid4().hex)
    return _queued(client, queued, wait, as_json)


@job.command()
@click.argument("job")
@click.option("--stat", is_flag=True, help="Only the files and how many lines changed.")
@_attempt
@options.as_json
def diff(job: str, stat: bool, attempt: int | None, as_json: bool) -> None:
    """Print what a job changed.

    \b
    Example:
      ploeg job diff J-128 | less
    """
    from ploeg.cli.job_view import show_diff

    changes = signed_in().get("/jobs" + path(job, "diff"), attempt=attempt)
    if as_json:
        render.emit_json(changes)
    else:
        show_diff(changes, stat=stat)


@job.command()
@click.argument("job")
@_attempt
@options.as_json
def receipt(job: str, attempt: int | None, as_json: bool) -> None:
    """Print what was verified before a job counted as done: the commit, each gate, each command.

    \b
    Example:
      ploeg job receipt J-128 --json
    """
    from ploeg.cli.job_view import show_receipt

    found = signed_in().get("/jobs" + path(job, "receipt"), attempt=attempt)
    if as_json:
        render.emit_json(found["receipt"])
    else:
        show_receipt(found["receipt"])


for further in (cascade, forecast, salvage):
    job.add_command(further)


def _queued(client: Client, queued: dict[str, Any], wait: bool, as_json: bool) -> int:
    from ploeg.cli.follow import PhaseLines, until_ended

    if not wait:
        if as_json:
            render.emit_json(queued)
        else:
            render.say(f"{queued['code']} queued; follow it with `ploeg job logs {queued['code']} -f`")
        return 0
    ended = until_ended(client, queued["code"], None if as_json else PhaseLines())
    if as_json:
        render.emit_json(ended)
    return 0 if ended["status"] == "done" else 1
