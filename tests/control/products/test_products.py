from __future__ import annotations

from typing import Any

import pytest

from ploeg.control.backlog import backlog
from ploeg.control.products import products
from ploeg.domain.access import Role
from ploeg.domain.errors import Conflict, Denied, Invalid, NotFound
from tests.control.house import House


def test_a_product_gets_its_code_from_its_name(house: House) -> None:
    view = house.write(products.add, house.admin, "  My Web-Shop, 2nd edition  ", None, {})
    assert (view.product.name, view.product.code) == ("My Web-Shop, 2nd edition", "my-web-shop-2nd-edition")


@pytest.mark.parametrize("code", ["", "Demo", "1st", "a" * 31, "pbi-1", "t-3", "../x", "a:b", "a_b"])
def test_a_code_that_could_be_mistaken_for_something_else_is_refused(house: House, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        house.write(products.add, house.admin, "Demo", code, {})
    assert refused.value.field == "code"


def test_a_code_is_given_once(house: House) -> None:
    house.product("demo")
    with pytest.raises(Conflict, match="demo"):
        house.product("demo")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("repo_url", "https://me:secret@git.example.org/x.git"),
        ("repo_url", "ext::sh -c id"),
        ("repo_url", "--upload-pack=x"),
        ("repo_url", "x" * 2000),
        ("definition_of_done", "x" * 4001),
        ("description", "nul \x00"),
        ("description", "half a pair \ud800"),
        ("max_concurrent_jobs", 0),
        ("name", "two\nlines"),
        ("config", {"max_minutes": -1}),
        ("config", {"verify_commands": ["  "]}),
        ("config", {"verify_commands": ["true"] * 51}),
        ("config", {"runtime": "Claude Code"}),
        ("config", {"permission_mode": "yolo"}),
        ("config", {"no_such": 1}),
        ("colour", "red"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(house: House, field: str, value: Any) -> None:
    house.product("demo")
    with pytest.raises(Invalid) as refused:
        house.write(products.edit, house.admin, "demo", {field: value})
    assert refused.value.field in ({field} | set(value) if isinstance(value, dict) else {field})
    assert "secret" not in str(refused.value)


def test_an_edit_sets_the_config_fields_it_names_and_null_takes_one_out(house: House) -> None:
    house.product("demo", config={"runtime": "claude", "max_turns": 5})
    edited = house.write(products.edit, house.admin, "demo", {"config": {"runtime": None, "model": "opus"}})
    assert edited.product.config.as_dict() == {"max_turns": 5, "model": "opus"}


def test_archiving_hides_a_product_and_restoring_brings_it_back(house: House) -> None:
    house.product("demo")
    first = house.write(products.archive, house.admin, "demo").product.archived_at
    house.clock.turn(hours=1)
    assert house.write(products.archive, house.admin, "demo").product.archived_at == first
    assert house.read(products.listing, house.admin) == []
    assert len(house.read(products.listing, house.admin, archived=True)) == 1
    house.write(products.restore, house.admin, "demo")
    assert len(house.read(products.listing, house.admin)) == 1


def test_who_does_not_belong_to_a_product_cannot_tell_it_from_none(house: House) -> None:
    house.product("demo")
    ada = house.person("ada")
    answers = []
    for code in ("demo", "nope"):
        with pytest.raises(NotFound) as refused:
            house.read(products.show, ada, code)
        answers.append(str(refused.value).replace(code, "?"))
    assert answers[0] == answers[1]
    assert house.read(products.listing, ada) == []


def test_a_viewer_looks_and_does_not_touch(house: House) -> None:
    house.product("demo")
    ada = house.person("ada")
    house.write(products.set_member, house.admin, "demo", "ada", "viewer")
    assert house.read(products.show, ada, "demo").role is Role.VIEWER
    for verb in (
        lambda: house.write(products.edit, ada, "demo", {"name": "Mine"}),
        lambda: house.write(backlog.add_pbi, ada, "demo", "An item", {}),
        lambda: house.write(products.archive, ada, "demo"),
    ):
        with pytest.raises(Denied):
            verb()


def test_a_member_works_and_only_an_owner_archives_and_lets_others_in(house: House) -> None:
    ada, _ = house.person("ada"), house.person("bob")
    house.product("demo")
    house.write(products.set_member, house.admin, "demo", "ada", "member")
    house.write(products.edit, ada, "demo", {"name": "Ours"})
    for verb in (
        lambda: house.write(products.archive, ada, "demo"),
        lambda: house.write(products.set_member, ada, "demo", "bob", "member"),
    ):
        with pytest.raises(Denied):
            verb()
    house.write(products.set_member, house.admin, "demo", "ada", "owner")
    house.write(products.set_member, ada, "demo", "bob", "viewer")
    assert [(m.user.username, m.role) for m in house.read(products.members, ada, "demo")] == [
        ("ada", Role.OWNER),
        ("admin", Role.OWNER),
        ("bob", Role.VIEWER),
    ]


def test_who_made_a_product_stays_its_owner(house: House) -> None:
    house.product("demo")
    with pytest.raises(Conflict):
        house.write(products.set_member, house.admin, "demo", "admin", "viewer")
    with pytest.raises(NotFound):
        house.write(products.set_member, house.admin, "demo", "nobody", "viewer")
