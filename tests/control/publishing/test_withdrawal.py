"""What the failure of a sprint's task takes back at the forge, and what is said there once."""

from __future__ import annotations

from typing import Any

import pytest

from ploeg.control.backlog import activity
from ploeg.control.publishing import actions
from ploeg.control.sprints import cascade
from ploeg.domain.forge import PullStatus
from ploeg.domain.forge_action import Deed
from ploeg.domain.ids import StoryId
from tests.control.house import House, proof
from tests.control.publishing.conftest import Scene
from tests.control.publishing.memory_forge import URL, MemoryForge, MemoryForges
from tests.control.sprinting import Sprinting

pytestmark = pytest.mark.anyio

A = "a" * 40


class Falling(Scene):
    """A sprint of one story with two tasks, the first of which is done and shown, the second about to fail."""

    sprint: Sprinting

    @classmethod
    def with_sprint(cls, house: House, strategy: str = "STORY", **product: Any) -> Falling:
        forge = MemoryForge()
        way, forges = MemoryForges.to(forge)
        sprint = Sprinting.of(house, 1, **{"repo_url": URL, "auto_pr": True, "pr_strategy": strategy, **product})
        scene = cls(house, house.hand(), forge, way, cls.outbox_to(house, forges))
        scene.sprint = sprint
        return scene

    async def begin(self) -> None:
        self.sprint.start()
        self.finish(self.hand.take(), A)
        await self.outbox.look()
        assert [pull.status for pull in self.forge.pulls] == [PullStatus.OPEN]

    async def fail(self) -> None:
        self.hand.finish(self.hand.take(), "reported_failed", reason="it cannot be done")
        await self.outbox.look()


@pytest.mark.parametrize("strategy", ["STORY", "SPRINT"])
async def test_an_open_pull_request_is_closed_with_the_reason(house: House, strategy: str) -> None:
    scene = Falling.with_sprint(house, strategy)
    await scene.begin()
    await scene.fail()
    assert scene.forge.pulls[0].status is PullStatus.CLOSED
    (comment,) = scene.forge.said
    assert "J-2 failed" in comment.text
    assert (scene.the(Deed.WITHDRAW).state, scene.the(Deed.WITHDRAW).result) == ("done", f"{URL}/pulls/1")


async def test_a_merged_one_gets_another_that_takes_it_back(house: House) -> None:
    scene = Falling.with_sprint(house)
    await scene.begin()
    await scene.forge.merge(1, sha=A, method=None)  # type: ignore[arg-type]  # a person does it
    await scene.fail()
    assert [(pull.head, pull.status) for pull in scene.forge.pulls[1:]] == [("revert-1", PullStatus.OPEN)]
    assert scene.the(Deed.WITHDRAW).result == f"{URL}/pulls/2"


async def test_a_forge_that_reverts_nothing_leaves_it_to_people_and_says_so(house: House) -> None:
    scene = Falling.with_sprint(house)
    scene.forge.can_revert = False
    await scene.begin()
    await scene.forge.merge(1, sha=A, method=None)  # type: ignore[arg-type]  # a person does it
    await scene.fail()
    action = scene.the(Deed.WITHDRAW)
    assert action.state == "failed"
    assert f"revert merged-{A} by hand" in (action.reason or "")


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_line_that_is_cut_says_nothing_twice(house: House, when: str) -> None:
    scene = Falling.with_sprint(house)
    await scene.begin()
    scene.way.cuts += [("comment", when), ("close", when)]
    await scene.fail()
    await scene.pass_time(minutes=1)
    assert scene.way.cuts == []
    assert (len(scene.forge.said), scene.forge.pulls[0].status) == (1, PullStatus.CLOSED)


async def test_each_step_is_in_the_story_s_log(house: House) -> None:
    scene = Falling.with_sprint(house)
    await scene.begin()
    await scene.fail()
    told = [entry.text for entry in house.read(activity.of_story, house.admin, scene.sprint.stories[0])]
    branch = house.read(lambda tx: tx.deliveries.of_story(StoryId(scene.sprint.stories[0]))[0].branch)
    at_the_forge = [text for text in told if text.startswith(("pull request", "status", "comment", "withdraw"))]
    assert sorted(at_the_forge[2:]) == [
        f"comment {branch} done: {URL}/pulls/1",
        f"withdraw {branch} done: {URL}/pulls/1",
    ]


async def test_it_is_foreseen_and_changes_nothing(house: House) -> None:
    scene = Falling.with_sprint(house)
    await scene.begin()
    foreseen = house.read(cascade.preview, house.admin, "J-2")
    assert [delivery.pr_url for delivery in foreseen.withdrawn] == [f"{URL}/pulls/1"]
    assert scene.asked(Deed.WITHDRAW) == []


async def test_a_product_may_leave_it_all_to_people(house: House) -> None:
    scene = Falling.with_sprint(house, failure_cascade=False)
    await scene.begin()
    assert house.read(cascade.preview, house.admin, "J-2").withdrawn == []
    await scene.fail()
    assert scene.forge.pulls[0].status is PullStatus.OPEN


async def test_a_branch_that_is_withdrawn_goes_where_the_product_wants_it(house: House) -> None:
    scene = Falling.with_sprint(house, delete_merged_branches=True)
    await scene.begin()
    await scene.fail()
    assert list(scene.forge.branches) == ["trunk"]


async def test_what_landed_since_is_not_withdrawn(house: House) -> None:
    scene = Falling.with_sprint(house)
    await scene.begin()
    failing = scene.hand.take()
    scene.way.cuts += [("*", "before")] * 4
    scene.hand.finish(failing, "reported_failed", reason="it cannot be done")
    await scene.outbox.look()
    task = house.task(scene.sprint.stories[0])
    house.run(task)
    again = scene.hand.take()
    scene.forge.push(house.job(again).branch or "", "c" * 40)
    scene.hand.done(again, **proof("c" * 40))
    await scene.pass_time(minutes=2)
    assert (scene.the(Deed.WITHDRAW).state, scene.forge.pulls[0].status) == ("dropped", PullStatus.OPEN)


async def test_a_comment_is_written_once_however_often_it_is_asked(house: House) -> None:
    scene = Scene.of(house)
    job = scene.work(house.story())
    await scene.outbox.look()
    for _ in range(2):
        house.write(
            actions.ask,
            job.product_id,
            URL,
            Deed.COMMENT,
            "comment hello",
            "somebody",
            number=1,
            content={"text": "Hello"},
        )
        await scene.outbox.look()
    assert [comment.text.splitlines()[0] for comment in scene.forge.said] == ["Hello"]
