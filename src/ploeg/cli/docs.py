"""`ploeg docs`: what a product's people and agents write down."""

from __future__ import annotations

import json
from typing import Any

import click

from ploeg.cli import options, render
from ploeg.cli.client import Client, path
from ploeg.cli.session import signed_in, the_product

_folder = click.option("--folder", metavar="NAME", help="Only this folder: ADR, SPECS, MANUAL, …")


@click.group()
def docs() -> None:
    """Docs of a product: decisions, specs, plans, and the guide of its agents.

    \b
    Example:
      ploeg docs list -p shop
    """


@docs.command()
@click.argument("folder")
@click.argument("file")
@click.option("--slug", metavar="NAME", help="Its name in the folder; made of the title if left out.")
@click.option("--title", help="Write this title above a file that has no front matter.")
@click.option("--status", default="draft", show_default=True, help="Its status, with --title.")
@options.of_product
@options.as_json
def add(
    folder: str, file: str, slug: str | None, title: str | None, status: str, product: str | None, as_json: bool
) -> None:
    """Add a doc from a Markdown file; `-` is standard input.

    The file begins with front matter: a line `---`, `title: …`, `status: draft`, and a line `---`.

    \b
    Example:
      ploeg docs add ADR use-sqlite.md
      ploeg docs add MANUAL - --slug agent-guide --title "Agent guide" --status active < guide.md
    """
    client = signed_in()
    content = options.text_from("FILE", file)
    if title is not None:
        content = f"---\ntitle: {json.dumps(title, ensure_ascii=False)}\nstatus: {status}\n---\n\n{content}"
    wish = {"folder": folder, "slug": slug, "content_md": content, "expected_revision": 0}
    added = client.post("/products" + path(the_product(client, product), "docs"), options.given(wish))
    _said(added, as_json)


@docs.command("list")
@_folder
@click.option("--status", help="Only docs of this status: draft, active, deprecated, archived.")
@click.option("--all", "include_disabled", is_flag=True, help="Folders that the product does not use, too.")
@options.of_product
@options.as_json
def list_(folder: str | None, status: str | None, include_disabled: bool, product: str | None, as_json: bool) -> None:
    """List a product's docs by folder and name.

    \b
    Example:
      ploeg docs list --folder ADR --status active
    """
    client = signed_in()
    wanted = {"folder": folder, "status": status, "include_disabled": "true" if include_disabled else None}
    items = client.get("/products" + path(the_product(client, product), "docs"), **wanted)["items"]
    if as_json:
        render.emit_json(items)
        return
    rows = [(_path(d), d["status"], d["revision"], render.ago(d["updated_at"]), d["title"]) for d in items]
    render.table(("doc", "status", "revision", "changed", "title"), rows, empty="no doc yet")


@docs.command()
@click.argument("doc", metavar="FOLDER/NAME")
@click.option("--revision", type=int, metavar="N", help="An older text of it.")
@options.of_product
@options.as_json
def show(doc: str, revision: int | None, product: str | None, as_json: bool) -> None:
    """Print a doc's text.

    \b
    Example:
      ploeg docs show ADR/use-sqlite
    """
    client = signed_in()
    found = client.get(_where(client, product, doc), revision=revision)
    if as_json:
        render.emit_json(found)
    else:
        render.say(render.harmless(found["content_md"].rstrip("\n"), lines=True))


@docs.command()
@click.argument("doc", metavar="FOLDER/NAME")
@click.argument("file")
@click.option("--expect", type=int, metavar="N", help="Refuse if the doc is no longer at this revision.")
@options.of_product
@options.as_json
def edit(doc: str, file: str, expect: int | None, product: str | None, as_json: bool) -> None:
    """Give a doc its next text from a file; `-` is standard input. Every older text is kept.

    \b
    Example:
      ploeg docs edit ADR/use-sqlite use-sqlite.md --expect 3
    """
    client = signed_in()
    wish = {"content_md": options.text_from("FILE", file)} | ({} if expect is None else {"expected_revision": expect})
    _said(client.put(_where(client, product, doc), wish), as_json)


@docs.command()
@click.argument("query", nargs=-1, required=True)
@_folder
@click.option("--limit", type=click.IntRange(1, 50), default=10, show_default=True, help="At most so many docs.")
@click.option("--archived", is_flag=True, help="Archived docs, too.")
@options.of_product
@options.as_json
def search(
    query: tuple[str, ...], folder: str | None, limit: int, archived: bool, product: str | None, as_json: bool
) -> None:
    """Search the text of a product's docs: words, "a phrase", one or other, -without.

    \b
    Example:
      ploeg docs search invoice -- -draft
    """
    client = signed_in()
    wanted = {"query": " ".join(query), "folder": folder, "limit": limit}
    wanted |= {"include_archived": "true"} if archived else {}
    items = client.get("/products" + path(the_product(client, product), "docs", "search"), **wanted)["items"]
    if as_json:
        render.emit_json(items)
        return
    rows = [(_path(hit), hit["heading"], hit["snippet"]) for hit in items]
    render.table(("doc", "section", "text"), rows, empty="nothing found")


@docs.command()
@click.argument("doc", metavar="FOLDER/NAME")
@options.of_product
@options.as_json
def links(doc: str, product: str | None, as_json: bool) -> None:
    """Show where a doc's links lead, and which docs link to it.

    \b
    Example:
      ploeg docs links ADR/use-sqlite
    """
    client = signed_in()
    found = client.get(_where(client, product, doc) + "/links")
    if as_json:
        render.emit_json(found)
        return
    rows = [("to", _path(link["doc"]), link["href"]) for link in found["forward"]]
    rows += [("from", _path(link["doc"]), link["href"]) for link in found["backward"]]
    rows += [(link["state"], " or ".join(link["choices"]), link["href"]) for link in found["broken"]]
    render.table(("leads", "doc", "as written"), rows, empty="no links")


def _where(client: Client, product: str | None, doc: str) -> str:
    folder, slash, slug = doc.partition("/")
    if not (folder and slash and slug):
        raise click.BadParameter("write it as FOLDER/NAME, e.g. ADR/use-sqlite", param_hint="DOC")
    return "/products" + path(the_product(client, product), "docs", folder, slug)


def _path(doc: dict[str, Any]) -> str:
    return f"{doc['folder']}/{doc['slug']}"


def _said(written: dict[str, Any], as_json: bool) -> None:
    if as_json:
        render.emit_json(written)
    elif written["noop"]:
        render.say(f"{_path(written)} has that text already (revision {written['revision']})")
    else:
        render.say(f"{_path(written)} {'added' if written['created'] else 'changed'} (revision {written['revision']})")
