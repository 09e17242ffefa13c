"""`ploeg todo`: what you want to remember."""

from __future__ import annotations

from typing import Any

import click

from ploeg.cli import options, render
from ploeg.cli.client import path
from ploeg.cli.session import signed_in

_about = click.option("-p", "--product", metavar="CODE", help="The product that it is about.")


@click.group()
def todo() -> None:
    """What you want to remember. Nobody else sees it.

    \b
    Example:
      ploeg todo add "Ask Ada about the invoices" -p shop
    """


@todo.command()
@click.argument("title")
@click.option("--description", metavar="TEXT")
@_about
@options.as_json
def add(as_json: bool, **fields: Any) -> None:
    """Note something.

    \b
    Example:
      ploeg todo add "Ask Ada about the invoices"
    """
    _show(signed_in().post("/todos", options.given(fields)), as_json, "noted")


@todo.command("list")
@click.option("--done", is_flag=True, help="Those that are done as well.")
@options.archived
@_about
@options.as_json
def list_(done: bool, archived: bool, product: str | None, as_json: bool) -> None:
    """List what is still to do, oldest first.

    \b
    Example:
      ploeg todo list --done
    """
    items = signed_in().get("/todos", product=product, done=done or None, archived=archived or None)["items"]
    if as_json:
        render.emit_json(items)
        return
    rows = [(i["code"], "done" if i["done_at"] else "", i["product"], i["title"]) for i in items]
    render.table(("code", "state", "product", "title"), rows, empty="nothing to do")


@todo.command()
@click.argument("todo")
@click.option("--title")
@click.option("--description", metavar="TEXT")
@_about
@options.clear("description", "product")
@options.as_json
def edit(todo: str, clear: tuple[str, ...], as_json: bool, **fields: Any) -> None:
    """Change a todo; what is not named stays.

    \b
    Example:
      ploeg todo edit TD-3 --title "Ask Ada about VAT"
    """
    _show(signed_in().patch(path("todos", todo), options.given(fields) | dict.fromkeys(clear)), as_json, "changed")


@todo.command()
@click.argument("todo")
@click.option("--undo", is_flag=True, help="It is still to do after all.")
@options.as_json
def done(todo: str, undo: bool, as_json: bool) -> None:
    """Tick a todo off.

    \b
    Example:
      ploeg todo done TD-3
    """
    changed = signed_in().patch(path("todos", todo), {"done": not undo})
    _show(changed, as_json, "to do again" if undo else "done")


@todo.command()
@click.argument("todo")
@options.restore
@options.as_json
def archive(todo: str, restore: bool, as_json: bool) -> None:
    """Put a todo away without doing it.

    \b
    Example:
      ploeg todo archive TD-3
    """
    changed = signed_in().patch(path("todos", todo), {"archived": not restore})
    _show(changed, as_json, "restored" if restore else "archived")


def _show(todo: dict[str, Any], as_json: bool, said: str) -> None:
    if as_json:
        render.emit_json(todo)
    else:
        render.say(f"{todo['code']} {said}")
