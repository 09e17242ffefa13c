"""`ploeg backlog story`: pieces of a backlog item, one branch each."""

from __future__ import annotations

from typing import Any

import click

from ploeg.cli import options, publishing, render
from ploeg.cli.client import path
from ploeg.cli.job_view import pull_request
from ploeg.cli.session import archival, dependency, item, signed_in, the_product


@click.group()
def story() -> None:
    """Stories: pieces of a backlog item. A story's tasks share one branch.

    \b
    Example:
      ploeg backlog story list
    """


def _fields(command: options.Command) -> options.Command:
    for option in (
        options.estimate,
        click.option("--assignee", metavar="NAME", help="Who sees to it."),
        options.priority,
        click.option("--criteria", "acceptance_criteria", metavar="TEXT", help="When the story is accepted."),
        click.option("--description", metavar="TEXT"),
    ):
        command = option(command)
    return command


@story.command()
@click.argument("pbi")
@click.argument("title")
@_fields
@options.of_product
@options.as_json
def add(pbi: str, product: str | None, as_json: bool, **fields: Any) -> None:
    """Add a story to a backlog item.

    \b
    Example:
      ploeg backlog story add PBI-7 "Invoice page" --criteria "The page shows the address"
    """
    added = signed_in().post(item("pbis", pbi, product) + "/stories", options.given(fields))
    _show(added, as_json, said=f"{added['code']} added")


@story.command("list")
@click.option("--pbi", metavar="CODE", help="Only those of this backlog item.")
@options.archived
@options.of_product
@options.as_json
def list_(pbi: str | None, archived: bool, product: str | None, as_json: bool) -> None:
    """List a product's stories, in their order.

    \b
    Example:
      ploeg backlog story list --pbi PBI-7
    """
    client = signed_in()
    where = "/products" + path(the_product(client, product), "stories")
    items = client.get(where, pbi=pbi, archived=archived or None)["items"]
    if as_json:
        render.emit_json(items)
        return
    rows = [(i["code"], i["pbi"], i["status"], i["priority"], i["assignee"], i["title"]) for i in items]
    render.table(("code", "item", "status", "priority", "assignee", "title"), rows, empty="no story yet")


@story.command()
@click.argument("story")
@options.of_product
@options.as_json
def show(story: str, product: str | None, as_json: bool) -> None:
    """Show a story and its activity log.

    \b
    Example:
      ploeg backlog story show ST-012
    """
    client = signed_in()
    where = item("stories", story, product)
    shown = client.get(where) | {"log": client.get(where + "/log")["items"]}
    _show(shown, as_json)
    if not as_json and shown["log"]:
        render.say()
        rows = [(render.ago(line["created_at"]), line["type"], _gist(line)) for line in shown["log"]]
        render.table(("when", "what", "content"), rows, empty="")


@story.command()
@click.argument("story")
@click.option("--title")
@_fields
@click.option("--pbi", metavar="CODE", help="Move it to this backlog item.")
@options.clear("description", "acceptance_criteria", "assignee", "estimate")
@options.place
@options.of_product
@options.as_json
def edit(story: str, product: str | None, clear: tuple[str, ...], as_json: bool, **fields: Any) -> None:
    """Change a story or move it; what is not named stays.

    \b
    Example:
      ploeg backlog story edit ST-012 --pbi PBI-8 --first
    """
    changes = options.given(fields) | dict.fromkeys(clear)
    changed = signed_in().patch(item("stories", story, product), changes)
    _show(changed, as_json, said=f"{changed['code']} changed")


@story.command()
@click.argument("story")
@options.restore
@options.of_product
@options.as_json
def archive(story: str, restore: bool, product: str | None, as_json: bool) -> None:
    """Take a story out of the backlog, with its tasks; nothing is deleted.

    \b
    Example:
      ploeg backlog story archive ST-012
    """
    changed = archival(item("stories", story, product), restore)
    _show(changed, as_json, said=f"{changed['code']} {'restored' if restore else 'archived'}")


@story.command()
@click.argument("story")
@click.argument("prerequisite", nargs=-1)
@options.remove
@options.of_product
@options.as_json
def needs(story: str, prerequisite: tuple[str, ...], remove: bool, product: str | None, as_json: bool) -> None:
    """Say which stories must be done before a story's jobs begin; without any, show them.

    \b
    Example:
      ploeg backlog story needs ST-012 ST-009
    """
    render.dependencies(story, dependency(item("stories", story, product), prerequisite, remove), as_json)


@story.command()
@click.argument("story")
@click.option("--limit", type=click.IntRange(1, 1000), default=200, show_default=True, help="At most so many entries.")
@options.of_product
@options.as_json
def log(story: str, limit: int, product: str | None, as_json: bool) -> None:
    """Show what happened to a story, its tasks and its jobs, oldest first.

    \b
    Example:
      ploeg backlog story log ST-012
    """
    items = signed_in().get(item("stories", story, product) + "/activity", limit=limit)["items"]
    if as_json:
        render.emit_json(items)
        return
    rows = [(render.ago(i["at"]), i["actor"] or "agent", i["text"].strip().partition("\n")[0]) for i in items]
    render.table(("when", "who", "what"), rows, empty="nothing happened yet")


@story.command()
@click.argument("story")
@options.of_product
@options.as_json
def merge(story: str, product: str | None, as_json: bool) -> None:
    """Merge a done story's pull requests as soon as their checks have passed, at the commits that were verified.

    \b
    Example:
      ploeg backlog story merge ST-012
    """
    asked = signed_in().post(item("stories", story, product) + "/merge", None)["items"]
    publishing.say_merging(asked, as_json)


def _show(story: dict[str, Any], as_json: bool, said: str | None = None) -> None:
    if as_json:
        render.emit_json(story)
    elif said:
        render.say(said)
    else:
        names = "code product pbi title status priority assignee estimate archived_at description acceptance_criteria"
        shown = [(name.replace("_", " "), story[name]) for name in names.split()]
        render.record([*shown, ("pull request", pull_request(story["pull_request"]))])


def _gist(line: dict[str, Any]) -> str:
    if line["commit_hash"]:
        return f"{line['commit_hash'][:10]} {line['commit_message']}"
    first = str(line["content"]).strip().partition("\n")[0]
    return f"{line['status']}: {first}" if line["status"] else first
