"""Items as another tool has them, on their way into the backlog. Each carries the key by which it is known again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any

from ploeg.domain.backlog import Priority
from ploeg.domain.gate import VerifyRequired


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    #: `issues:forge.example/me/shop#12`: where it comes from, the same at every import.
    source: str
    title: str
    description: str | None = None
    priority: Priority = Priority.NORMAL

    @property
    def fields(self) -> dict[str, Any]:
        """What it sets besides its title."""
        return {"description": self.description, "priority": int(self.priority)}

    @property
    def content_hash(self) -> str:
        """Another one when the source's own words are others."""
        said = json.dumps([self.title, self.fields], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftTask(Draft):
    implementation_plan: str | None = None
    verify_required: VerifyRequired = VerifyRequired.ALIGNED_OR_PARTIAL
    verify_only: bool = False
    #: It is finished at its source.
    done: bool = False
    #: Sources of the tasks that must be done first.
    needs: tuple[str, ...] = ()

    @property
    def fields(self) -> dict[str, Any]:
        return {
            "description": self.description,
            "priority": int(self.priority),
            "implementation_plan": self.implementation_plan,
            "verify_required": str(self.verify_required),
            "verify_only": self.verify_only,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftStory(Draft):
    acceptance_criteria: str | None = None
    #: Names of people at the source; the first who works on the product here sees to it.
    assignees: tuple[str, ...] = ()
    done: bool = False
    #: Sources of the stories that must be done first.
    needs: tuple[str, ...] = ()
    tasks: tuple[DraftTask, ...] = ()

    @property
    def fields(self) -> dict[str, Any]:
        return {
            "description": self.description,
            "priority": int(self.priority),
            "acceptance_criteria": self.acceptance_criteria,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPbi(Draft):
    stories: tuple[DraftStory, ...] = ()


@dataclass(frozen=True, slots=True)
class Drafts:
    pbis: tuple[DraftPbi, ...]
    #: What a person should know of the reading: what was left out, and why.
    notes: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return sum(1 + sum(1 + len(story.tasks) for story in pbi.stories) for pbi in self.pbis)

    def unfinished(self) -> Drafts:
        """Without what is finished at its source; a note says how much that is."""
        pbis = tuple(_unfinished(pbi) for pbi in self.pbis)
        kept = Drafts(tuple(pbi for pbi, was in zip(pbis, self.pbis, strict=True) if pbi.stories or not was.stories))
        left = self.count - kept.count
        return Drafts(kept.pbis, (*self.notes, f"{left} finished items are left out") if left else self.notes)


def fit(text: str | None, limit: int) -> str | None:
    """The text within the limit, saying so where it was cut; None for an empty one."""
    text = (text or "").strip()
    tail = "\n\n… (cut here; the whole stands at its source)"
    return (text if len(text) <= limit else text[: limit - len(tail)] + tail) or None


def _unfinished(pbi: DraftPbi) -> DraftPbi:
    stories = [story for story in pbi.stories if not story.done]
    return replace(
        pbi,
        stories=tuple(replace(story, tasks=tuple(task for task in story.tasks if not task.done)) for story in stories),
    )
