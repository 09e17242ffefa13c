"""`ploeg question`: what agents ask people."""

from __future__ import annotations

from typing import Any

import click

from ploeg.cli import options, render
from ploeg.cli.client import path
from ploeg.cli.session import signed_in

STATUSES = ("open", "answered", "cancelled", "expired")


@click.group()
def question() -> None:
    """What agents ask people, and your answers.

    \b
    Example:
      ploeg question list
    """


@question.command("list")
@click.option("--status", multiple=True, type=click.Choice(STATUSES), help="Only those; repeatable.  [open]")
@click.option("--all", "every", is_flag=True, help="Those that are decided too.")
@click.option("--story", metavar="CODE", help="Only those about this story.")
@click.option("--idea", metavar="CODE", help="Only those about this idea.")
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True, help="At most this many.")
@options.of_product
@options.as_json
def list_(
    status: tuple[str, ...],
    every: bool,
    story: str | None,
    idea: str | None,
    limit: int,
    product: str | None,
    as_json: bool,
) -> None:
    """List the questions that wait for an answer, the newest first.

    \b
    Example:
      ploeg question list --all
    """
    wanted = status or (() if every else ("open",))
    given = {"status": wanted, "story": story, "idea": idea, "product": product, "limit": limit}
    found = signed_in().get("/questions", **given)["items"]
    if as_json:
        render.emit_json(found)
        return
    rows = [
        (q["code"], q["status"], q["job"], _about(q), render.ago(q["asked_at"]), _due(q), _first_line(q["question"]))
        for q in found
    ]
    headings = ("code", "status", "job", "about", "asked", "expires", "question")
    render.table(headings, rows, empty="no question" if every or status else "no open question")


@question.command()
@click.argument("question")
@options.as_json
def show(question: str, as_json: bool) -> None:
    """Show a question with its options, and its answer if it has one.

    \b
    Example:
      ploeg question show Q-3
    """
    _show(signed_in().get("/questions" + path(question)), as_json)


@question.command()
@click.argument("question")
@click.argument("answer")
@options.as_json
def answer(question: str, answer: str, as_json: bool) -> None:
    """Answer a question, in words or with the number of an option; its job goes on at once.

    \b
    Example:
      ploeg question answer Q-3 2
    """
    answered = signed_in().post("/questions" + path(question, "answer"), {"answer": answer})
    _show(answered, as_json, said=f"{answered['code']} answered: {answered['answer']}")


@question.command()
@click.argument("question")
@options.as_json
def cancel(question: str, as_json: bool) -> None:
    """Withdraw a question: its agent is told that nobody will answer.

    \b
    Example:
      ploeg question cancel Q-3
    """
    cancelled = signed_in().post("/questions" + path(question, "cancellation"))
    _show(cancelled, as_json, said=f"{cancelled['code']} cancelled")


def _show(question: dict[str, Any], as_json: bool, said: str | None = None) -> None:
    if as_json:
        render.emit_json(question)
    elif said:
        render.say(render.harmless(said))
    else:
        names = ("code", "product", "story", "idea", "task", "job", "status", "question")
        shown = [(name, question[name]) for name in names if name not in {"story", "idea"} or question[name]]
        shown += [("options", _options(question)), ("asked", render.ago(question["asked_at"]))]
        shown += [("expires", _due(question)), ("answer", question["answer"]), ("by", question["answered_by"])]
        render.record(shown)


def _options(question: dict[str, Any]) -> str:
    marks = {question["recommended"]: " (recommended)"}
    return "\n".join(f"{n}. {text}{marks.get(n, '')}" for n, text in enumerate(question["options"], 1))


def _about(question: dict[str, Any]) -> str:
    return str(question["story"] or question["idea"] or "")


def _due(question: dict[str, Any]) -> str:
    return render.ago(question["expires_at"]) if question["status"] == "open" else ""


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]
