"""`ploeg idea`: from a line to sprint-ready work."""

from __future__ import annotations

from typing import Any

import click

from ploeg.cli import options, render
from ploeg.cli.client import path
from ploeg.cli.lazy import LazyGroup
from ploeg.cli.session import only_product, signed_in

until = click.option(
    "--until",
    type=click.Choice(("plan", "review", "backlog", "sprint")),
    help="Go on by itself, as far as this; questions still come to you.",
)


@click.group(
    cls=LazyGroup,
    lazy={
        "add": ("ploeg.cli.idea:add", "Write an idea down, or send it on its way at once."),
        "list": ("ploeg.cli.idea:list_", "List your ideas, and those shared with your products."),
        "show": ("ploeg.cli.idea:show", "Show an idea: where it stands, what there is of it, and what is next."),
        "edit": ("ploeg.cli.idea:edit", "Change an idea's title, description or product."),
        "products": ("ploeg.cli.idea:products", "Say which further products an idea touches."),
        "share": ("ploeg.cli.idea:share", "Show an idea to the members of its product."),
        "archive": ("ploeg.cli.idea:archive", "Put an idea away."),
        "grill": ("ploeg.cli.idea_steps:grill", "Have an agent ask until the idea is clear, or write the report."),
        "plan": ("ploeg.cli.idea_steps:plan", "Have an agent plan it, or hand in a plan of your own."),
        "review": ("ploeg.cli.idea_steps:review", "Have another agent judge the plan, or judge it yourself."),
        "materialise": ("ploeg.cli.idea_steps:materialise", "Make a backlog item with stories and tasks of the plan."),
        "go": ("ploeg.cli.idea_steps:go", "Send an idea on its way from where it stands."),
        "say": ("ploeg.cli.idea_talk:say", "Say something about an idea or its plan; an agent answers."),
        "chat": ("ploeg.cli.idea_talk:chat", "Show what was said."),
        "log": ("ploeg.cli.idea_talk:log", "Show what was decided and done, or write a decision down."),
    },
)
def idea() -> None:
    """Ideas: grilled, planned, reviewed, then made into backlog.

    An idea is yours alone until you share it. IDEA-3 is your own; ada:IDEA-3 is one that ada shares.

    \b
    Example:
      ploeg idea add "Dark mode" --product shop
      ploeg idea grill IDEA-1
      ploeg idea plan IDEA-1
      ploeg idea materialise IDEA-1
    """


@click.command()
@click.argument("title")
@click.option("--description", metavar="TEXT", help="What you have in mind.")
@click.option("-p", "--product", metavar="CODE", help="The product; the only one, if there is just one.")
@until
@options.config
@options.as_json
def add(title: str, product: str | None, until: str | None, as_json: bool, **fields: Any) -> None:
    """Write an idea down, or send it on its way at once: --until says how far it goes by itself.

    No agent can work on an idea without a product. Where there are several, name one now or later.

    \b
    Example:
      ploeg idea add "Dark mode" -p shop --until sprint
    """
    layer = options.pop_config(fields)
    job = {"job": {"config": layer}} if layer else {}
    client = signed_in()
    wanted = {"title": title, "product": product or only_product(client), "until": until, **fields}
    started = client.post("/ideas", options.given(wanted) | job)
    if as_json:
        render.emit_json(started)
        return
    code, queued = started["idea"]["code"], started["job"]
    if queued:
        render.say(f"{code} added; {queued['code']} is on its way to {until}: `ploeg job logs {queued['code']} -f`")
    elif started["idea"]["product"]:
        render.say(f"{code} added; next: `ploeg idea grill {code}`")
    else:
        render.say(f"{code} added; give it a product before an agent can work on it: `ploeg idea edit {code} -p …`")


