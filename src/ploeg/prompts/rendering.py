"""Renders a kind's prompt from its assignment and the tool registry.

A prompt names a tool only through `call`, which refuses a tool that the kind may not use and an argument that the
tool does not take. Text from a backlog stands between marks that it cannot forge, since they carry a random word.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined

from ploeg.domain.kinds import kind_named
from ploeg.tools.declaration import Tool
from ploeg.tools.registry import tools_for
from ploeg.wire.assignment import Assignment, RemarkOut

Mode = Literal["start", "follow_up", "resume", "answered", "remind", "repair"]

TEMPLATES = Environment(
    loader=PackageLoader("ploeg.prompts"),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 - Markdown for a model, not HTML for a browser
    keep_trailing_newline=True,
)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a runtime gives to its agent."""

    system: str
    prompt: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What a pull request changes that is to be reviewed."""

    #: Each path with its added and removed lines.
    files: tuple[str, ...]
    diff: str
    #: The diff is longer than what is shown.
    cut: bool


def render(
    assignment: Assignment,
    *,
    resumed: bool = False,
    last_words: str | None = None,
    places: Mapping[str, str] | None = None,
    changes: Changes | None = None,
) -> Prompt:
    """The prompts of that assignment. `resumed`: the work of an earlier attempt is in the working directory.

    `last_words` are of an earlier conversation that the agent does not have any more; `places` are where the
    repositories of further products stand, and `changes` those of the pull request that is reviewed.
    """
    kind = kind_named(assignment.kind)
    mark = _Mark(secrets.token_hex(4))
    values = _values(assignment) | {
        "mode": _mode(assignment, resumed),
        "last_words": last_words,
        "places": places or {},
        "changes": changes or Changes((), "", cut=False),
        "call": caller(tools_for(kind)),
        "data": mark.around,
        "fenced": fenced,
    }
    system = TEMPLATES.get_template("system.md.j2").render(
        opening=mark.opening,
        closing=mark.closing,
        guide=assignment.guide.strip(),
        pushes=kind.pushes,
        asks="ask_user_question" in kind.tools,
    )
    prompt = TEMPLATES.get_template(f"{kind.name.lower()}.md.j2").render(values)
    return Prompt(system=system, prompt=prompt)


def _mode(assignment: Assignment, resumed: bool) -> Mode:
    if assignment.reminder:
        return "remind"
    if assignment.refusal is not None:
        return "repair"
    if assignment.follows is not None and assignment.attempt_number == 1:
        return "follow_up"
    if not resumed:
        return "start"
    return "answered" if assignment.asked else "resume"


def fenced(text: str) -> str:
    """As a code block whose fence is longer than any in the text."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


class _Mark:
    """What stands around text from a backlog."""

    def __init__(self, word: str) -> None:
        self.opening = f"«data {word} …»"
        self.closing = f"«end {word}»"
        self._word = word

    def around(self, what: str, text: str) -> str:
        return f"\n«data {self._word} {what}»\n{text.strip()}\n{self.closing}"


def caller(tools: Iterable[Tool]) -> Callable[..., str]:
    """What a template writes its tool calls with; it knows these tools and no others."""
    offered = {tool.name: tool for tool in tools}

    def call(name: str, **arguments: object) -> str:
        """The call as a person would write it, e.g. `update_task_status(task_id=…, status="done")`."""
        known = offered[name].arguments.model_fields
        assert arguments.keys() <= known.keys(), f"{name} takes {', '.join(known)}"
        written = ", ".join(
            f"{argument}={json.dumps(value, ensure_ascii=False)}" for argument, value in arguments.items()
        )
        return f"`{name}({written})`"

    return call


def _values(assignment: Assignment) -> dict[str, Any]:
    task, story, pbi, product = assignment.task, assignment.story, assignment.pbi, assignment.product
    idea = assignment.idea
    return {
        "job_id": assignment.job_id,
        "job_code": assignment.job_code,
        "task_id": task.id if task else "",
        "story_id": story.id if story else None,
        "branch": assignment.branch,
        "commit_prefix": story.code if story else None,
        "verify_commands": assignment.config.verify_commands,
        "verify_only": task.verify_only if task else False,
        "verify_required": task.verify_required if task else None,
        "product_id": product.id,
        "product_name": product.name,
        "definition_of_done": product.definition_of_done,
        "pbi": f"{pbi.code}: {pbi.title}" if pbi else None,
        "story": _described(story.code, story.title, story.description, story.acceptance_criteria) if story else None,
        "task": _described(task.code, task.title, task.description) if task else "",
        "plan": task.implementation_plan if task else "",
        "instruction": assignment.instruction,
        "follows": assignment.follows,
        "asked": assignment.asked,
        "refusal": assignment.refusal,
        "sprint": assignment.sprint,
        "executions": assignment.executions,
        "described": lambda item: _described(item.code, item.title, item.description, item.acceptance_criteria),
        "doc_index": assignment.doc_index,
        "remarks": [(_about(remark), remark.text) for remark in assignment.remarks],
        "pull": assignment.pull,
        "said_before": [(_about(remark), remark.text) for remark in assignment.pull.remarks] if assignment.pull else [],
        "idea": idea,
        "idea_text": _described(idea.code, idea.title, idea.description) if idea else "",
    }


def _about(remark: RemarkOut) -> str:
    """What a remark is, on one line."""
    said = f"{remark.kind} of {remark.author}" if remark.author else remark.kind
    verdict = f", {remark.verdict}" if remark.verdict else ""
    where = f", about {remark.path}{f' line {remark.line}' if remark.line else ''}" if remark.path else ""
    return " ".join(f"{said}{verdict}{where}".split())[:300]


def _described(code: str, title: str, description: str | None, acceptance_criteria: str | None = None) -> str:
    parts = [f"{code}: {title}", description or ""]
    if acceptance_criteria:
        parts += ["Acceptance criteria:", acceptance_criteria]
    return "\n\n".join(part.strip() for part in parts if part.strip())
