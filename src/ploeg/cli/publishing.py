"""What a product does at its forge: as options of `ploeg product`, and as commands of their own."""

from __future__ import annotations

from typing import Any

import click

from ploeg.cli import options, render
from ploeg.cli.client import path
from ploeg.cli.session import signed_in, the_product

NONE = "none"

product_options = (
    click.option("--auto-pr/--no-auto-pr", default=None, help="Open pull requests for what jobs push."),
    click.option(
        "--auto-merge/--no-auto-merge", default=None, help="Merge a story's pull request when the story is done."
    ),
    click.option("--merge-method", type=click.Choice(("squash", "merge", "rebase")), help="How; squash unless said."),
    click.option(
        "--merge-train/--no-merge-train",
        default=None,
        help="Merge one at a time, each brought onto and verified on top of what was merged before it.",
    ),
    click.option(
        "--delete-merged/--keep-merged",
        "delete_merged_branches",
        default=None,
        help="Delete a branch when its pull request was merged or withdrawn.",
    ),
    click.option(
        "--failure-cascade/--no-failure-cascade",
        default=None,
        help="Withdraw a backlog item's pull requests when a sprint's task of it fails.",
    ),
    click.option(
        "--promote-workflow", metavar="FILE", help="The workflow that publishes it elsewhere; `none` for none."
    ),
)


def pop(fields: dict[str, Any]) -> dict[str, None]:
    """Those that were cleared come back as None."""
    if fields["promote_workflow"] != NONE:
        return {}
    del fields["promote_workflow"]
    return {"promote_workflow": None}


def shown(product: dict[str, Any]) -> list[tuple[str, object]]:
    if not product["auto_pr"]:
        return [("promoted by", product["promote_workflow"])]
    how = f"{product['merge_method']}, one after another" if product["merge_train"] else product["merge_method"]
    merged = f"merged when their story is done ({how})" if product["auto_merge"] else None
    return [
        ("pull requests", ", ".join(filter(None, ("opened by themselves", merged)))),
        ("merged branches", "deleted" if product["delete_merged_branches"] else None),
        ("after a failure", "withdrawn" if product["failure_cascade"] else "left to people"),
        ("promoted by", product["promote_workflow"]),
    ]


@click.command()
@click.argument("code", required=False)
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="At most so many.")
@click.option("--retry", metavar="ID", help="Try that one again, which failed or was dropped.")
@options.as_json
def actions(code: str | None, limit: int, retry: str | None, as_json: bool) -> None:
    """Show what was asked of a product's forge beyond opening pull requests, the newest first.

    \b
    Example:
      ploeg product actions shop
    """
    client = signed_in()
    if retry is not None:
        again = client.post("/forge-actions" + path(retry, "retry"), None)
        _said(again, as_json)
        return
    found = client.get("/products" + path(the_product(client, code), "forge-actions"), limit=limit)["items"]
    if as_json:
        render.emit_json(found)
        return
    rows = [
        (action["id"], render.ago(action["created_at"]), action["deed"], render.status(action["state"]), _what(action))
        for action in found
    ]
    render.table(("id", "asked", "what", "state", "about"), rows, empty="nothing was asked of the forge yet")


@click.command()
@click.argument("code", required=False)
@click.option("--ref", metavar="NAME", help="A branch or tag; the default branch unless said.")
@options.as_json
def promote(code: str | None, ref: str | None, as_json: bool) -> None:
    """Publish a product elsewhere: the forge starts the product's workflow for it.

    \b
    Example:
      ploeg product promote shop --ref v1.2
    """
    client = signed_in()
    asked = client.post("/products" + path(the_product(client, code), "promotions"), {"ref": ref} if ref else {})
    _said(asked, as_json)


def say_merging(asked: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        render.emit_json(asked)
        return
    for action in asked:
        render.say(
            f"{render.harmless(action['branch'])} at {action['sha'][:12]}: to be merged when its checks allow it"
        )


def _said(action: dict[str, Any], as_json: bool) -> None:
    if as_json:
        render.emit_json(action)
    else:
        render.say(f"{action['deed']} asked of the forge; `ploeg product actions` shows what comes of it")


def _what(action: dict[str, Any]) -> str:
    return ", ".join(filter(None, (action["branch"], action["reason"] or action["result"])))
