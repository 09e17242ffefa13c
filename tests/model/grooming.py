"""Grooming: items are added, blocked, set by hand, and made to wait for each other."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from ploeg.control.backlog import backlog, dependencies
from ploeg.control.backlog.placing import Place
from ploeg.domain.codes import CodeKind
from tests.model.pair import MANY, Pair, pick
from tests.model.things import Pbi, Story, Task

BY_HAND = ("TO_DO", "TO_DO", "TO_DO", "REVIEW", "DONE", "FAILED", "EXCLUDED")
STEPS = ("more", "more", "set_task", "depend", "need_no_more", "block")


class Grooming(Pair):
    @rule(n=MANY, m=MANY, what=st.sampled_from(STEPS))
    def groom(self, n: int, m: int, what: str) -> None:
        getattr(self, f"_{what}")(n, m)

    def _more(self, n: int, m: int) -> None:
        """Another task, story, or backlog item with a story."""
        if m % 4 == 0 and len(self.world.stories) < 5:
            self.add_story(self.add_pbi() if n % 2 else pick(self.world.pbis, n))
        elif len(self.world.tasks) < 9:
            self.add_task(pick(self.world.stories, n))

    def _set_task(self, n: int, m: int) -> None:
        task, status = pick(self.world.tasks, n), BY_HAND[m % len(BY_HAND)]
        self.write(backlog.edit_task, task, {"status": status}, Place())
        self.world.tasks[task].status = status
        self.world.settle()

    def _block(self, n: int, m: int) -> None:
        pbi, blocked = pick(self.world.pbis, n), m % 4 == 0
        self.write(backlog.edit_pbi, pbi, {"status": "BLOCKED" if blocked else "READY"}, Place())
        self.world.pbis[pbi].blocked = blocked
        self.world.settle()

    def _depend(self, n: int, m: int) -> None:
        task, first = pick(self.world.tasks, n), pick(self.world.tasks, m)
        if not self.refused(self.world.closes_a_circle(task, first), dependencies.add, CodeKind.TASK, task, first):
            self.world.tasks[task].needs.add(first)

    def _need_no_more(self, n: int, m: int) -> None:
        pairs = [
            (key, first) for key, task in self.world.tasks.items() for first in self.world.tasks if first in task.needs
        ]
        for task, first in pairs[n % len(pairs) :][:1] if pairs else ():
            self.write(dependencies.remove, CodeKind.TASK, task, first)
            self.world.tasks[task].needs.discard(first)

    def add_pbi(self) -> str:
        pbi = self.write(backlog.add_pbi, self.product, "An item", {}).item.id
        self.world.pbis[pbi] = Pbi()
        return str(pbi)

    def add_story(self, pbi: str) -> str:
        story = self.write(backlog.add_story, pbi, "A story", {}).item.id
        self.world.stories[story] = Story(pbi)
        self.world.settle()
        return str(story)

    def add_task(self, story: str) -> None:
        self.world.tasks[self.house.task(story)] = Task(story)
        self.world.settle()
