"""What is said about an idea, and what is written into its log."""

from __future__ import annotations

from typing import Any

import click

from ploeg.cli import options, render
from ploeg.cli.client import Client, path
from ploeg.cli.session import signed_in

_about = click.option(
    "--about", "channel", type=click.Choice(("idea", "plan")), default="idea", show_default=True, help="The talk meant."
)


@click.command()
@click.argument("idea")
@click.argument("text")
@_about
@click.option("--wait", is_flag=True, help="Stay until the answer is there, and print it.")
@options.config
@options.as_json
def say(idea: str, text: str, channel: str, wait: bool, as_json: bool, **config: Any) -> int:
    """Say something about an idea or its plan; an agent answers, who reads the repository.

    \b
    Example:
      ploeg idea say IDEA-1 "Which pages would it touch?" --wait
    """
    client = signed_in()
    body = options.given({"text": text, "channel": channel, "config": options.pop_config(config) or None})
    said = client.post("/ideas" + path(idea, "messages"), body)
    if wait and said["job"]:
        return _answer(client, idea, channel, said["job"], as_json)
    if as_json:
        render.emit_json(said)
    elif said["job"]:
        render.say(f"{said['job']} will answer: `ploeg idea chat {idea} --about {channel}`")
    else:
        render.say("the agent at work now answers what was said before; this is answered next")
    return 0


@click.command()
@click.argument("idea")
@_about
@click.option("-n", "--limit", type=click.IntRange(1, 200), default=50, show_default=True, help="At most so many.")
@options.as_json
def chat(idea: str, channel: str, limit: int, as_json: bool) -> None:
    """Show what was said, oldest first.

    \b
    Example:
      ploeg idea chat IDEA-1
    """
    talk = signed_in().get("/ideas" + path(idea, "messages"), channel=channel, limit=limit)["items"]
    if as_json:
        render.emit_json(talk)
        return
    if not talk:
        render.say(f'nothing was said yet: `ploeg idea say {idea} "…"`', err=True)
    for message in talk:
        _print(message)
    for code, status in {message["job"]: message["job_status"] for message in talk if message["job"]}.items():
        if status not in {"done", "cancelled"}:
            render.say(f"({code}, which answers, is {render.status(status)})")


@click.command()
@click.argument("idea")
@click.option("--decision", metavar="TEXT", help="Write a decision down.")
@click.option("--note", metavar="TEXT", help="Write a note down.")
@options.as_json
def log(idea: str, decision: str | None, note: str | None, as_json: bool) -> None:
    """Show what was decided and done, or write a decision down or a note.

    \b
    Example:
      ploeg idea log IDEA-1 --decision "No theming beyond light and dark"
    """
    if decision is not None and note is not None:
        raise click.UsageError("give --decision or --note, not both")
    client, where = signed_in(), "/ideas" + path(idea, "log")
    written = decision if decision is not None else note
    if written is not None:
        entry = client.post(where, {"type": "DECISION" if decision is not None else "NOTE", "content": written})
        render.emit_json(entry) if as_json else render.say("noted")
        return
    lines = client.get(where)["items"]
    if as_json:
        render.emit_json(lines)
        return
    rows = [(render.ago(line["created_at"]), line["actor"], line["type"], _first(line["content"])) for line in lines]
    render.table(("when", "who", "what", "content"), rows, empty="nothing yet")


def _answer(client: Client, idea: str, channel: str, job: str, as_json: bool) -> int:
    from ploeg.cli.follow import until_ended

    ended = until_ended(client, job)
    talk = client.get("/ideas" + path(idea, "messages"), channel=channel)["items"]
    answers = [message for message in talk if message["job"] == job and message["author"] is None]
    if as_json:
        render.emit_json(answers)
    for message in answers if not as_json else []:
        _print(message)
    if not answers and not as_json:
        render.say(render.harmless(f"{job} is {ended['status']}: {ended['reason'] or 'it gave no answer'}"), err=True)
    return 0 if answers else 1


def _print(message: dict[str, Any]) -> None:
    render.say(render.harmless(f"{message['author'] or 'agent'}, {render.ago(message['created_at'])}:"))
    for line in render.harmless(message["text"], lines=True).splitlines():
        render.say(f"  {line}")


def _first(text: str) -> str:
    return text.strip().partition("\n")[0]
