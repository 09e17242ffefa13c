"""`ploeg pr`: pull requests, what is said about them, and what becomes of that."""

from __future__ import annotations

from typing import Any

import click

from ploeg.cli import options, render
from ploeg.cli.client import path
from ploeg.cli.session import signed_in

_instruction = click.option("-m", "--instruction", metavar="TEXT", help="What the agent is to know besides.")
_runtime = click.option("--runtime", metavar="NAME", help="The agent, in place of the product's choice.")
_model = click.option("--model", metavar="NAME", help="The agent's model, in place of the product's choice.")


@click.group()
def pr() -> None:
    """Pull requests: how they stand, what was said about them, and what becomes of that.

    One is named by its product and number (`demo#7`), or by the story or job whose work it shows.

    \b
    Example:
      ploeg pr show ST-3
    """


@pr.command("list")
@click.option("--status", type=click.Choice(("open", "merged", "closed")), help="Only those.")
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True, help="At most this many.")
@options.of_product
@options.as_json
def list_(status: str | None, limit: int, product: str | None, as_json: bool) -> None:
    """List the pull requests that Ploeg follows, the newest first.

    \b
    Example:
      ploeg pr list --status open
    """
    found = signed_in().get("/pull-requests", status=status, product=product, limit=limit)["items"]
    if as_json:
        render.emit_json(found)
        return
    rows = [
        (_name(p), p["status"] or "new", _checks(p), p["story"] or "", p["open_remarks"] or "", p["title"] or p["url"])
        for p in found
    ]
    render.table(("pr", "status", "checks", "story", "remarks", "title"), rows, empty="no pull request")


@pr.command()
@click.argument("pr")
@options.as_json
def add(pr: str, as_json: bool) -> None:
    """Look at a pull request that somebody else opened, for an agent to review it.

    \b
    Example:
      ploeg pr add demo#12
    """
    added = signed_in().post("/pull-requests", {"pull_request": pr})
    _show(added, as_json, said=f"{_name(added)} is looked at; then `ploeg pr review {_name(added)}`")


@pr.command()
@click.argument("pr")
@options.as_json
def show(pr: str, as_json: bool) -> None:
    """Show a pull request, with all that was said about it.

    \b
    Example:
      ploeg pr show demo#7
    """
    _show(signed_in().get("/pull-requests" + path(pr)), as_json)


@pr.command("follow-up")
@click.argument("pr")
@_instruction
@_runtime
@_model
@options.as_json
def follow_up(pr: str, instruction: str | None, as_json: bool, **config: Any) -> None:
    """Queue a job on its branch that answers what was said.

    \b
    Example:
      ploeg pr follow-up demo#7 -m "Leave the name as it is."
    """
    _queue(pr, "follow-ups", instruction, config, as_json)


@pr.command()
@click.argument("pr")
@_instruction
@_runtime
@_model
@options.as_json
def review(pr: str, instruction: str | None, as_json: bool, **config: Any) -> None:
    """Queue a review by an agent; its verdict goes to the forge.

    \b
    Example:
      ploeg pr review ST-3
    """
    _queue(pr, "reviews", instruction, config, as_json)


@pr.command()
@click.argument("pr")
@click.argument("remark", nargs=-1)
@options.as_json
def dismiss(pr: str, remark: tuple[str, ...], as_json: bool) -> None:
    """Say that open remarks need no answer: those that are named, or all.

    \b
    Example:
      ploeg pr dismiss demo#7
    """
    shown = signed_in().post("/pull-requests" + path(pr, "dismissal"), {"remarks": list(remark)})
    _show(shown, as_json, said=f"{_name(shown)}: {shown['open_remarks'] or 'no'} open remarks are left")


@pr.command()
@click.argument("pr")
@options.as_json
def look(pr: str, as_json: bool) -> None:
    """Have the server ask its forge now how it stands.

    \b
    Example:
      ploeg pr look demo#7
    """
    shown = signed_in().post("/pull-requests" + path(pr, "look"))
    _show(shown, as_json, said=f"{_name(shown)} is looked at")


def _queue(pr: str, what: str, instruction: str | None, config: dict[str, Any], as_json: bool) -> None:
    wish = options.given({"instruction": instruction, "config": options.given(config) or None})
    job = signed_in().post("/pull-requests" + path(pr, what), wish)
    if as_json:
        render.emit_json(job)
    else:
        render.say(f"{job['code']} queued")


def _show(pr: dict[str, Any], as_json: bool, said: str | None = None) -> None:
    if as_json:
        render.emit_json(pr)
    elif said:
        render.say(render.harmless(said))
    else:
        render.record(
            [
                ("pr", _name(pr)),
                ("title", pr["title"]),
                ("page", pr["url"]),
                ("status", (pr["status"] or "not looked at yet") + (", a draft" if pr["draft"] else "")),
                ("branch", f"{pr['branch']} to {pr['base']}, at {pr['head_sha'][:12]}" if pr["head_sha"] else None),
                ("checks", _checks(pr) or None),
                ("conflicts", f"with {pr['base']}" if pr["mergeable"] is False else None),
                ("story", pr["story"]),
                ("looked at", render.ago(pr["looked_at"]) or None),
                ("trouble", pr["reason"]),
                ("waits", pr["waits"]),
                *((f"{r['state']} {r['kind']}", _remark(r)) for r in pr["remarks"]),
            ]
        )


def _remark(remark: dict[str, Any]) -> str:
    line = f" line {remark['line']}" if remark["line"] else ""
    where = f" on {remark['path']}{line}" if remark["path"] else ""
    who = f"{remark['author']}{where}" + ("" if remark["trusted"] else " (may not steer)") if remark["author"] else ""
    told = f"{who}: {remark['text']}" if who else str(remark["text"])
    return f"{told}\n[{remark['id']}]" + (f" {remark['job']}" if remark["job"] else "")


def _checks(pr: dict[str, Any]) -> str:
    return "" if pr["checks"] == "none" else str(pr["checks"])


def _name(pr: dict[str, Any]) -> str:
    return f"{pr['product']}#{pr['number']}"
