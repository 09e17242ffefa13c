"""The plan document: what an idea becomes, as one backlog item with its stories and their tasks.

Whoever reads the document's text hands it in as nodes that know their line, so that every flaw can say where it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias, TypeVar

from ploeg.domain.backlog import Priority
from ploeg.domain.gate import VerifyRequired

TITLE_MAX = 200
PROSE_MAX = 4000
#: Characters of one task's implementation plan.
IMPLEMENTATION_PLAN_MAX = 8000
STORIES_MAX = 50
#: Of one story.
TASKS_MAX = 50

#: Steps whose outcome decides which files are touched, so that no list of paths can be complete.
_EXPLORES = re.compile(
    r"\b(?:(?:find|list|identify|locate|track down) (?:all|any|each|every|out|where|which|what|the)"
    r"|search (?:for|the|all)|look (?:for|up)|grep|ripgrep|rg|explor(?:e|es|ing|ation)|investigat(?:e|es|ing|ion)"
    r"|discover|take stock|determine (?:which|where|what))\b",
    re.IGNORECASE,
)
_NEVER = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the document and the line that it begins on; a text stays as it was written."""

    line: int
    value: str | Sequence[Node] | Mapping[str, Node]


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong in one place."""

    #: From 1, in the whole text.
    line: int
    #: `stories[2].tasks[1].title`, counted from 1; empty for the document as a whole.
    field: str
    remedy: str

    def __str__(self) -> str:
        return f"line {self.line}: {f'{self.field}: ' if self.field else ''}{self.remedy}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTask:
    title: str
    implementation_plan: str
    description: str | None = None
    verify_required: VerifyRequired = VerifyRequired.ALIGNED_OR_PARTIAL
    verify_only: bool = False

    @property
    def required(self) -> VerifyRequired:
        """`ALIGNED` would refuse honest work where the plan says to look first: nobody knows its paths up front."""
        if self.verify_required is VerifyRequired.ALIGNED and explores(self.implementation_plan):
            return VerifyRequired.ALIGNED_OR_PARTIAL
        return self.verify_required


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStory:
    title: str
    #: Its tasks have the same.
    priority: Priority = Priority.NORMAL
    description: str | None = None
    acceptance_criteria: str | None = None
    tasks: tuple[PlannedTask, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    title: str
    priority: Priority = Priority.NORMAL
    description: str | None = None
    stories: tuple[PlannedStory, ...] = ()
    #: What the document says below its front matter: assumptions, risks, what was left out.
    body: str = ""

    @property
    def counts(self) -> dict[str, int]:
        return {"stories": len(self.stories), "tasks": sum(len(story.tasks) for story in self.stories)}


def explores(plan: str) -> bool:
    """Some step of the plan finds out what there is."""
    return _EXPLORES.search(plan) is not None


def read_plan(root: Node, body: str = "") -> tuple[Plan | None, list[Flaw]]:
    """The plan that the document holds, or every flaw that keeps it from being one, in the order of their lines."""
    reader = _Reader()
    plan = reader.plan(root, body)
    flaws = sorted(reader.flaws, key=lambda flaw: flaw.line)
    return (None, flaws) if flaws else (plan, [])


Fields: TypeAlias = Mapping[str, Node]
Choice = TypeVar("Choice", bound=Enum)
Planned = TypeVar("Planned", PlannedStory, PlannedTask)


class _Reader:
    """Reads on after a flaw, with a stand-in, so that one reading finds all of them."""

    def __init__(self) -> None:
        self.flaws: list[Flaw] = []

    def plan(self, root: Node, body: str) -> Plan:
        fields = self._fields(root, "", ("pbi", "stories"))
        if not isinstance(root.value, Mapping):
            return Plan(title="")
        item = fields.get("pbi")
        if item is None:
            self._flaw(root.line, "pbi", "say what the backlog item is: a title, a description, a priority")
        pbi = self._fields(item, "pbi", ("title", "description", "priority")) if item is not None else {}
        at = item.line if item is not None else root.line
        return Plan(
            title=self._title(pbi, at, "pbi") if item is not None else "",
            description=self._prose(pbi, "pbi", "description"),
            priority=self._priority(pbi, "pbi"),
            stories=self._each(fields, root.line, "stories", STORIES_MAX, self._story),
            body=body.strip(),
        )

    def _story(self, node: Node, path: str) -> PlannedStory:
        fields = self._fields(node, path, ("title", "description", "acceptance_criteria", "priority", "tasks"))
        return PlannedStory(
            title=self._title(fields, node.line, path),
            description=self._prose(fields, path, "description"),
            acceptance_criteria=self._prose(fields, path, "acceptance_criteria"),
            priority=self._priority(fields, path),
            tasks=self._each(fields, node.line, f"{path}.tasks", TASKS_MAX, self._task),
        )

    def _task(self, node: Node, path: str) -> PlannedTask:
        names = ("title", "description", "implementation_plan", "priority", "verify_required", "verify_only")
        fields = self._fields(node, path, names)
        self._priority(fields, path)
        plan = self._prose(fields, path, "implementation_plan", IMPLEMENTATION_PLAN_MAX)
        if plan is None:
            at = fields.get("implementation_plan", node).line
            self._flaw(at, f"{path}.implementation_plan", "say which files to change, and how: no task runs without it")
        return PlannedTask(
            title=self._title(fields, node.line, path),
            description=self._prose(fields, path, "description"),
            implementation_plan=plan or "",
            verify_required=self._required(fields, path),
            verify_only=self._only(fields, path),
        )

    def _fields(self, node: Node, path: str, names: Sequence[str]) -> Fields:
        if not isinstance(node.value, Mapping):
            self._flaw(node.line, path, f"write it as fields: {', '.join(names)}")
            return {}
        for name, value in node.value.items():
            if name not in names:
                self._flaw(value.line, _under(path, name), f"there is no such field; use {', '.join(names)}")
        return node.value

    def _each(
        self, fields: Fields, line: int, path: str, limit: int, read: Callable[[Node, str], Planned]
    ) -> tuple[Planned, ...]:
        node = fields.get(path.rpartition(".")[2])
        if node is None or not isinstance(node.value, Sequence) or isinstance(node.value, str) or not node.value:
            self._flaw(node.line if node is not None else line, path, "list at least one, each behind a «-»")
            return ()
        parts = tuple(read(each, f"{path}[{number}]") for number, each in enumerate(node.value, 1))
        if len(parts) > limit:
            self._flaw(node.line, path, f"there are {len(parts)}; keep to {limit}, and plan the rest as another idea")
        return parts

    def _title(self, fields: Fields, line: int, path: str) -> str:
        node = fields.get("title")
        title = " ".join((self._text(node, f"{path}.title") or "").split()) if node is not None else ""
        at = node.line if node is not None else line
        if not title:
            self._flaw(at, f"{path}.title", "give it a title")
        elif len(title) > TITLE_MAX:
            self._flaw(at, f"{path}.title", f"it has {len(title)} characters; use at most {TITLE_MAX}")
        elif _CONTROL.search(title):
            self._flaw(at, f"{path}.title", "leave out control characters")
        return title

    def _prose(self, fields: Fields, path: str, name: str, limit: int = PROSE_MAX) -> str | None:
        node = fields.get(name)
        text = self._text(node, f"{path}.{name}") if node is not None else None
        if node is not None and text is not None and len(text) > limit:
            self._flaw(node.line, f"{path}.{name}", f"it has {len(text)} characters; use at most {limit}")
        return text

    def _text(self, node: Node, path: str) -> str | None:
        """A text, or a list of texts as the Markdown list that it means."""
        if isinstance(node.value, str):
            text: str | None = node.value
        elif isinstance(node.value, Mapping):
            text = None
        else:
            lines = [each.value for each in node.value]
            text = "\n".join(f"- {line}" for line in lines) if all(isinstance(line, str) for line in lines) else None
        if text is None:
            self._flaw(node.line, path, "write it as one text; behind «: |», on indented lines, it may be of any form")
        elif _NEVER.search(text):
            self._flaw(node.line, path, "leave out NUL characters and lone surrogates")
            return None
        return text.strip() or None if text is not None else None

    def _priority(self, fields: Fields, path: str) -> Priority:
        node = fields.get("priority")
        if node is None:
            return Priority.NORMAL
        if not isinstance(node.value, str) or node.value not in {"1", "2", "3", "4"}:
            self._flaw(node.line, f"{path}.priority", "use 1 critical, 2 normal, 3 low or 4 nice to have")
            return Priority.NORMAL
        return Priority(int(node.value))

    def _required(self, fields: Fields, path: str) -> VerifyRequired:
        node = fields.get("verify_required")
        if node is None:
            return VerifyRequired.ALIGNED_OR_PARTIAL
        if not isinstance(node.value, str) or node.value.upper() not in set(VerifyRequired):
            self._flaw(node.line, f"{path}.verify_required", f"use one of {', '.join(VerifyRequired)}")
            return VerifyRequired.ALIGNED_OR_PARTIAL
        return VerifyRequired(node.value.upper())

    def _only(self, fields: Fields, path: str) -> bool:
        node = fields.get("verify_only")
        if node is not None and (not isinstance(node.value, str) or node.value.lower() not in {"true", "false"}):
            self._flaw(node.line, f"{path}.verify_only", "use true or false")
        return node is not None and str(node.value).lower() == "true"

    def _flaw(self, line: int, field: str, remedy: str) -> None:
        """Notes it, unless it only follows from a flaw of the same field or of what the field belongs to."""
        if not any(field == flaw.field or field.startswith(f"{flaw.field}.") for flaw in self.flaws):
            self.flaws.append(Flaw(line, field, remedy))


def _under(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
