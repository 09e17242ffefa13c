"""What waits for what: stored once, and no job is claimed before what it needs is done, on both databases."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from ploeg.domain.backlog import Story, StoryStatus, Task, TaskStatus
from ploeg.domain.dependencies import Needs
from ploeg.store.store import Store
from tests.store.installation import START, Installation, pbi, story, task


@dataclass
class Scene:
    """Two stories of two tasks each."""

    here: Installation
    first: Story
    second: Story
    tasks: list[Task]

    def need(self, item: Story | Task, prerequisite: Story | Task) -> None:
        self.here.store.write_blocking(lambda tx: tx.dependencies.add(item, prerequisite))

    def queue(self, of: Task) -> None:
        self.here.queue(task_id=of.id, story_id=of.story_id)

    def move(self, item: Task, status: TaskStatus) -> None:
        self.here.store.write_blocking(lambda tx: tx.backlog.update_task(item.evolve(status=status)))


@pytest.fixture
def scene(store: Store) -> Scene:
    here = Installation(store)
    item = pbi(here.product)
    first, second = story(item), story(item, code="ST-002", sort_order=2.0)
    tasks = [task(first, code=f"T-{n}", sort_order=float(n)) for n in (1, 2)]
    tasks += [task(second, code=f"T-{n}", sort_order=float(n)) for n in (3, 4)]
    here.keep(item, first, second, *tasks)
    return Scene(here, first, second, tasks)


def test_a_dependency_is_stored_once_and_read_from_both_ends(scene: Scene) -> None:
    one, two, three, _ = scene.tasks
    write, read = scene.here.store.write_blocking, scene.here.store.read_blocking
    assert write(lambda tx: [tx.dependencies.add(three, one) for _ in range(2)]) == [True, False]
    write(lambda tx: (tx.dependencies.add(three, two), tx.dependencies.add(scene.second, scene.first)))
    assert read(lambda tx: tx.dependencies.prerequisites(three)) == [one, two]
    assert read(lambda tx: tx.dependencies.dependents(scene.first)) == [scene.second]
    assert read(lambda tx: tx.dependencies.of_product(one.product_id)) == Needs(
        tasks={three.id: sorted([one.id, two.id])}, stories={scene.second.id: [scene.first.id]}
    )
    assert write(lambda tx: [tx.dependencies.remove(three, one) for _ in range(2)]) == [True, False]
    assert read(lambda tx: tx.dependencies.prerequisites(three)) == [two]


@pytest.mark.parametrize("status", [TaskStatus.DONE, TaskStatus.EXCLUDED])
def test_a_job_is_claimed_when_the_tasks_that_its_task_needs_are_handled(scene: Scene, status: TaskStatus) -> None:
    one, two, three, _ = scene.tasks
    scene.need(three, one)
    scene.need(three, two)
    scene.queue(three)
    scene.move(one, TaskStatus.DONE)
    for unmet in (TaskStatus.TO_DO, TaskStatus.REVIEW, TaskStatus.FAILED):
        scene.move(two, unmet)
        assert scene.here.claim() is None
    scene.move(two, status)
    assert scene.here.claim() is not None


def test_a_job_is_claimed_when_the_stories_that_its_story_needs_are_done(scene: Scene) -> None:
    scene.need(scene.second, scene.first)
    scene.queue(scene.tasks[2])
    assert scene.here.claim() is None
    done = scene.first.evolve(status=StoryStatus.DONE)
    scene.here.store.write_blocking(lambda tx: tx.backlog.update_story(done))
    assert scene.here.claim() is not None


def test_nothing_waits_for_what_is_archived(scene: Scene) -> None:
    one, _, three, _ = scene.tasks
    scene.need(three, one)
    scene.queue(three)
    scene.here.store.write_blocking(lambda tx: tx.backlog.update_task(one.evolve(archived_at=START)))
    assert scene.here.claim() is not None


def test_a_job_that_waits_does_not_hold_up_the_next(scene: Scene) -> None:
    one, _, three, four = scene.tasks
    scene.need(three, one)
    scene.queue(three)
    scene.queue(four)
    taken = scene.here.claim()
    assert taken is not None
    assert taken.task_id == four.id
