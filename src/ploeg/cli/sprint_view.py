"""One sprint for people: how far it is, each story with its tasks and jobs, why it stands still, what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from ploeg.cli import render
from ploeg.cli.sprint_run import counts

#: Columns of a title; the rest of a line is for its job.
TITLE_WIDTH = 44


def show_sprint(page: dict[str, Any]) -> None:
    """Everything of a sprint that a person asks for, on one page."""
    render.say(click.style(f"{page['code']}  {render.harmless(page['goal'])}", bold=True))
    render.record(
        [
            ("status", page["status"]),
            ("product", page["product"]),
            ("days", _days(page)),
            ("stories", f"{page['stories_done']} of {page['stories']} done"),
            *_run(page["run"]),
        ]
    )
    if page["plan"]:
        render.say()
        render.table(("", "status", "title", "job", ""), _rows(page["plan"]), empty="")
    _list("why", page["why"])
    _list("next", [step["text"] + (f":\n  {step['command']}" if step["command"] else "") for step in page["next"]])


def _days(page: dict[str, Any]) -> str | None:
    if page["start_date"] is None and page["end_date"] is None:
        return None
    return f"{page['start_date'] or '…'} to {page['end_date'] or '…'}"


def _run(run: dict[str, Any] | None) -> Iterator[tuple[str, object]]:
    if run is None:
        return
    since = run["ended_at"] or run["started_at"] or run["created_at"]
    yield "run", f"{run['status']} since {render.ago(since).removesuffix(' ago')}, started by {run['started_by']}"
    yield "strategy", run["pr_strategy"]
    yield "branch", run["branch"]
    yield "pull request", run["pr_url"]
    yield "jobs", counts(run)


def _rows(plan: list[dict[str, Any]]) -> Iterator[tuple[object, ...]]:
    for story in plan:
        asked = f"asks {', '.join(story['open_questions'])}" if story["open_questions"] else story["pbi"]
        yield story["code"], story["status"], _cut(story["title"]), asked, " "
        for task in story["tasks"]:
            job = task["job"]
            yield f"  {task['code']}", task["status"], _cut(task["title"]), _job(job), _note(job)


def _job(job: dict[str, Any] | None) -> str | None:
    if job is None:
        return None
    return f"{job['code']} {job['status']}" + (f", {job['phase']}" if job["phase"] else "")


def _note(job: dict[str, Any] | None) -> str:
    if job is None:
        return " "
    if job["waiting_for"]:
        return f"waits for {job['waiting_for']}"
    return job["reason"] or "" if job["status"] in {"failed", "cancelled", "skipped"} else ""


def _cut(title: str) -> str:
    return title if len(title) <= TITLE_WIDTH else title[: TITLE_WIDTH - 1] + "…"


def _list(name: str, lines: list[str]) -> None:
    if not lines:
        return
    render.say()
    for line in lines:
        first, *more = render.harmless(line, lines=True).splitlines()
        render.say(f"{name:<5} {first}")
        for further in more:
            render.say(f"      {further}")
        name = ""
