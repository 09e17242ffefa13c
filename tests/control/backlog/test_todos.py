"""What people want to remember is theirs alone."""

from __future__ import annotations

import pytest

from ploeg.control.backlog import todos
from ploeg.domain.errors import Invalid, NotFound
from tests.control.house import House


def test_todos_are_counted_for_each_person_and_seen_by_nobody_else(house: House) -> None:
    ada = house.person("ada")
    codes = [house.write(todos.add, person, "Call Bob", {}).todo.code for person in (house.admin, ada, ada)]
    assert codes == ["TD-1", "TD-1", "TD-2"]
    theirs = house.read(todos.listing, house.admin)[0].todo
    for reference in (theirs.id, "TD-9", "nonsense"):
        with pytest.raises(NotFound):
            house.read(todos.show, ada, reference)


def test_a_todo_is_done_undone_and_put_away(house: House) -> None:
    house.write(todos.add, house.admin, "Call Bob", {})
    done = house.write(todos.edit, house.admin, "td-1", {"done": True}).todo.done_at
    house.clock.turn(hours=1)
    assert house.write(todos.edit, house.admin, "1", {"done": True}).todo.done_at == done
    assert house.read(todos.listing, house.admin) == []
    assert len(house.read(todos.listing, house.admin, done=True)) == 1
    house.write(todos.edit, house.admin, "TD-1", {"done": False, "archived": True})
    assert house.read(todos.listing, house.admin, done=True) == []
    assert len(house.read(todos.listing, house.admin, archived=True)) == 1


def test_a_todo_may_be_about_a_product_that_its_owner_sees(house: House) -> None:
    house.product("shop")
    house.write(todos.add, house.admin, "Prices", {"product": "shop"})
    house.write(todos.add, house.admin, "Bread", {})
    assert [view.todo.title for view in house.read(todos.listing, house.admin, product="shop")] == ["Prices"]
    with pytest.raises(NotFound):
        house.write(todos.add, house.person("ada"), "Prices", {"product": "shop"})
    with pytest.raises(Invalid, match="no such field"):
        house.write(todos.edit, house.admin, "TD-1", {"colour": "red"})
