"""`ploeg backlog task`: what an agent implements, and its plan."""

from __future__ import annotations

from typing import Any

import click

from ploeg.cli import options, render
from ploeg.cli.client import path
from ploeg.cli.session import archival, dependency, item, signed_in, the_product

_STATUSES = ("TO_DO", "IN_PROGRESS", "REVIEW", "DONE", "FAILED", "EXCLUDED")


@click.group()
def task() -> None:
    """Tasks: what an agent implements, each with its plan.

    \b
    Example:
      ploeg backlog task list
    """


def _fields(command: options.Command) -> options.Command:
    for option in (
        click.option("--repo", "repo_url", metavar="URL", help="Another repository than the product's."),
        click.option(
            "--verify-required",
            type=click.Choice(["ALIGNED", "ALIGNED_OR_PARTIAL", "ANY"], case_sensitive=False),
            help="How closely the changes must follow the plan.",
        ),
        click.option("--verify-only/--no-verify-only", default=None, help="It only checks; an empty diff is expected."),
        options.estimate,
        options.priority,
        click.option("--plan-file", metavar="FILE", help="The implementation plan; - reads standard input."),
        click.option("--description", metavar="TEXT"),
    ):
        command = option(command)
    return command


@task.command()
@click.argument("story")
@click.argument("title")
@_fields
@options.config
@options.of_product
@options.as_json
def add(story: str, product: str | None, plan_file: str | None, as_json: bool, **fields: Any) -> None:
    """Add a task to a story.

    \b
    Example:
      ploeg backlog task add ST-012 "Show the address" --plan-file plan.md
    """
    layer = options.pop_config(fields)
    fields |= {"implementation_plan": options.plan_from(plan_file), "config": layer or None}
    added = signed_in().post(item("stories", story, product) + "/tasks", options.given(fields))
    _show(added, as_json, said=f"{added['code']} added")


@task.command("list")
@click.option("--story", metavar="CODE", help="Only those of this story.")
@options.archived
@options.of_product
@options.as_json
def list_(story: str | None, archived: bool, product: str | None, as_json: bool) -> None:
    """List a product's tasks, in their order.

    \b
    Example:
      ploeg backlog task list --story ST-012
    """
    client = signed_in()
    where = "/products" + path(the_product(client, product), "tasks")
    items = client.get(where, story=story, archived=archived or None)["items"]
    if as_json:
        render.emit_json(items)
        return
    rows = [(i["code"], i["story"], i["status"], "yes" if i["implementation_plan"] else "", i["title"]) for i in items]
    render.table(("code", "story", "status", "plan", "title"), rows, empty="no task yet")


@task.command()
@click.argument("task")
@options.of_product
@options.as_json
def show(task: str, product: str | None, as_json: bool) -> None:
    """Show a task with its plan.

    \b
    Example:
      ploeg backlog task show T-41
    """
    _show(signed_in().get(item("tasks", task, product)), as_json)


@task.command()
@click.argument("task")
@click.option("--title")
@_fields
@click.option("--status", type=click.Choice(_STATUSES, case_sensitive=False))
@click.option("--story", metavar="CODE", help="Move it to this story.")
@options.clear("description", "implementation_plan", "repo_url", "estimate")
@options.place
@options.config
@options.unset
@options.of_product
@options.as_json
def edit(
    task: str,
    product: str | None,
    plan_file: str | None,
    clear: tuple[str, ...],
    unset: tuple[str, ...],
    as_json: bool,
    **fields: Any,
) -> None:
    """Change a task or move it; what is not named stays.

    \b
    Example:
      ploeg backlog task edit T-41 --plan-file plan.md --status TO_DO
    """
    layer = options.pop_config(fields, unset)
    fields |= {"implementation_plan": options.plan_from(plan_file), "config": layer or None}
    changes = options.given(fields) | dict.fromkeys(clear)
    changed = signed_in().patch(item("tasks", task, product), changes)
    _show(changed, as_json, said=f"{changed['code']} changed")


@task.command()
@click.argument("task")
@options.restore
@options.of_product
@options.as_json
def archive(task: str, restore: bool, product: str | None, as_json: bool) -> None:
    """Take a task out of the backlog; nothing is deleted.

    \b
    Example:
      ploeg backlog task archive T-41
    """
    changed = archival(item("tasks", task, product), restore)
    _show(changed, as_json, said=f"{changed['code']} {'restored' if restore else 'archived'}")


@task.command()
@click.argument("task")
@click.argument("prerequisite", nargs=-1)
@options.remove
@options.of_product
@options.as_json
def needs(task: str, prerequisite: tuple[str, ...], remove: bool, product: str | None, as_json: bool) -> None:
    """Say which tasks must be done before a task's job begins; without any, show them.

    \b
    Example:
      ploeg backlog task needs T-41 T-38
    """
    render.dependencies(task, dependency(item("tasks", task, product), prerequisite, remove), as_json)


def _show(task: dict[str, Any], as_json: bool, said: str | None = None) -> None:
    if as_json:
        render.emit_json(task)
    elif said:
        render.say(said)
    else:
        names = "code product story title status priority estimate archived_at description repo_url"
        rules = [("only checks", "yes" if task["verify_only"] else None), ("follows the plan", task["verify_required"])]
        config = {name: "\n".join(v) if isinstance(v, list) else v for name, v in task["config"].items()}
        render.record([*((name.replace("_", " "), task[name]) for name in names.split()), *rules, *config.items()])
        if task["implementation_plan"]:
            render.say()
            render.say(render.harmless(task["implementation_plan"], lines=True))
