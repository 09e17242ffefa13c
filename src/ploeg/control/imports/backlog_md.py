"""A Backlog.md folder as drafts.

A milestone is a backlog item, a task a story, its subtasks the story's tasks; a task without subtasks is a story with
one task, which has its plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ploeg.control.imports.backlog_md_files import Folder, TaskFile, read_folder
from ploeg.domain.draft import DraftPbi, Drafts, DraftStory, DraftTask, fit
from ploeg.domain.errors import Invalid
from ploeg.domain.plan import PROSE_MAX, TITLE_MAX


def read(files: dict[str, str], name: str | None) -> Drafts:
    """`name` keeps several such folders in one product apart."""
    folder = read_folder(files)
    if not folder.tasks:
        said = "; ".join(folder.notes[:5]) or ", ".join(list(files)[:5])
        raise Invalid("files", said, "give a Backlog.md folder with its tasks/*.md")
    root = f"backlog.md:{name}:" if name else "backlog.md:"
    return Drafts(_pbis(root, folder, folder.project or name or "Backlog.md"), tuple(folder.notes))


def _pbis(root: str, folder: Folder, project: str) -> tuple[DraftPbi, ...]:
    tasks, titles = folder.tasks, folder.milestones
    families: dict[str, list[TaskFile]] = {key: [] for key, task in tasks.items() if _top(tasks, task) == key}
    for task in tasks.values():
        top = _top(tasks, task)
        if top != task.key:
            families[top].append(task)
    drafts = _Stories(root, tasks, families)
    groups: dict[str, list[DraftStory]] = {}
    for key in sorted(families, key=lambda key: tasks[key].place):
        groups.setdefault(tasks[key].milestone, []).append(drafts.story(key))
    return tuple(
        DraftPbi(
            source=f"{root}milestone:{milestone}" if milestone else f"{root}no milestone",
            title=(titles.get(milestone.lower(), milestone) or f"Backlog of {project}")[:TITLE_MAX],
            stories=tuple(stories),
        )
        for milestone, stories in groups.items()
    )


@dataclass(frozen=True, slots=True)
class _Stories:
    root: str
    tasks: Mapping[str, TaskFile]
    #: Each task at the top with all that is below it.
    families: Mapping[str, Sequence[TaskFile]]

    def story(self, key: str) -> DraftStory:
        task = self.tasks[key]
        below = sorted(self.families[key], key=lambda each: each.place)
        needs = [need for need in task.needs if need in self.tasks and self._task_key(key, need) is None]
        needs += [need for each in below for need in each.needs if need in self.tasks and self.families.get(need)]
        tops = dict.fromkeys(_top(self.tasks, self.tasks[need]) for need in needs)
        return DraftStory(
            source=self.root + key,
            title=task.title,
            description=_with_plan(task) if below else task.description,
            acceptance_criteria=task.criteria,
            priority=task.priority,
            assignees=task.assignees,
            done=task.done,
            needs=tuple(self.root + top for top in tops if top != key),
            tasks=tuple(self._task(each) for each in below or [task]),
        )

    def _task(self, task: TaskFile) -> DraftTask:
        at_top = task.key in self.families
        parts = [] if at_top else [task.description or ""]
        parts += [f"## Acceptance criteria\n\n{task.criteria}"] if task.criteria and not at_top else []
        found = (self._task_key(task.key, need) for need in task.needs if need in self.tasks)
        return DraftTask(
            source=self._task_source(task.key),
            title=task.title,
            description=fit("\n\n".join(part for part in parts if part), PROSE_MAX),
            implementation_plan=task.plan,
            priority=task.priority,
            done=task.done,
            needs=tuple(source for source in found if source is not None),
        )

    def _task_key(self, key: str, need: str) -> str | None:
        """The source of the one task that `need` is here, if both are one task each."""
        return None if self.families.get(key) or self.families.get(need) else self._task_source(need)

    def _task_source(self, key: str) -> str:
        return f"{self.root}{key}/task" if key in self.families else self.root + key


def _with_plan(task: TaskFile) -> str | None:
    """A story has no plan of its own."""
    parts = [task.description or "", f"## Implementation plan\n\n{task.plan}" if task.plan else ""]
    return fit("\n\n".join(part for part in parts if part), PROSE_MAX)


def _top(tasks: Mapping[str, TaskFile], task: TaskFile) -> str:
    """The one at the top of its family; one whose parent is not there is at the top itself."""
    seen = {task.key}
    while task.parent is not None and task.parent in tasks and task.parent not in seen:
        seen.add(task.parent)
        task = tasks[task.parent]
    return min(seen) if task.parent in seen else task.key
