"""What must be done before something else may begin: the circle that would never begin, and the order that works.

A task needs tasks, and everything that its story needs; a story is done when its tasks are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ploeg.domain.backlog import Story, StoryStatus, Task, TaskStatus
from ploeg.domain.ids import StoryId, TaskId

#: What each item, task or story, waits for.
Graph = Mapping[str, Sequence[str]]

#: A task in one of these holds up nothing.
HANDLED = frozenset({TaskStatus.DONE, TaskStatus.EXCLUDED})


@dataclass(frozen=True, slots=True)
class Needs:
    """What the tasks and stories of a product need done first, and which tasks each story has."""

    tasks: Mapping[TaskId, Sequence[TaskId]]
    stories: Mapping[StoryId, Sequence[StoryId]]

    def __bool__(self) -> bool:
        return bool(self.tasks or self.stories)

    def graph(self, tasks: Iterable[Task]) -> dict[str, list[str]]:
        """What waits for what, with those tasks in the stories that they are in."""
        found: dict[str, list[str]] = {story: list(first) for story, first in self.stories.items()}
        for task in tasks:
            found.setdefault(task.story_id, []).append(task.id)
            found[task.id] = [*self.tasks.get(task.id, ()), *self.stories.get(task.story_id, ())]
        return found


def met(item: Story | Task) -> bool:
    """Whether what needs that item may begin. Something archived is not waited for."""
    if item.archived_at is not None:
        return True
    return item.status is StoryStatus.DONE if isinstance(item, Story) else item.status in HANDLED


def circle(graph: Graph, item: str, prerequisite: str) -> list[str] | None:
    """The shortest way round, from `item` to `item`, if it is to wait for `prerequisite`; None where there is none."""
    came_from: dict[str, str] = {}
    reached = deque([prerequisite])
    while reached:
        here = reached.popleft()
        if here == item:
            return [item, *reversed(_trail(came_from, here, prerequisite))]
        for further in graph.get(here, ()):
            if further not in came_from and further != prerequisite:
                came_from[further] = here
                reached.append(further)
    return None


def work_order(graph: Graph, items: Iterable[str]) -> list[str]:
    """The items in their own order, but each behind what it waits for, which need not be among them."""
    behind: list[str] = []
    seen: set[str] = set()
    for item in items:
        waiting = [(item, False)]
        while waiting:
            here, ready = waiting.pop()
            if ready:
                behind.append(here)
            elif here not in seen:
                seen.add(here)
                waiting.append((here, True))
                waiting.extend((further, False) for further in reversed(graph.get(here, ())))
    return behind


def _trail(came_from: Mapping[str, str], end: str, start: str) -> list[str]:
    """Back from the end to the start."""
    trail = [end]
    while trail[-1] != start:
        trail.append(came_from[trail[-1]])
    return trail
