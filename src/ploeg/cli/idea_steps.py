"""What takes an idea further: by an agent, or by your own hand."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, TypeVar

import click

from ploeg.cli import options, render
from ploeg.cli.client import Client, path
from ploeg.cli.idea import until
from ploeg.cli.session import signed_in

Command = TypeVar("Command", bound=Callable[..., Any])

#: What an idea is when it has come that far.
_ARRIVED = {"plan": "PLAN_READY", "review": "PLAN_REVIEWED", "backlog": "PLANNED", "sprint": "PLANNED"}

_wait = click.option("--wait", is_flag=True, help="Show the jobs' phases and stay until the idea has come to rest.")
_STEP = (
    click.argument("idea"),
    click.option("--instruction", metavar="TEXT", help="Something more that the agent should know."),
    click.option("--label", "labels", multiple=True, help="A label that the worker must offer; repeatable."),
    until,
    _wait,
    options.config,
    options.as_json,
)
_file = click.option("--file", metavar="FILE", help="No agent: take this text; - is standard input.")


def _step(command: Command) -> Command:
    """The arguments of a command that queues a job of an idea."""
    for option in reversed(_STEP):
        command = option(command)
    return command


@click.command()
@_file
@_step
def grill(idea: str, file: str | None, as_json: bool, **fields: Any) -> int:
    """Have an agent ask until the idea is clear, or write the report yourself with --file.

    Its questions are answered with `ploeg question`.

    \b
    Example:
      ploeg idea grill IDEA-1 --wait
    """
    client = signed_in()
    if file is None:
        return _queue(client, idea, "grill", as_json, fields)
    text = options.text_from("--file", file)
    changed = client.put("/ideas" + path(idea, "grill"), {"markdown": text})
    _said(changed, as_json, f"{changed['code']} is {changed['status']}; next: `ploeg idea plan {changed['code']}`")
    return 0


@click.command()
@_file
@_step
def plan(idea: str, file: str | None, as_json: bool, **fields: Any) -> int:
    """Have an agent plan it, or hand in a plan of your own with --file.

    Every flaw of a plan is named with its line and field.

    \b
    Example:
      ploeg idea plan IDEA-1 --until backlog
      ploeg idea plan IDEA-1 --file plan.md
    """
    client = signed_in()
    if file is None:
        return _queue(client, idea, "plan", as_json, fields)
    written = client.put("/ideas" + path(idea, "plan"), {"markdown": options.text_from("--file", file)})
    code = written["idea"]["code"]
    said = f"{code} is {written['idea']['status']}: {written['stories']} stories, {written['tasks']} tasks"
    if as_json:
        render.emit_json(written)
    elif written["ok"]:
        render.say(f"{said}; next: `ploeg idea review {code}` or `ploeg idea materialise {code}`")
    else:
        from ploeg.cli.idea_view import show_flaws

        show_flaws(written["flaws"])
    return 0 if written["ok"] else 1


@click.command()
@click.option("--approve", metavar="WHY", help="No agent: approve the plan yourself.")
@click.option("--request-changes", metavar="WHY", help="No agent: ask for another plan.")
@click.option("--reject", metavar="WHY", help="No agent: no plan for this idea will do.")
@_step
def review(
    idea: str,
    approve: str | None,
    request_changes: str | None,
    reject: str | None,
    as_json: bool,
    **fields: Any,
) -> int:
    """Have another agent judge the plan, or judge it yourself.

    \b
    Example:
      ploeg idea review IDEA-1
      ploeg idea review IDEA-1 --approve "small and clear"
    """
    given = {"approved": approve, "changes_requested": request_changes, "rejected": reject}
    verdicts = [(verdict, why) for verdict, why in given.items() if why is not None]
    if len(verdicts) > 1:
        raise click.UsageError("give one verdict")
    client = signed_in()
    if not verdicts:
        return _queue(client, idea, "review", as_json, fields)
    verdict, why = verdicts[0]
    changed = client.post("/ideas" + path(idea, "review"), {"verdict": verdict, "summary": why})
    _said(changed, as_json, f"{changed['code']} is {changed['status']}")
    return 0


@click.command()
@click.option("--instruction", metavar="TEXT", help="Something more that the first agent should know.")
@click.argument("idea")
@click.option(
    "--until",
    required=True,
    type=click.Choice(("plan", "review", "backlog", "sprint")),
    help="How far; questions still come to you.",
)
@_wait
@options.config
@options.as_json
def go(idea: str, as_json: bool, **fields: Any) -> int:
    """Send an idea on its way from where it stands: each step that ends well begins the next.

    \b
    Example:
      ploeg idea go IDEA-1 --until sprint
    """
    return _queue(signed_in(), idea, None, as_json, fields)


@click.command()
@click.argument("idea")
@click.option("--alongside", is_flag=True, help="Leave an item that it became before where it is.")
@options.as_json
def materialise(idea: str, alongside: bool, as_json: bool) -> None:
    """Make a backlog item with stories and tasks of the plan, ready for jobs and sprints.

    \b
    Example:
      ploeg idea materialise IDEA-1
    """
    made = signed_in().post("/ideas" + path(idea, "materialisation"), {"alongside": alongside})
    if as_json:
        render.emit_json(made)
        return
    render.say(f"{made['pbi']} with {', '.join(made['stories'])}: {made['tasks']} tasks, ready for work")
    if made["replaced"]:
        render.say(f"{made['replaced']}, which it was before, is archived")


def _queue(client: Client, idea: str, step: str | None, as_json: bool, fields: dict[str, Any]) -> int:
    wait = fields.pop("wait")
    layer = options.pop_config(fields)
    body = options.given(fields | {"step": step, "config": layer or None})
    started = client.post("/ideas" + path(idea, "jobs"), body, key=uuid.uuid4().hex)
    job = started["job"]
    if wait:
        return until_at_rest(client, started["idea"]["id"], fields["until"], as_json)
    if as_json:
        render.emit_json(started)
    elif job:
        render.say(f"{job['code']} queued; follow it with `ploeg job logs {job['code']} -f`")
    else:
        render.say(f"{started['idea']['code']} is {started['idea']['status']}")
    return 0


def until_at_rest(client: Client, idea: str, until: str | None, as_json: bool) -> int:
    """Follows one job of the idea after the other, as long as it goes on; 1 unless it came as far as it was to."""
    from ploeg.cli.follow import PhaseLines, until_ended

    ended: dict[str, str] = {}
    while True:
        shown = client.get("/ideas" + path(idea))
        at_work = [job for job in shown["jobs"] if job not in ended]
        if not at_work:
            break
        job = until_ended(client, at_work[0], None if as_json else PhaseLines())
        ended[at_work[0]] = job["status"]
    if as_json:
        render.emit_json(shown)
    else:
        render.say(f"{shown['code']} is {shown['status']}{_last_note(shown)}")
    well = shown["status"] == _ARRIVED[until] if until else set(ended.values()) <= {"done"}
    return 0 if well else 1


def _last_note(idea: dict[str, Any]) -> str:
    """What became of its way, if it was on one."""
    notes = [line["content"] for line in idea["log"] if line["type"] == "NOTE"]
    told = notes[-1] if notes and notes[-1].startswith(("arrived: ", "stopped on its way")) else ""
    return f"; {render.harmless(told)}" if told else ""


def _said(idea: dict[str, Any], as_json: bool, said: str) -> None:
    if as_json:
        render.emit_json(idea)
    else:
        render.say(said)