@click.command()
@click.option("--status", multiple=True, metavar="STATUS", help="Only those, e.g. GRILLED; repeatable.")
@click.option("--archived", is_flag=True, help="Those put away too.")
@click.option("-p", "--product", metavar="CODE", help="Only those of this product.")
@click.option("-n", "--limit", type=click.IntRange(1, 200), default=50, show_default=True, help="At most so many.")
@options.as_json
def list_(status: tuple[str, ...], archived: bool, product: str | None, limit: int, as_json: bool) -> None:
    """List your ideas, and those shared with your products, the newest first.

    \b
    Example:
      ploeg idea list --status PLAN_READY
    """
    wanted = {"status": status, "archived": archived or None, "product": product, "limit": limit}
    found = signed_in().get("/ideas", **wanted)["items"]
    if as_json:
        render.emit_json(found)
        return
    rows = [
        (i["code"], i["owner"], i["product"], i["status"], ", ".join(i["jobs"]), i["pbi"], i["title"]) for i in found
    ]
    render.table(("code", "owner", "product", "status", "jobs", "item", "title"), rows, empty="no idea yet")


@click.command()
@click.argument("idea")
@click.option("--grill", "text", flag_value="grill_md", help="Print the grill report alone.")
@click.option("--plan", "text", flag_value="plan_md", help="Print the plan alone, ready to be handed in again.")
@options.as_json
def show(idea: str, text: str | None, as_json: bool) -> None:
    """Show an idea: where it stands, what there is of it, and what is next.

    \b
    Example:
      ploeg idea show IDEA-1 --plan > plan.md
    """
    from ploeg.cli.idea_view import show_idea

    shown = signed_in().get("/ideas" + path(idea))
    if as_json:
        render.emit_json(shown)
    elif text:
        render.document(shown[text] or "")
    else:
        show_idea(shown)


@click.command()
@click.argument("idea")
@click.option("--title", metavar="TEXT")
@click.option("--description", metavar="TEXT")
@click.option("-p", "--product", metavar="CODE", help="The product that it is for.")
@options.as_json
def edit(idea: str, as_json: bool, **fields: Any) -> None:
    """Change an idea's title, description or product; what is not named stays.

    \b
    Example:
      ploeg idea edit IDEA-1 -p shop
    """
    changed = signed_in().patch("/ideas" + path(idea), options.given(fields))
    _said(changed, as_json, f"{changed['code']} changed")


@click.command()
@click.argument("idea")
@click.argument("products", nargs=-1)
@options.as_json
def products(idea: str, products: tuple[str, ...], as_json: bool) -> None:
    """Say which further products an idea touches, all of them at once; none takes them away.

    \b
    Example:
      ploeg idea products IDEA-1 app website
    """
    changed = signed_in().patch("/ideas" + path(idea), {"products": list(products)})
    _said(changed, as_json, f"{changed['code']} touches {', '.join(products) or 'no further product'}")


@click.command()
@click.argument("idea")
@click.option("--stop", is_flag=True, help="Make it yours alone again.")
@options.as_json
def share(idea: str, stop: bool, as_json: bool) -> None:
    """Show an idea to the members of its product, who may work on it, and to its viewers.

    \b
    Example:
      ploeg idea share IDEA-1
    """
    client, where = signed_in(), "/ideas" + path(idea, "sharing")
    changed = client.delete(where) if stop else client.put(where)
    said = "is yours alone" if stop else f"is shared with the members of {changed['product']}"
    _said(changed, as_json, f"{changed['code']} {said}")


@click.command()
@click.argument("idea")
@click.option("--restore", is_flag=True, help="Take it out again.")
@options.as_json
def archive(idea: str, restore: bool, as_json: bool) -> None:
    """Put an idea away.

    \b
    Example:
      ploeg idea archive IDEA-1
    """
    client, where = signed_in(), "/ideas" + path(idea, "archival")
    changed = client.delete(where) if restore else client.put(where)
    _said(changed, as_json, f"{changed['code']} {'restored' if restore else 'archived'}")


def _said(idea: dict[str, Any], as_json: bool, said: str) -> None:
    if as_json:
        render.emit_json(idea)
    else:
        render.say(render.harmless(said))
