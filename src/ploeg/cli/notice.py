"""`ploeg notice`: where you are told what needs you, and what you were told."""

from __future__ import annotations

from typing import Any

import click

from ploeg.cli import options, render
from ploeg.cli.client import path
from ploeg.cli.session import signed_in

_KINDS = ("ntfy", "mail", "slack", "webhook")
_TIMING = (
    click.option(
        "--topic",
        "topics",
        multiple=True,
        metavar="TOPIC",
        help="Tell of this, e.g. job.failed or worker.*; repeatable.",
    ),
    click.option(
        "--only-mine/--everybodys",
        default=None,
        help="Of jobs, runs and pull requests only those whose work you asked for, or everybody's.",
    ),
    click.option("--quiet", metavar="HOURS", help="Send nothing then, e.g. 22:00-07:00; it comes together afterwards."),
    click.option("--time-zone", metavar="ZONE", help="Whose clocks the quiet hours go by, e.g. Europe/Amsterdam."),
    click.option(
        "--digest", "digest_minutes", type=click.IntRange(0), metavar="MINUTES", help="Collect for so long; 0: don't."
    ),
)


def _timing(command: Any) -> Any:
    for option in reversed(_TIMING):
        command = option(command)
    return command


@click.group()
def notice() -> None:
    """Notices: where you are told what needs you, and what you were told.

    \b
    Example:
      ploeg notice add phone --kind ntfy
    """


@notice.command()
@click.argument("name")
@click.option("--kind", type=click.Choice(_KINDS), required=True, help="What it is.")
@click.option("--to", metavar="WHERE", help="Its URL or mail address; asked for, unseen, if it is not given.")
@click.option("--token-file", metavar="FILE", help="Token of the ntfy server; - is standard input.")
@_timing
@options.as_json
def add(kind: str, to: str | None, token_file: str | None, as_json: bool, **fields: Any) -> int:
    """Be told somewhere. A message is sent there at once, to see whether it arrives.

    Who knows the URL of a Slack webhook or of a topic may use it: leave out --to, and you are asked for it.

    \b
    Example:
      ploeg notice add mail --kind mail --to ada@example.org --quiet 22:00-07:00
    """
    where = to if to is not None else click.prompt("where to", hide_input=kind != "mail", err=True)
    token = options.text_from("--token-file", token_file).strip() if token_file else None
    client = signed_in()
    made = client.post("/notices/receivers", options.given({**fields, "kind": kind, "to": where, "token": token}))
    trial = client.post(path("notices", "receivers", made["id"]) + "/trial")
    if as_json:
        render.emit_json(made | {"trial": trial})
        return _code(trial)
    if made["secret"]:
        render.say(f"{made['name']} signs what it sends; the secret to check it with is shown only now:", err=True)
        render.say(made["secret"])
    return _tried(made["name"], trial)


@notice.command("list")
@options.as_json
def list_(as_json: bool) -> None:
    """List where you are told, and whether it gets there.

    \b
    Example:
      ploeg notice list
    """
    found = signed_in().get("/notices/receivers")["items"]
    if as_json:
        render.emit_json(found)
        return
    rows = [
        (
            each["name"],
            each["kind"],
            each["shown"],
            "the installation" if each["installed"] else "you",
            each["quiet"],
            f"{each['digest_minutes']} min" if each["digest_minutes"] else "",
            render.ago(each["sent_at"]),
            f"{each['trouble']}: {each['reason']}" if each["trouble"] else "fine",
        )
        for each in found
    ]
    headings = ("name", "kind", "to", "whose", "quiet", "digest", "arrived", "state")
    render.table(headings, rows, empty="you are told nowhere; see `ploeg notice add`")


@notice.command()
@click.argument("name")
@options.as_json
def show(name: str, as_json: bool) -> None:
    """Show one receiver, with all that it is told of.

    \b
    Example:
      ploeg notice show phone
    """
    _show(signed_in().get(path("notices", "receivers", name)), as_json)


@notice.command()
@click.argument("name")
@_timing
@options.clear("topics", "quiet")
@options.as_json
def edit(name: str, clear: tuple[str, ...], as_json: bool, **fields: Any) -> None:
    """Change what a receiver is told, and when; what is not named stays.

    Where it leads stays too: for another place, add another receiver.

    \b
    Example:
      ploeg notice edit phone --topic 'question.*' --topic 'worker.*' --digest 30
    """
    changed = signed_in().patch(path("notices", "receivers", name), options.given(fields) | dict.fromkeys(clear))
    _show(changed, as_json)


@notice.command()
@click.argument("name")
@options.as_json
def remove(name: str, as_json: bool) -> None:
    """Be told there no more.

    \b
    Example:
      ploeg notice remove phone
    """
    removed = signed_in().delete(path("notices", "receivers", name))
    if as_json:
        render.emit_json(removed)
    else:
        render.say(f"{removed['name']} removed")


@notice.command()
@click.argument("name", required=False)
@options.as_json
def test(name: str | None, as_json: bool) -> int:
    """Send a message now, to one receiver or to all of them.

    It exits 1 when one does not arrive.

    \b
    Example:
      ploeg notice test phone
    """
    client = signed_in()
    names = [name] if name else [each["name"] for each in client.get("/notices/receivers")["items"]]
    trials = {each: client.post(path("notices", "receivers", each) + "/trial") for each in names}
    if as_json:
        render.emit_json([{"receiver": each, **trial} for each, trial in trials.items()])
        return max(map(_code, trials.values()), default=0)
    if not trials:
        render.complain("you are told nowhere; see `ploeg notice add`")
    return max([_tried(each, trial) for each, trial in trials.items()], default=1)


@notice.command()
@click.option("-n", "--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="How many.")
@options.as_json
def sent(limit: int, as_json: bool) -> None:
    """List what you were told, the newest first, and what waits to be sent.

    \b
    Example:
      ploeg notice sent -n 50
    """
    found = signed_in().get("/notices", limit=limit)["items"]
    if as_json:
        render.emit_json(found)
        return
    rows = [(render.ago(n["created_at"]), n["receiver"], n["state"], n["topic"], n["title"]) for n in found]
    render.table(("when", "to", "state", "topic", "notice"), rows, empty="nothing was told yet")


def _show(receiver: dict[str, Any], as_json: bool) -> None:
    if as_json:
        render.emit_json(receiver)
        return
    digest = receiver["digest_minutes"]
    render.record(
        [
            ("name", receiver["name"]),
            ("id", receiver["id"]),
            ("kind", receiver["kind"]),
            ("to", receiver["shown"]),
            ("told of", "\n".join(receiver["topics"])),
            ("whose work", "yours alone" if receiver["only_mine"] else "everybody's in your products"),
            ("quiet", f"{receiver['quiet']} {receiver['time_zone']}" if receiver["quiet"] else None),
            ("digest", f"collects for {digest} minutes" if digest else None),
            ("arrived", render.ago(receiver["sent_at"])),
            ("trouble", f"{receiver['trouble']}: {receiver['reason']}" if receiver["trouble"] else None),
            ("next try", receiver["due_at"] if receiver["trouble"] else None),
        ]
    )


def _tried(name: str, trial: dict[str, Any]) -> int:
    if trial["arrived"]:
        render.say(f"{name}: a message went out")
    else:
        render.complain(f"{name}: {trial['reason']} ({trial['trouble']})")
    return _code(trial)


def _code(trial: dict[str, Any]) -> int:
    return 0 if trial["arrived"] else 1
