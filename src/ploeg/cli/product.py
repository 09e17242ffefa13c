"""`ploeg product`: a repository, what done means for it, and how its jobs run."""

from __future__ import annotations

from typing import Any

import click

from ploeg.cli import options, publishing, render, rules
from ploeg.cli.client import path
from ploeg.cli.session import signed_in, the_product


@click.group()
def product() -> None:
    """Products: a repository, what done means for it, and how its jobs run.

    \b
    Example:
      ploeg product list
    """


def _fields(command: options.Command) -> options.Command:
    for option in (
        click.option(
            "--doc-folder",
            "enabled_doc_folders",
            multiple=True,
            metavar="NAME",
            help="A folder of docs that it uses: ADR, SPECS, …; repeatable. All, if none was ever named.",
        ),
        click.option("--max-jobs", "max_concurrent_jobs", type=int, metavar="N", help="Jobs at the same time."),
        *rules.options,
        click.option(
            "--strategy",
            "pr_strategy",
            type=click.Choice(("story", "sprint", "sprint_batch"), case_sensitive=False),
            help="How a sprint's run is cut: a branch for each story, one for all, or one job for all.",
        ),
        *publishing.product_options,
        click.option(
            "--follow-ups",
            type=click.Choice(("off", "ask", "on")),
            help="What reviews, failed checks and conflicts of its pull requests become: nothing, a question to you, "
            "or a follow-up job.",
        ),
        click.option("--done", "definition_of_done", metavar="TEXT", help="What done means; every agent reads it."),
        click.option("--description", metavar="TEXT"),
        click.option("--repo", "repo_url", metavar="URL", help="Where git fetches from and pushes to."),
    ):
        command = option(command)
    return command


@product.command()
@click.argument("name")
@click.option("--code", help="Short handle; from the name if not given.")
@_fields
@options.config
@options.as_json
def add(as_json: bool, **fields: Any) -> None:
    """Add a product.

    \b
    Example:
      ploeg product add "Web shop" --repo ssh://git@forge/shop.git --verify "python3 -m unittest -q"
    """
    layer = options.pop_config(fields)
    rules.pop(fields)
    publishing.pop(fields)
    added = signed_in().post("/products", options.given(fields | {"config": layer or None}))
    _show(added, as_json, said=f"product {added['code']} added")


@product.command("list")
@click.option("--archived", is_flag=True, help="Archived ones as well.")
@options.as_json
def list_(archived: bool, as_json: bool) -> None:
    """List the products that are yours to see.

    \b
    Example:
      ploeg product list --json
    """
    products = signed_in().get("/products", archived="true" if archived else None)["items"]
    if as_json:
        render.emit_json(products)
        return
    render.table(
        ("code", "name", "role", "repository", "state"),
        [(p["code"], p["name"], p["role"], p["repo_url"], "archived" if p["archived_at"] else "") for p in products],
        empty="no product yet; `ploeg product add` makes one",
    )


@product.command()
@click.argument("code", required=False)
@options.as_json
def show(code: str | None, as_json: bool) -> None:
    """Show a product and its part of the config.

    \b
    Example:
      ploeg product show shop
    """
    client = signed_in()
    _show(client.get("/products" + path(the_product(client, code))), as_json)


@product.command()
@click.argument("code")
@click.option("--name")
@_fields
@options.config
@options.unset
@options.as_json
def edit(code: str, unset: tuple[str, ...], as_json: bool, **fields: Any) -> None:
    """Change a product; what is not named stays.

    \b
    Example:
      ploeg product edit shop --verify "make test" --max-minutes 30
    """
    layer = options.pop_config(fields, unset)
    cleared = rules.pop(fields) | publishing.pop(fields)
    changes = options.given(fields | {"config": layer or None}) | cleared
    _show(signed_in().patch("/products" + path(code), changes), as_json, said=f"product {code} changed")


@product.command()
@click.argument("code")
@click.option("--restore", is_flag=True, help="Bring it back instead.")
@options.as_json
def archive(code: str, restore: bool, as_json: bool) -> None:
    """Take a product out of use; nothing of it is deleted.

    \b
    Example:
      ploeg product archive shop
    """
    client = signed_in()
    archival = "/products" + path(code, "archival")
    changed = client.delete(archival) if restore else client.put(archival)
    _show(changed, as_json, said=f"product {code} {'restored' if restore else 'archived'}")


def _show(product: dict[str, Any], as_json: bool, said: str | None = None) -> None:
    if as_json:
        render.emit_json(product)
    elif said:
        render.say(said)
    else:
        config = {name: "\n".join(v) if isinstance(v, list) else v for name, v in product["config"].items()}
        render.record(
            [
                ("code", product["code"]),
                ("name", product["name"]),
                ("description", product["description"]),
                ("repository", product["repo_url"]),
                ("done means", product["definition_of_done"]),
                ("jobs at once", product["max_concurrent_jobs"]),
                ("sprints run as", product["pr_strategy"]),
                *publishing.shown(product),
                ("follow-ups", product["follow_ups"] if product["auto_pr"] else None),
                *rules.shown(product),
                ("your role", product["role"]),
                ("archived", render.ago(product["archived_at"]) if product["archived_at"] else None),
                *config.items(),
            ]
        )


product.add_command(publishing.actions)
product.add_command(publishing.promote)
