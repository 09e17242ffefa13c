"""The export over HTTP: what goes out, and to whom."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ploeg.control.backlog import todos
from ploeg.control.people import people
from ploeg.control.products import products
from tests.api.conftest import Api

pytestmark = pytest.mark.anyio


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


async def test_an_export_has_a_header_its_records_and_an_end_that_counts_them(api: Api) -> None:
    house = api.house
    house.a_task("shop")
    house.a_task("other")
    house.write(todos.add, house.admin, "Call Bob", {"product": "shop"})
    told = lines((await api("GET", "/export?product=shop")).text)
    assert (told[0]["type"], told[0]["version"], told[0]["products"]) == ("header", 1, ["shop"])
    assert told[-1]["type"] == "end"
    assert sum(told[-1]["records"].values()) == len(told) - 2
    assert [line["record"]["code"] for line in told if line["type"] == "task"] == ["T-1"]
    assert [line["record"]["title"] for line in told if line["type"] == "todo"] == ["Call Bob"]
    house.write(todos.add, house.admin, "Buy bread", {})
    both = lines((await api("GET", "/export")).text)
    assert both[0]["products"] == ["other", "shop"]
    assert (both[-1]["records"]["task"], both[-1]["records"]["todo"]) == (2, 2)


async def test_everybody_exports_what_they_see_and_no_more(api: Api) -> None:
    house = api.house
    house.a_task("shop")
    house.a_task("other")
    house.write(todos.add, house.admin, "Call Bob", {"product": "shop"})
    house.person("ada")
    house.write(products.set_member, house.admin, "shop", "ada", "viewer")
    ada = house.write(people.make_token, house.admin, "ada's", scopes=["read"], username="ada").secret
    told = lines((await api("GET", "/export", token=ada)).text)
    assert told[0]["products"] == ["shop"]
    assert told[-1]["records"]["todo"] == 0
    assert (await api("GET", "/export?product=other", token=ada)).status_code == 404
