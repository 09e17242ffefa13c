"""Plan documents as drafts: a backlog item each, with its stories and their tasks."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath

from ploeg.control.ideas import plan_document
from ploeg.domain.draft import DraftPbi, Drafts, DraftStory, DraftTask, fit
from ploeg.domain.errors import Invalid
from ploeg.domain.plan import PROSE_MAX, Plan, PlannedStory

#: Flaws of one file that are told; the rest waits for the next try.
_TOLD = 20


def read(files: dict[str, str], name: str | None) -> Drafts:
    """One backlog item for each file. What is known again goes by the file's name, or `name`, and by titles."""
    if name is not None and len(files) > 1:
        raise Invalid("name", name, "give it with one plan file only; several are told apart by their names")
    return Drafts(tuple(_pbi(_plan(path, text), name or PurePosixPath(path).stem) for path, text in files.items()))


def _plan(path: str, text: str) -> Plan:
    plan, flaws = plan_document.read(text)
    if plan is None:
        raise Invalid("files", path, "; ".join(str(flaw) for flaw in flaws[:_TOLD]))
    return plan


def _pbi(plan: Plan, name: str) -> DraftPbi:
    names = _Names(f"plan:{name}")
    return DraftPbi(
        source=names.root,
        title=plan.title,
        description=plan.description or fit(plan.body, PROSE_MAX),
        priority=plan.priority,
        stories=tuple(_story(story, names.of(story.title)) for story in plan.stories),
    )


def _story(story: PlannedStory, source: str) -> DraftStory:
    names = _Names(source)
    return DraftStory(
        source=source,
        title=story.title,
        description=story.description,
        acceptance_criteria=story.acceptance_criteria,
        priority=story.priority,
        tasks=tuple(
            DraftTask(
                source=names.of(task.title),
                title=task.title,
                description=task.description,
                implementation_plan=task.implementation_plan,
                priority=story.priority,
                verify_required=task.required,
                verify_only=task.verify_only,
            )
            for task in story.tasks
        ),
    )


class _Names:
    """Keys below one; a title that comes again gets a number."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._seen: Counter[str] = Counter()

    def of(self, title: str) -> str:
        self._seen[title] += 1
        again = self._seen[title]
        return f"{self.root}/{title}" if again == 1 else f"{self.root}/{title} ({again})"
