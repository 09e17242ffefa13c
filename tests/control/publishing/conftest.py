"""A product whose pull requests are in a forge that is nothing but its state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from ploeg.control.backlog import backlog
from ploeg.control.publishing import actions
from ploeg.control.publishing.act import ForgeActor
from ploeg.control.publishing.outbox import Outbox
from ploeg.control.publishing.publish import Publisher
from ploeg.domain.backlog import Story
from ploeg.domain.forge_action import Deed, ForgeAction
from ploeg.domain.job import Job
from ploeg.forges.registry import Forges
from ploeg.wire.assignment import Assignment
from tests.control.house import Hand, House, proof
from tests.control.publishing.memory_forge import URL, MemoryForge, MemoryForges


@dataclass
class Scene:
    house: House
    hand: Hand
    forge: MemoryForge
    way: MemoryForges
    outbox: Outbox

    @classmethod
    def of(cls, house: House, **product: Any) -> Scene:
        forge = MemoryForge()
        way, forges = MemoryForges.to(forge)
        house.product(**{"repo_url": URL, "auto_pr": True, "auto_merge": True, **product})
        return cls(house, house.hand(), forge, way, cls.outbox_to(house, forges))

    @staticmethod
    def outbox_to(house: House, forges: Forges) -> Outbox:
        return Outbox(house.plane, Publisher(forges), ForgeActor(forges))

    def work(self, story: str, head: str = "a" * 40, **task: Any) -> Job:
        """One more task of that story, done and pushed."""
        self.house.run(self.house.task(story, **task))
        return self.finish(self.hand.take(), head)

    def finish(self, assignment: Assignment, head: str = "a" * 40) -> Job:
        job = self.house.job(assignment)
        assert job.branch is not None
        self.forge.push(job.branch, head)
        self.hand.done(assignment, **proof(head))
        return self.house.job(job)

    async def pass_time(self, **duration: float) -> None:
        self.house.clock.turn(**duration)
        await self.outbox.look()

    def story(self, story: str) -> Story:
        found = self.house.read(backlog.show_story, self.house.admin, story).item
        assert isinstance(found, Story)
        return found

    def asked(self, deed: Deed) -> list[ForgeAction]:
        """The oldest first."""
        found = self.house.read(actions.listed, self.house.admin, "demo")
        return [action for action in reversed(found) if action.deed is deed]

    def the(self, deed: Deed) -> ForgeAction:
        (found,) = self.asked(deed)
        return found


@pytest.fixture
def scene(house: House) -> Scene:
    return Scene.of(house)
