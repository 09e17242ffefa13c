"""What is asked of a forge, over HTTP and as tools of people's own agents."""

from __future__ import annotations

import pytest

from ploeg.control.publishing import actions, publication
from ploeg.domain.forge_action import Deed
from tests.api.conftest import Api
from tests.control.house import proof

pytestmark = pytest.mark.anyio

URL = "https://git.example.org/crew/it"


async def a_done_story(api: Api) -> str:
    house = api.house
    house.product(repo_url=URL, auto_pr=True)
    story, hand = house.story(), house.hand()
    house.run(house.task(story))
    hand.done(hand.take(), **proof())
    delivery = house.write(publication.take)
    assert delivery is not None
    house.write(publication.delivered, delivery, f"{URL}/pulls/1")
    return story


async def test_a_person_merges_a_story_and_sees_what_comes_of_it(api: Api) -> None:
    story = await a_done_story(api)
    (asked,) = (await api.ok("POST", f"/stories/{story}/merge", 202))["items"]
    assert (asked["deed"], asked["state"], asked["sha"]) == ("merge", "pending", "a" * 40)
    listed = (await api.ok("GET", "/products/demo/forge-actions"))["items"]
    assert [action["deed"] for action in listed] == ["merge", "status"]
    await api.refused(409, "POST", f"/forge-actions/{asked['id']}/retry")
    await api.refused(404, "POST", "/forge-actions/act_none/retry")


async def test_what_failed_is_tried_again(api: Api) -> None:
    await a_done_story(api)
    house = api.house
    taken = house.write(actions.take)
    assert taken is not None
    house.write(actions.dropped, taken, "somebody said so")
    again = await api.ok("POST", f"/forge-actions/{taken.id}/retry")
    assert (again["state"], again["reason"]) == ("pending", None)


async def test_a_promotion_is_asked_by_key(api: Api) -> None:
    api.house.product(promote_workflow="promote.yml")
    once = await api.ok("POST", "/products/demo/promotions", 202, headers={"Idempotency-Key": "one"})
    again = await api.ok("POST", "/products/demo/promotions", 202, headers={"Idempotency-Key": "one"})
    assert (once["deed"], once["id"]) == (Deed.PROMOTE, again["id"])
    await api.refused(422, "PATCH", "/products/demo", json={"promote_workflow": "../x"})
    changed = await api.ok("PATCH", "/products/demo", json={"merge_method": "rebase", "failure_cascade": False})
    assert (changed["merge_method"], changed["failure_cascade"]) == ("rebase", False)
