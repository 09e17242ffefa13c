"""A product is published elsewhere on its owner's word, and never twice by accident."""

from __future__ import annotations

import pytest

from ploeg.control.products import products
from ploeg.control.publishing import actions, promotion
from ploeg.domain.errors import Conflict, Denied, NotFound
from ploeg.domain.forge_action import Deed
from tests.control.house import House
from tests.control.publishing.conftest import Scene

pytestmark = pytest.mark.anyio


async def test_the_forge_starts_the_product_s_workflow(house: House) -> None:
    scene = Scene.of(house, promote_workflow="promote.yml")
    asked = house.write(promotion.promote, house.admin, "demo", None, "once")
    with pytest.raises(Conflict, match="under way"):
        house.write(promotion.promote, house.admin, "demo")
    await scene.outbox.look()
    assert house.write(promotion.promote, house.admin, "demo", None, "once").id == asked.id
    house.write(promotion.promote, house.admin, "demo", "v1.2")
    await scene.outbox.look()
    assert scene.forge.dispatched == [("promote.yml", "trunk"), ("promote.yml", "v1.2")]


async def test_one_that_may_have_begun_is_not_begun_again(house: House) -> None:
    scene = Scene.of(house, promote_workflow="promote.yml")
    house.write(promotion.promote, house.admin, "demo")
    scene.way.cuts.append(("dispatch_workflow", "after"))
    for _ in range(3):
        await scene.pass_time(minutes=5)
    assert len(scene.forge.dispatched) == 1
    assert (scene.the(Deed.PROMOTE).state, scene.the(Deed.PROMOTE).reason) == ("failed", "the line was cut")


async def test_what_a_server_died_in_is_left_to_people(house: House) -> None:
    scene = Scene.of(house, promote_workflow="promote.yml")
    house.write(promotion.promote, house.admin, "demo")
    house.write(lambda tx: tx.forge_actions.take(tx.now))
    await scene.pass_time(minutes=5)
    assert scene.forge.dispatched == []
    assert "look at the forge" in (scene.the(Deed.PROMOTE).reason or "")


async def test_it_needs_a_workflow_and_its_owner(house: House) -> None:
    house.product()
    with pytest.raises(Conflict, match="--promote-workflow"):
        house.write(promotion.promote, house.admin, "demo")
    house.write(products.edit, house.admin, "demo", {"promote_workflow": "promote.yml"})
    with pytest.raises(NotFound):
        house.write(promotion.promote, house.person("mia"), "demo")


async def test_one_that_did_not_get_so_far_is_tried_again(house: House) -> None:
    scene = Scene.of(house, promote_workflow="promote.yml")
    house.write(promotion.promote, house.admin, "demo")
    scene.way.cuts += [("repository", "before")] * 2
    for _ in range(3):
        await scene.pass_time(minutes=5)
    assert (len(scene.forge.dispatched), scene.the(Deed.PROMOTE).state) == (1, "done")


async def test_a_person_may_try_again_what_was_left_to_people(house: House) -> None:
    scene = Scene.of(house, promote_workflow="promote.yml")
    action = house.write(promotion.promote, house.admin, "demo")
    house.write(lambda tx: tx.forge_actions.take(tx.now))
    await scene.pass_time(minutes=5)
    house.write(actions.retry, house.admin, action.id)
    await scene.outbox.look()
    assert (len(scene.forge.dispatched), scene.the(Deed.PROMOTE).state) == (1, "done")


async def test_trying_a_promotion_again_takes_its_owner_as_well(house: House) -> None:
    scene = Scene.of(house, promote_workflow="promote.yml")
    action = house.write(promotion.promote, house.admin, "demo")
    scene.way.cuts.append(("dispatch_workflow", "before"))
    await scene.outbox.look()
    assert scene.the(Deed.PROMOTE).state == "failed"
    mia = house.person("mia")
    house.write(products.set_member, house.admin, "demo", "mia", "member")
    with pytest.raises(Denied):
        house.write(actions.retry, mia, action.id)
    await scene.outbox.look()
    assert scene.forge.dispatched == []
