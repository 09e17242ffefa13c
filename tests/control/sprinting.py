"""A sprint for tests: stories with two tasks each, and short words for its runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ploeg.control.backlog import backlog
from ploeg.control.sprints import sprint_runs, sprints
from ploeg.domain.backlog import Pbi, PbiStatus, Story, StoryStatus, TaskStatus
from ploeg.domain.ids import PbiId, StoryId
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.sprint import Sprint, SprintStatus
from ploeg.domain.sprint_run import RunStatus, SprintRun
from ploeg.wire.assignment import Assignment
from tests.control.house import House


@dataclass
class Sprinting:
    """A product with a sprint of stories, each in a backlog item of its own."""

    house: House
    product: str = "demo"
    code: str = "S-2026-11-22-1"
    stories: list[str] = field(default_factory=list)
    #: Two for each story, in order.
    tasks: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, house: House, stories: int = 1, called: str | None = None, **product: Any) -> Sprinting:
        scene = cls(house, house.product(**{"pr_strategy": "STORY", **product}))
        scene.code = house.write(sprints.add, house.admin, scene.product, "Ship it", called, {}).code
        for _ in range(stories):
            scene.add_story(house.story(scene.product))
        return scene

    def add_story(self, story: str, tasks: int = 2) -> str:
        self.stories.append(story)
        self.tasks += [self.house.task(story) for _ in range(tasks)]
        self.house.write(sprints.plan, self.house.admin, self.code, [story])
        return story

    def beside(self, story: str) -> str:
        """Another story of the same backlog item, not in the sprint."""
        pbi_id = self.story(story).pbi_id
        return self.house.write(backlog.add_story, self.house.admin, pbi_id, "Another", {}).item.id

    def start(self, strategy: str | None = None) -> SprintRun:
        return self.house.write(sprint_runs.start, self.house.admin, self.house.installation, self.code, strategy)

    def pause(self) -> SprintRun:
        return self.house.write(sprint_runs.pause, self.house.admin, self.code)

    def resume(self) -> SprintRun:
        return self.house.write(sprint_runs.resume, self.house.admin, self.house.installation, self.code)

    def cancel(self) -> SprintRun:
        return self.house.write(sprint_runs.cancel, self.house.admin, self.code)

    @property
    def sprint(self) -> Sprint:
        (found,) = self.house.read(sprints.listed, self.house.admin, self.product)[-1:]
        return found

    @property
    def run(self) -> SprintRun:
        """The newest one."""
        return self.house.read(sprint_runs.listed, self.house.admin, self.code)[0]

    def jobs(self, run: SprintRun | None = None) -> list[Job]:
        return self.house.read(lambda tx: tx.jobs.of_run((run or self.run).id))

    def story(self, story: str) -> Story:
        found = self.house.read(lambda tx: tx.backlog.story(StoryId(story)))
        assert found is not None
        return found

    def pbi(self, story: str) -> Pbi:
        found = self.house.read(lambda tx: tx.backlog.pbi(PbiId(self.story(story).pbi_id)))
        assert found is not None
        return found

    def states(self) -> tuple[list[TaskStatus], list[StoryStatus], list[PbiStatus], SprintStatus, RunStatus]:
        """Everything that rolls up, from the tasks to the newest run."""
        return (
            [self.house.task_now(task).status for task in self.tasks],
            [self.story(story).status for story in self.stories],
            [self.pbi(story).status for story in self.stories],
            self.sprint.status,
            self.run.status,
        )

    def statuses(self, run: SprintRun | None = None) -> list[JobStatus]:
        return [job.status for job in self.jobs(run)]

    def task_of(self, assignment: Assignment) -> str:
        assert assignment.task is not None
        return assignment.task.id
