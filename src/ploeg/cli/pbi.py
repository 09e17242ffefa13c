"""`ploeg backlog pbi`: what a product should become."""

from __future__ import annotations

from typing import Any

import click

from ploeg.cli import options, render
from ploeg.cli.client import path
from ploeg.cli.session import archival, item, signed_in, the_product


@click.group()
def pbi() -> None:
    """Backlog items: what a product should become.

    \b
    Example:
      ploeg backlog pbi list
    """


@pbi.command()
@click.argument("title")
@click.option("--description", metavar="TEXT")
@options.priority
@options.of_product
@options.as_json
def add(product: str | None, as_json: bool, **fields: Any) -> None:
    """Add a backlog item to a product.

    \b
    Example:
      ploeg backlog pbi add "Customers can pay by invoice" -p shop
    """
    client = signed_in()
    added = client.post("/products" + path(the_product(client, product), "pbis"), options.given(fields))
    _show(added, as_json, said=f"{added['code']} added")


@pbi.command("list")
@options.archived
@options.of_product
@options.as_json
def list_(product: str | None, archived: bool, as_json: bool) -> None:
    """List a product's backlog items, in their order.

    \b
    Example:
      ploeg backlog pbi list -p shop --json
    """
    client = signed_in()
    items = client.get("/products" + path(the_product(client, product), "pbis"), archived=archived or None)["items"]
    if as_json:
        render.emit_json(items)
        return
    rows = [(i["code"], i["status"], i["priority"], i["title"]) for i in items]
    render.table(("code", "status", "priority", "title"), rows, empty="no backlog item yet")


@pbi.command()
@click.argument("pbi")
@options.of_product
@options.as_json
def show(pbi: str, product: str | None, as_json: bool) -> None:
    """Show a backlog item.

    \b
    Example:
      ploeg backlog pbi show PBI-7
    """
    _show(signed_in().get(item("pbis", pbi, product)), as_json)


@pbi.command()
@click.argument("pbi")
@options.of_product
@options.as_json
def plan(pbi: str, product: str | None, as_json: bool) -> None:
    """Print a backlog item as the plan document that would make it.

    \b
    Example:
      ploeg backlog pbi plan PBI-7 > plan.md
      ploeg idea plan IDEA-3 --file plan.md
    """
    found = signed_in().get(item("pbis", pbi, product) + "/plan")
    if as_json:
        render.emit_json(found)
    else:
        render.document(found["markdown"])


@pbi.command()
@click.argument("pbi")
@click.option("--title")
@click.option("--description", metavar="TEXT")
@options.priority
@click.option("--status", type=click.Choice(["READY", "BLOCKED"], case_sensitive=False))
@options.clear("description")
@options.place
@options.of_product
@options.as_json
def edit(pbi: str, product: str | None, clear: tuple[str, ...], as_json: bool, **fields: Any) -> None:
    """Change a backlog item or move it; what is not named stays.

    \b
    Example:
      ploeg backlog pbi edit PBI-7 --after PBI-9
    """
    changes = options.given(fields) | dict.fromkeys(clear)
    changed = signed_in().patch(item("pbis", pbi, product), changes)
    _show(changed, as_json, said=f"{changed['code']} changed")


@pbi.command()
@click.argument("pbi")
@options.restore
@options.of_product
@options.as_json
def archive(pbi: str, restore: bool, product: str | None, as_json: bool) -> None:
    """Take a backlog item out of the backlog, with all below it; nothing is deleted.

    \b
    Example:
      ploeg backlog pbi archive PBI-7
    """
    changed = archival(item("pbis", pbi, product), restore)
    _show(changed, as_json, said=f"{changed['code']} {'restored' if restore else 'archived'}")


def _show(pbi: dict[str, Any], as_json: bool, said: str | None = None) -> None:
    if as_json:
        render.emit_json(pbi)
    elif said:
        render.say(said)
    else:
        names = ("code", "product", "title", "status", "priority", "description", "archived_at")
        render.record([(name.replace("_", " "), pbi[name]) for name in names])
