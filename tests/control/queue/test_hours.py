"""Active hours and limits of a product, as people set them and as time goes on."""

from __future__ import annotations

from typing import Any

import pytest

from ploeg.control.installation import Installation
from ploeg.control.products import products
from ploeg.control.queue import hours
from ploeg.control.sweep import next_due
from ploeg.domain.errors import Invalid
from tests.control.house import House

#: The house's clock begins at 12:00 UTC, which is 13:00 here.
NIGHT = {"windows": "22:00-07:00", "time_zone": "Europe/Amsterdam"}


def change(house: House, **fields: Any) -> None:
    house.write(products.edit, house.admin, "demo", fields)


def sweep(house: House) -> bool:
    """As the sweeper does."""
    if not house.read(hours.over):
        return False
    house.write(hours.move_on)
    return True


def test_a_job_waits_for_the_hours_of_its_product_and_no_longer(house: House) -> None:
    house.run(house.a_task())
    change(house, active_hours=NIGHT)
    hand = house.hand()
    assert hand.claim() is None
    opens = house.read(next_due)[1]
    house.clock.turn(hours=9)
    assert opens == house.clock.now
    assert not sweep(house), "an open product needs no chore"
    assert hand.claim() is not None


def test_what_runs_when_the_hours_end_goes_on_and_the_next_night_is_planned(house: House) -> None:
    story = house.story(house.product())
    first, second = house.task(story), house.task(story)
    change(house, active_hours=NIGHT)
    house.run(first)
    house.clock.turn(hours=17, minutes=59)
    hand = house.hand()
    running = hand.take()
    house.clock.turn(minutes=1)
    house.run(second)
    assert hand.beat(running).order == "continue"
    hand.done(running)
    assert sweep(house)
    assert hand.claim() is None
    house.clock.turn(hours=15)
    assert hand.claim() is not None


def test_a_product_whose_hours_are_taken_away_is_always_open(house: House) -> None:
    house.run(house.a_task())
    change(house, active_hours=NIGHT)
    change(house, active_hours=None)
    assert house.hand().claim() is not None
    assert not sweep(house)


def test_the_installation_limits_a_runtime(house: House) -> None:
    house.installation = Installation(max_jobs_by_runtime={"patch": 1})
    house.run(house.a_task("one"))
    house.run(house.a_task("two"))
    hand = house.hand()
    first = hand.take()
    assert hand.claim() is None
    hand.done(first)
    assert hand.claim() is not None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"active_hours": {"windows": "at night", "time_zone": "UTC"}}, "active_hours"),
        ({"active_hours": {"windows": "22:00-07:00", "time_zone": "Nowhere"}}, "time_zone"),
        ({"max_jobs_by_runtime": {"Claude Code": 1}}, "max_jobs_by_runtime"),
        ({"max_jobs_by_runtime": {"claude": 0}}, "max_jobs_by_runtime"),
        ({"max_in_review": 0}, "max_in_review"),
    ],
)
def test_a_rule_that_cannot_be_used_is_named(house: House, fields: dict[str, Any], field: str) -> None:
    house.product("demo")
    with pytest.raises(Invalid) as refused:
        change(house, **fields)
    assert refused.value.field == field
