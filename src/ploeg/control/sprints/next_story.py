"""Which story of a product comes next."""

from __future__ import annotations

from dataclasses import dataclass

from ploeg.domain.backlog import Pbi, PbiStatus, Story, StoryStatus, Task
from ploeg.domain.ids import ProductId
from ploeg.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Next:
    pbi: Pbi
    story: Story
    tasks: list[Task]


def next_story(tx: Transaction, product_id: ProductId) -> Next | None:
    """The first unfinished story in backlog order, those of blocked backlog items left out; None if there is none."""
    for pbi in tx.backlog.pbis(product_id):
        if pbi.status in {PbiStatus.BLOCKED, PbiStatus.DONE}:
            continue
        for story in tx.backlog.stories(product_id, pbi.id):
            if story.status is not StoryStatus.DONE:
                return Next(pbi, story, tx.backlog.tasks(product_id, story.id))
    return None
