"""`ploeg backlog story`: pieces of a backlog item, one branch each."""

from __future__ import annotations

from typing import Any

import click

from ploeg.cli import options, render
from ploeg.cli.client import path
from ploeg.cli.session import item, signed_in, the_product


@click.group()
def story() -> None:
    """Stories: pieces of a backlog item. A story's tasks share one branch.

    \b
    Example:
      ploeg backlog story list
    """


@story.command()
@click.argument("pbi")
@click.argument("title")
@click.option("--description", metavar="TEXT")
@click.option("--criteria", "acceptance_criteria", metavar="TEXT", help="When the story is accepted.")
@options.priority
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
@options.of_product
@options.as_json
def list_(pbi: str | None, product: str | None, as_json: bool) -> None:
    """List a product's stories, in their order.

    \b
    Example:
      ploeg backlog story list --pbi PBI-7
    """
    client = signed_in()
    items = client.get("/products" + path(the_product(client, product), "stories"), pbi=pbi)["items"]
    if as_json:
        render.emit_json(items)
        return
    rows = [(i["code"], i["pbi"], i["status"], i["priority"], i["title"]) for i in items]
    render.table(("code", "item", "status", "priority", "title"), rows, empty="no story yet")


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
@click.option("--description", metavar="TEXT")
@click.option("--criteria", "acceptance_criteria", metavar="TEXT", help="When the story is accepted.")
@options.priority
@options.after
@options.before
@options.of_product
@options.as_json
def edit(story: str, product: str | None, as_json: bool, **fields: Any) -> None:
    """Change a story or move it; what is not named stays.

    \b
    Example:
      ploeg backlog story edit ST-012 --priority 1
    """
    changed = signed_in().patch(item("stories", story, product), options.given(fields))
    _show(changed, as_json, said=f"{changed['code']} changed")


def _show(story: dict[str, Any], as_json: bool, said: str | None = None) -> None:
    if as_json:
        render.emit_json(story)
    elif said:
        render.say(said)
    else:
        names = ("code", "product", "pbi", "title", "status", "priority", "description", "acceptance_criteria")
        render.record([(name.replace("_", " "), story[name]) for name in names])


def _gist(line: dict[str, Any]) -> str:
    if line["commit_hash"]:
        return f"{line['commit_hash'][:10]} {line['commit_message']}"
    first = str(line["content"]).strip().partition("\n")[0]
    return f"{line['status']}: {first}" if line["status"] else first
