"""Codes for people: `PBI-7`, `ST-012`, `T-41`, `IDEA-003`, `J-128`, `Q-3`.

They never change and never say anything about order.
"""

from __future__ import annotations

import re
from enum import StrEnum

from ploeg.domain.errors import Invalid

MAX_LENGTH = 30


class CodeKind(StrEnum):
    PBI = "PBI"
    STORY = "ST"
    TASK = "T"
    IDEA = "IDEA"
    JOB = "J"
    QUESTION = "Q"
    TODO = "TD"
    SCHEDULE = "SCH"

    @property
    def noun(self) -> str:
        return _NOUN[self]


_FORM = re.compile(r"(PBI|ST|TD|SCH|T|IDEA|J|Q)-0*([0-9]{1,9})", re.IGNORECASE)
_NOUN = {
    CodeKind.PBI: "backlog item",
    CodeKind.STORY: "story",
    CodeKind.TASK: "task",
    CodeKind.IDEA: "idea",
    CodeKind.JOB: "job",
    CodeKind.QUESTION: "question",
    CodeKind.TODO: "todo",
    CodeKind.SCHEDULE: "schedule",
}

_PADDED = frozenset({CodeKind.STORY, CodeKind.IDEA})


def code(kind: CodeKind, number: int) -> str:
    return f"{kind}-{number:03d}" if kind in _PADDED else f"{kind}-{number}"


def parse(text: str) -> tuple[CodeKind, int] | None:
    """Kind and number, or None if the text has no code's form."""
    match = _FORM.fullmatch(text.strip())
    return (CodeKind(match[1].upper()), int(match[2])) if match else None


def expect(kind: CodeKind, text: str) -> str | None:
    """The code in its own spelling, None if the text is an id; `Invalid` if it is a code of another kind."""
    parsed = parse(text)
    if parsed is None:
        return None
    if parsed[0] is not kind:
        raise Invalid(
            kind.noun,
            text,
            f"that is the code of a {parsed[0].noun}; a {kind.noun} has the form {kind}-…",
        )
    return code(kind, parsed[1])


def branch_for_story(prefix: str, story_code: str, story_id: str) -> str:
    """The branch that a story's tasks share: readable, and unique where products share a repository."""
    return f"{prefix}{story_code.lower()}-{story_id[-6:].lower()}"


def branch_for_run(prefix: str, sprint_code: str, run_id: str) -> str:
    """The branch of a run that has one for all its tasks."""
    return f"{prefix}sprint-{sprint_code.lower()}-{run_id[-6:].lower()}"
