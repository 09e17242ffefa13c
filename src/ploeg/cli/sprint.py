"""`ploeg sprint`: a goal, the stories planned to reach it, and the runs that work them off."""

from __future__ import annotations

from typing import Any

import click

from ploeg.cli import options, render, sprint_run
from ploeg.cli.client import path
from ploeg.cli.session import item, signed_in, the_product

STATUSES = ("open", "closed", "archived", "failed")
#: What people may set; a sprint fails by its stories.
SETTABLE = ("open", "closed", "archived")


@click.group()
def sprint() -> None:
    """Sprints: a goal, the stories planned to reach it, and their runs.

    \b
    Example:
      ploeg sprint add "Customers can pay" --story ST-001 --story ST-002
      ploeg sprint start S-2026-05-27-1
      ploeg sprint show
    """


def _days(command: options.Command) -> options.Command:
    for option in (
        click.option("--end", "end_date", metavar="DAY", help="Its last day, e.g. 2026-06-09."),
        click.option("--start", "start_date", metavar="DAY", help="Its first day, e.g. 2026-05-27."),
    ):
        command = option(command)
    return command


@sprint.command()
@click.argument("goal")
@click.option("--code", help="Its code; S-2026-05-27-1 and so on, if not given.")
@_days
@click.option("--story", "stories", multiple=True, metavar="CODE", help="Plan that story into it; repeatable.")
@options.of_product
@options.as_json
def add(product: str | None, as_json: bool, **fields: Any) -> None:
    """Add a sprint.

    \b
    Example:
      ploeg sprint add "Customers can pay" --story ST-001 --end 2026-06-09
    """
    client = signed_in()
    added = client.post("/products" + path(the_product(client, product), "sprints"), options.given(fields))
    _said(added, as_json, f"{added['code']} added")


@sprint.command("list")
@click.option("--status", multiple=True, type=click.Choice(STATUSES), help="Only those; repeatable.")
@options.of_product
@options.as_json
def list_(status: tuple[str, ...], product: str | None, as_json: bool) -> None:
    """List a product's sprints, the newest first.

    \b
    Example:
      ploeg sprint list --status open
    """
    client = signed_in()
    found = client.get("/products" + path(the_product(client, product), "sprints"), status=status)["items"]
    if as_json:
        render.emit_json(found)
        return
    rows = [
        (s["code"], s["status"], s["run_status"], f"{s['stories_done']} of {s['stories']}", s["end_date"], s["goal"])
        for s in found
    ]
    render.table(("code", "status", "run", "stories done", "ends", "goal"), rows, empty="no sprint yet")


@sprint.command()
@click.argument("sprint", required=False)
@options.of_product
@options.as_json
def show(sprint: str | None, product: str | None, as_json: bool) -> None:
    """Show a sprint: its stories, tasks and jobs, why it stands still, what to do next. Without a code: the newest one.

    \b
    Example:
      ploeg sprint show S-2026-05-27-1
    """
    from ploeg.cli.sprint_view import show_sprint

    client = signed_in()
    if sprint is None:
        product = the_product(client, product)
        found = client.get("/products" + path(product, "sprints"))["items"]
        if not found:
            raise click.UsageError(f"product {product} has no sprint yet; add one with `ploeg sprint add`")
        sprint = str(found[0]["id"])
    page = client.get(item("sprints", sprint, product))
    if as_json:
        render.emit_json(page)
    else:
        show_sprint(page)


@sprint.command()
@click.argument("sprint")
@click.option("--goal", metavar="TEXT", help="What is to be reached, in a line.")
@_days
@click.option("--status", type=click.Choice(SETTABLE), help="Closed and archived send back what is not done.")
@options.of_product
@options.as_json
def edit(sprint: str, product: str | None, as_json: bool, **fields: Any) -> None:
    """Change a sprint; what is not named stays.

    \b
    Example:
      ploeg sprint edit S-2026-05-27-1 --status closed
    """
    changed = signed_in().patch(item("sprints", sprint, product), options.given(fields))
    _said(changed, as_json, f"{changed['code']} changed: it is {changed['status']}")


@sprint.command()
@click.argument("sprint")
@click.argument("stories", nargs=-1, required=True)
@options.of_product
@options.as_json
def plan(sprint: str, stories: tuple[str, ...], product: str | None, as_json: bool) -> None:
    """Plan stories into a sprint. They are worked on in the order of the backlog.

    \b
    Example:
      ploeg sprint plan S-2026-05-27-1 ST-001 ST-002
    """
    page = signed_in().post(item("sprints", sprint, product) + "/stories", {"stories": list(stories)})
    _said(page, as_json, f"{page['code']} has {page['stories']} {'story' if page['stories'] == 1 else 'stories'}")


@sprint.command()
@click.argument("sprint")
@click.argument("stories", nargs=-1, required=True)
@options.of_product
@options.as_json
def unplan(sprint: str, stories: tuple[str, ...], product: str | None, as_json: bool) -> None:
    """Take stories out of a sprint, back to the backlog.

    \b
    Example:
      ploeg sprint unplan S-2026-05-27-1 ST-002
    """
    client = signed_in()
    where = item("sprints", sprint, product)
    for story in stories:
        page = client.delete(where + "/stories" + path(story))
    _said(page, as_json, f"{page['code']} has {page['stories']} {'story' if page['stories'] == 1 else 'stories'}")


for command in sprint_run.COMMANDS:
    sprint.add_command(command)


def _said(page: dict[str, Any], as_json: bool, said: str) -> None:
    if as_json:
        render.emit_json(page)
    else:
        render.say(said)
