"""Putting an item of the backlog in its place among its siblings."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from ploeg.domain.backlog import Pbi, Story, Task, between, room_between
from ploeg.domain.errors import Invalid
from ploeg.store.transaction import Transaction

Item = TypeVar("Item", Pbi, Story, Task)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an item goes among its siblings: behind or before one of them, by code or id, or at an end."""

    after: str | None = None
    before: str | None = None
    first: bool = False
    last: bool = False


def placed(tx: Transaction, item: Item, place: Place) -> Item:
    """The item with the `sort_order` of its new place; no other parent's order changes."""
    wishes = [(name, wish) for name, wish in asdict(place).items() if wish not in (None, False)]
    if not wishes:
        return item
    if len(wishes) > 1:
        raise Invalid(wishes[1][0], wishes[1][1], "give one place, not several")
    others = [sibling for sibling in _siblings(tx, item) if sibling.id != item.id]
    cut = _cut(item, others, *wishes[0])
    left = others[cut - 1].sort_order if cut > 0 else None
    right = others[cut].sort_order if cut < len(others) else None
    if room_between(left, right):
        return item.evolve(sort_order=between(left, right))
    _number(tx, others, leave_out=cut + 1)
    return item.evolve(sort_order=float(cut + 1))


def _cut(item: Item, others: list[Item], field: str, wish: Any) -> int:
    """How many of the others come before the item."""
    if field in {"first", "last"}:
        return 0 if field == "first" else len(others)
    named = str(wish).rpartition(":")[2]
    at = next((i for i, other in enumerate(others) if named.upper() == other.code or named == other.id), None)
    if at is None:
        raise Invalid(field, wish, f"name another item beside {item.code}, by code or id")
    return at + 1 if field == "after" else at


def _siblings(tx: Transaction, item: Item) -> list[Item]:
    """In order, their parent locked: nobody else changes the order meanwhile."""
    found: list[Any]
    match item:
        case Pbi():
            tx.products.hold(item.product_id)
            found = list(tx.backlog.pbis(item.product_id))
        case Story():
            tx.backlog.pbi(item.pbi_id, lock=True)
            found = list(tx.backlog.stories(item.product_id, item.pbi_id))
        case _:
            tx.backlog.story(item.story_id, lock=True)
            found = list(tx.backlog.tasks(item.product_id, item.story_id))
    return found


def _number(tx: Transaction, others: list[Item], *, leave_out: int) -> None:
    """1, 2, 3, … for all of them, with that number left out: there was no room between two."""
    for number, other in enumerate(others, 1):
        moved: Any = other.evolve(sort_order=float(number if number < leave_out else number + 1))
        match moved:
            case Pbi():
                tx.backlog.update_pbi(moved)
            case Story():
                tx.backlog.update_story(moved)
            case _:
                tx.backlog.update_task(moved)
