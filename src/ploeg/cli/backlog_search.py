"""`ploeg backlog search`: where something stands in the backlog."""

from __future__ import annotations

import click

from ploeg.cli import options, render
from ploeg.cli.session import signed_in


@click.command()
@click.argument("query", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 50), default=20, show_default=True, help="At most so many items.")
@click.option("-p", "--product", metavar="CODE", help="Only in this product.")
@options.as_json
def search(query: tuple[str, ...], limit: int, product: str | None, as_json: bool) -> None:
    """Find items by code, title or text: words, "a phrase", one or other, -without.

    \b
    Example:
      ploeg backlog search invoice -- -draft
    """
    items = signed_in().get("/backlog/search", query=" ".join(query), product=product, limit=limit)["items"]
    if as_json:
        render.emit_json(items)
        return
    rows = [(i["product"], i["code"], i["status"], i["title"], i["snippet"]) for i in items]
    render.table(("product", "code", "status", "title", "text"), rows, empty="nothing found")
