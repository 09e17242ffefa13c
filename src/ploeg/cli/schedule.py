"""`ploeg schedule`: tasks that are queued again and again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from ploeg.cli import options, render
from ploeg.cli.client import path
from ploeg.cli.session import current_settings, signed_in


@click.group()
def schedule() -> None:
    """Tasks that are queued again and again.

    \b
    Example:
      ploeg schedule list
    """


@schedule.command()
@click.argument("task")
@click.argument("recurrence")
@click.option("--time-zone", metavar="ZONE", help="The clocks that it goes by, e.g. Europe/Amsterdam; else yours.")
@click.option("--instruction", metavar="TEXT", help="Something more that the agent should know.")
@click.option("--label", "labels", multiple=True, help="A label that the worker must offer; repeatable.")
@click.option("--rank", type=int, metavar="N", help="Lower goes first; 0 unless said.")
@options.config
@options.of_product
@options.as_json
def add(task: str, product: str | None, time_zone: str | None, as_json: bool, **fields: Any) -> None:
    """Queue a task again and again.

    RECURRENCE is «hourly», «daily 03:00», «weekdays 03:00», «mon,thu 03:00», «monthly 1 03:00», or five cron fields:
    minute, hour, day of the month, month and day of the week, such as «*/30 9-17 * * mon-fri». There is never a second
    job while one is unfinished, and of the moments that the server missed one is made up for.

    \b
    Example:
      ploeg schedule add T-41 "weekdays 03:00"
    """
    layer = options.pop_config(fields)
    reference = f"{product}:{task}" if product and task.upper().startswith("T-") else task
    body = options.given(fields | {"task": reference, "config": layer or None})
    body["time_zone"] = time_zone or current_settings().effective_time_zone
    _show(signed_in().post("/schedules", body), as_json)


@schedule.command("list")
@options.of_product
@options.as_json
def list_(product: str | None, as_json: bool) -> None:
    """List schedules, and when each is due next.

    \b
    Example:
      ploeg schedule list
    """
    found = signed_in().get("/schedules", product=product)["items"]
    if as_json:
        render.emit_json(found)
        return
    rows = [
        (s["code"], s["product"], s["task"], s["recurrence"], _next(s), s["last_job"], s["note"] or s["title"])
        for s in found
    ]
    headings = ("schedule", "product", "task", "when", "next", "last job", "what")
    render.table(headings, rows, empty="no schedule; `ploeg schedule add` makes one")


@schedule.command()
@click.argument("schedule")
@options.as_json
def show(schedule: str, as_json: bool) -> None:
    """Show a schedule and its next moments.

    \b
    Example:
      ploeg schedule show SCH-3
    """
    _show(signed_in().get("/schedules" + path(schedule)), as_json)


@schedule.command()
@click.argument("schedule")
@options.as_json
def pause(schedule: str, as_json: bool) -> None:
    """Let a schedule queue nothing until it is resumed.

    \b
    Example:
      ploeg schedule pause SCH-3
    """
    _show(signed_in().put("/schedules" + path(schedule, "pause")), as_json)


@schedule.command()
@click.argument("schedule")
@options.as_json
def resume(schedule: str, as_json: bool) -> None:
    """Let a paused schedule go on with its next moment.

    \b
    Example:
      ploeg schedule resume SCH-3
    """
    _show(signed_in().delete("/schedules" + path(schedule, "pause")), as_json)


@schedule.command()
@click.argument("schedule")
def remove(schedule: str) -> None:
    """Take a schedule away; the jobs that it queued stay.

    \b
    Example:
      ploeg schedule remove SCH-3
    """
    signed_in().delete("/schedules" + path(schedule))
    render.say(f"{schedule} removed")


def _show(schedule: dict[str, Any], as_json: bool) -> None:
    if as_json:
        render.emit_json(schedule)
        return
    config = ", ".join(f"{name} {value}" for name, value in schedule["config"].items())
    render.record(
        [
            ("schedule", f"{schedule['code']}  {schedule['title']}"),
            ("task", f"{schedule['task']} of {schedule['product']}"),
            ("when", f"{schedule['recurrence']} ({schedule['cron']}) {schedule['time_zone']}"),
            ("next", "\n".join(_clock(moment, schedule["time_zone"]) for moment in schedule["ahead"]) or "paused"),
            ("last due", _clock(schedule["last_at"], schedule["time_zone"]) if schedule["last_at"] else None),
            ("last job", schedule["last_job"]),
            ("no job", schedule["note"]),
            ("instruction", schedule["instruction"]),
            ("labels", ", ".join(schedule["labels"])),
            ("config", config),
            ("queued by", schedule["requested_by"]),
        ]
    )


def _next(schedule: dict[str, Any]) -> str:
    return _clock(schedule["ahead"][0], schedule["time_zone"]) if schedule["ahead"] else "paused"


def _clock(moment: str, time_zone: str) -> str:
    from ploeg.domain.hours import zone_named

    return f"{datetime.fromisoformat(moment).astimezone(zone_named(time_zone)):%a %d %b %Y %H:%M %Z}"
