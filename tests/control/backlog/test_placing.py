"""Any number of moves leaves the order that a list would have."""

from __future__ import annotations

import random

from ploeg.control.backlog import backlog
from ploeg.control.backlog.placing import Place
from tests.control.house import House

MOVES = 60


def test_many_moves_between_two_stories_do_what_they_do_to_lists(house: House) -> None:
    house.product()
    homes = {"ST-001": house.story(), "ST-002": house.story()}
    wanted: dict[str, list[str]] = {code: [] for code in homes}
    for number in range(1, 7):
        home = "ST-001" if number % 2 else "ST-002"
        house.task(homes[home])
        wanted[home].append(f"T-{number}")
    chance = random.Random(20261122)
    for _ in range(MOVES):
        task = f"T-{chance.randint(1, 6)}"
        home = chance.choice(list(homes))
        for order in wanted.values():
            if task in order:
                order.remove(task)
        at = chance.randint(0, len(wanted[home]))
        place = _place(wanted[home], at, chance)
        wanted[home].insert(at, task)
        house.write(backlog.edit_task, house.admin, task, {"story": home}, place)
        assert {code: _order(house, code) for code in homes} == wanted


def _place(order: list[str], at: int, chance: random.Random) -> Place:
    """One of the ways to say that place."""
    ways = [Place(first=True)] if at == 0 else [Place(after=order[at - 1])]
    ways.append(Place(last=True) if at == len(order) else Place(before=order[at]))
    return chance.choice(ways)


def _order(house: House, story: str) -> list[str]:
    return [view.item.code for view in house.read(backlog.tasks, house.admin, "demo", story)]
