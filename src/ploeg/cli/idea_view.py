"""How an idea and the flaws of a plan look on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ploeg.cli import render

#: What an idea's owner does next that belongs to no product, so that no agent can work on it.
_WITHOUT_PRODUCT = ("ploeg idea edit {code} -p PRODUCT",)
#: What an idea's owner can do next, by its status.
_NEXT = {
    "DRAFT": ("ploeg idea grill {code}", "ploeg idea go {code} --until sprint"),
    "GRILL_FAILED": ("ploeg idea grill {code}",),
    "GRILLED": ("ploeg idea plan {code}",),
    "PLAN_FAILED": ("ploeg idea plan {code}", "ploeg idea show {code} --plan"),
    "PLAN_READY": ("ploeg idea review {code}", "ploeg idea materialise {code}"),
    "PLAN_REVIEW_FAILED": ("ploeg idea plan {code}", "ploeg idea review {code} --approve WHY"),
    "PLAN_REVIEWED": ("ploeg idea materialise {code}",),
    "PLANNED": ("ploeg backlog pbi show {pbi}",),
}


def show_idea(idea: dict[str, Any]) -> None:
    """All of an idea but its texts, which have flags of their own."""
    way = f"{idea['status']}, on its way to {idea['until']}" if idea["until"] else idea["status"]
    render.record(
        [
            ("idea", f"{idea['code']}  {idea['title']}"),
            ("owner", idea["owner"] + ("" if idea["shared"] else ", who alone sees it")),
            ("product", ", ".join(filter(None, [idea["product"], *idea["products"]]))),
            ("status", way + (", archived" if idea["archived_at"] else "")),
            ("jobs", ", ".join(idea["jobs"])),
            ("item", idea["pbi"]),
            ("description", idea["description"]),
            ("report", _size(idea, "grill_md", "grill")),
            ("plan", _plan(idea)),
            ("review", _review(idea["review_log"])),
        ]
    )
    _findings(idea["review_log"])
    if idea["flaws"]:
        render.say()
        show_flaws(idea["flaws"])
    for question in idea["questions"]:
        _ask(question)
    _log(idea["log"])
    _next(idea)


def show_flaws(flaws: Sequence[dict[str, Any]]) -> None:
    """What keeps a text from being a plan, with the place of each flaw."""
    many = f"{len(flaws)} things" if len(flaws) > 1 else "one thing"
    render.say(f"this is no plan yet; mend {many}:")
    wide = max(len(str(flaw["line"])) for flaw in flaws)
    for flaw in flaws:
        where = render.harmless(f"{flaw['field']}: " if flaw["field"] else "")
        render.say(f"  line {flaw['line']:>{wide}}  {where}{render.harmless(flaw['remedy'])}")


def _size(idea: dict[str, Any], field: str, flag: str) -> str | None:
    text = idea[field]
    return f"{len(text.splitlines())} lines: ploeg idea show {idea['code']} --{flag}" if text else None


def _plan(idea: dict[str, Any]) -> str | None:
    """Its stories with their tasks below them."""
    size = _size(idea, "plan_md", "plan")
    if not idea["outline"] or size is None:
        return size
    lines = [size]
    for story in idea["outline"]:
        lines += [story["title"], *(f"  {task}" for task in story["tasks"])]
    return "\n".join(lines)


def _review(log: dict[str, Any] | None) -> str | None:
    if not log:
        return None
    rounds = len(log["rounds"])
    count = f" (round {rounds})" if rounds > 1 else ""
    return f"{log['verdict'].replace('_', ' ')}{count}: {log['summary']}"


def _findings(log: dict[str, Any] | None) -> None:
    """Those of the last round."""
    for finding in log["rounds"][-1]["findings"] if log else ():
        grave = f"{finding['severity']}: " if finding.get("severity") else ""
        where = f" ({finding['where']})" if finding.get("where") else ""
        render.say(render.harmless(f"  - {grave}{finding['problem']}{where}", lines=True))


def _ask(question: dict[str, Any]) -> None:
    """An open question with its options, and how to answer it."""
    render.say()
    render.say(render.harmless(f"{question['code']} asks: {question['question']}", lines=True))
    for number, option in enumerate(question["options"], 1):
        mark = " (recommended)" if number == question["recommended"] else ""
        render.say(render.harmless(f"  {number}. {option}{mark}"))
    render.say(f"  answer with: ploeg question answer {question['code']} …")


def _log(lines: Sequence[dict[str, Any]]) -> None:
    if lines:
        render.say()
        rows = [(render.ago(each["created_at"]), each["type"], each["content"].partition("\n")[0]) for each in lines]
        render.table(("when", "what", "content"), rows, empty="")


def _next(idea: dict[str, Any]) -> None:
    ways = _NEXT.get(idea["status"], ()) if idea["product"] else _WITHOUT_PRODUCT
    steps = ways if not idea["archived_at"] and not idea["until"] else ()
    if steps:
        render.say()
        render.say("next: " + "  or  ".join(step.format(**idea) for step in steps))
