"""Items of the backlog as people look at them: with the codes of what they belong to."""

from __future__ import annotations

from dataclasses import dataclass

from ploeg.domain.backlog import Pbi, Story, Task
from ploeg.domain.delivery import Delivery
from ploeg.domain.pull import Pull
from ploeg.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class View:
    """An item with the codes of what it belongs to."""

    item: Pbi | Story | Task
    product: str
    #: Code of the story's backlog item or of the task's story; empty for a backlog item.
    parent: str = ""
    #: Who sees to the story, by name.
    assignee: str | None = None
    #: What became of the story's branch, or of its sprint run's, on the forge; for a story on its own page.
    delivery: Delivery | None = None
    pull: Pull | None = None


def view(tx: Transaction, item: Pbi | Story | Task) -> View:
    product = tx.products.get(item.product_id)
    assert product is not None, "a foreign key keeps the product of every item"
    return View(item, product.code, _parent(tx, item), assignee(tx, item))


def assignee(tx: Transaction, item: Pbi | Story | Task) -> str | None:
    if not isinstance(item, Story) or item.assignee_id is None:
        return None
    user = tx.people.user(item.assignee_id)
    return user.username if user is not None else None


def _parent(tx: Transaction, item: Pbi | Story | Task) -> str:
    match item:
        case Story():
            parent: Pbi | Story | None = tx.backlog.pbi(item.pbi_id)
        case Task():
            parent = tx.backlog.story(item.story_id)
        case _:
            parent = None
    return parent.code if parent is not None else ""
