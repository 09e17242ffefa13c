"""All steps together, on a product of its own for each example."""

from __future__ import annotations

from typing import ClassVar

from hypothesis.stateful import initialize

from tests.model.grooming import Grooming
from tests.model.sprinting import Sprinting
from tests.model.working import Working
from tests.model.world import World


class Planning(Grooming, Working, Sprinting):
    products: ClassVar[int] = 0

    @initialize()
    def two_stories_in_a_sprint(self) -> None:
        Planning.products += 1
        self.product = self.house.product(f"p{self.products}")
        self.world = World(self.house.clock.now)
        sprint = self.add_sprint()
        for place in range(2):
            story = self.add_story(self.add_pbi())
            self.add_task(story)
            self.add_task(story)
            self.plan_story(sprint, place)
