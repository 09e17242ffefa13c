"""The queue as people order it and look at it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from ploeg.control.backlog import backlog
from ploeg.control.backlog.placing import Place
from ploeg.control.products import products
from ploeg.control.queue import queue_order, queue_view
from ploeg.control.queue.hold import By
from ploeg.control.queue.queue_view import Depth, QueueView
from ploeg.domain.access import Role
from ploeg.domain.errors import Conflict, Denied, Invalid, NotFound
from ploeg.domain.job import Job
from tests.control.house import House


@pytest.fixture
def jobs(house: House) -> list[Job]:
    """Three that do not hold each other up: J-1, J-2, J-3."""
    house.product()
    return [house.run(house.task(house.story())) for _ in range(3)]


def change(house: House, code: str, **fields: Any) -> Job:
    return house.write(queue_order.change, house.admin, code, fields)


def view(house: House, **wanted: Any) -> QueueView:
    return house.read(queue_view.queue, house.admin, house.installation, **wanted)


def order(house: House) -> list[str]:
    return [place.line.job.code for place in view(house).queued]


def test_people_order_the_queue_and_workers_keep_to_it(house: House, jobs: list[Job]) -> None:
    change(house, "J-3", first=True)
    assert order(house) == ["J-3", "J-1", "J-2"]
    change(house, "J-2", before="J-1")
    assert order(house) == ["J-3", "J-2", "J-1"]
    change(house, "J-3", rank=9)
    assert order(house) == ["J-2", "J-1", "J-3"]
    change(house, "J-2", first=True)
    change(house, "J-2", before="J-2")
    assert order(house) == ["J-2", "J-1", "J-3"]
    hand = house.hand()
    assert [hand.take().job_code for _ in range(3)] == ["J-2", "J-1", "J-3"]
    assert house.told().count("job.changed") == 5


def test_a_job_is_put_off_and_brought_back(house: House, jobs: list[Job]) -> None:
    change(house, "J-1", not_before=house.clock.now + timedelta(hours=2))
    hand = house.hand()
    assert [hand.take().job_code for _ in range(2)] == ["J-2", "J-3"]
    assert hand.claim() is None
    assert change(house, "J-1", not_before=house.clock.now - timedelta(hours=1)).not_before is None
    assert hand.take().job_code == "J-1"


def test_a_queued_jobs_labels_can_be_changed(house: House, jobs: list[Job]) -> None:
    change(house, "J-1", labels=["gpu"])
    assert house.hand("plain").take().job_code == "J-2"
    assert house.hand("strong", labels=["gpu"]).take().job_code == "J-1"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"rank": 10**7}, "rank"),
        ({"rank": 1, "first": True}, "rank"),
        ({"not_before": datetime(2026, 11, 22, 23)}, "not_before"),
        ({"labels": ["two words"]}, "labels"),
    ],
)
def test_a_change_that_cannot_be_made_is_named(
    house: House, jobs: list[Job], fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        change(house, "J-1", **fields)
    assert refused.value.field == field


def test_only_a_queued_job_has_a_place(house: House, jobs: list[Job]) -> None:
    house.hand().take()
    for code, fields in (("J-1", {"first": True}), ("J-2", {"before": "J-1"})):
        with pytest.raises(Conflict, match="J-1 is claimed"):
            change(house, code, **fields)
    with pytest.raises(NotFound):
        change(house, "J-2", before="J-99")


def test_who_may_only_look_changes_no_order_and_strangers_see_nothing(house: House, jobs: list[Job]) -> None:
    viewer, stranger = house.person("vera"), house.person("stan")
    house.write(products.set_member, house.admin, "demo", "vera", Role.VIEWER)
    with pytest.raises(Denied):
        house.write(queue_order.change, viewer, "J-1", {"first": True})
    assert len(house.read(queue_view.queue, viewer, house.installation).queued) == 3
    assert house.read(queue_view.queue, stranger, house.installation) == QueueView(depths=[], running=[], queued=[])


def test_the_queue_shows_what_runs_what_is_next_and_why_it_waits(house: House, jobs: list[Job]) -> None:
    story = house.story()
    house.hand().take()
    for _ in range(2):
        house.run(house.task(story), labels=("gpu",))
    house.run(house.task(house.story()), not_before=house.clock.now + timedelta(hours=1))
    change(house, "J-3", first=True)
    house.write(products.edit, house.admin, "demo", {"max_jobs_by_runtime": {"claude": 1}})
    seen = view(house)
    assert [line.job.code for line in seen.running] == ["J-1"]
    held = [(place.line.job.code, place.hold.by if place.hold else None) for place in seen.queued]
    assert held == [
        ("J-3", By.WORKER),
        ("J-2", By.WORKER),
        ("J-4", By.WORKER),
        ("J-5", By.LANE),
        ("J-6", By.MOMENT),
    ]
    assert seen.depths == [
        Depth(runtime="patch", labels=(), ready=2, due=2, later=1, running=1),
        Depth(runtime="patch", labels=("gpu",), ready=1, due=2),
    ]
    assert [place.line.job.code for place in view(house, limit=1).queued] == ["J-3"]


def test_work_that_waits_for_review_holds_new_work_and_the_job_says_so(house: House, jobs: list[Job]) -> None:
    assert jobs[2].task_id is not None
    house.write(backlog.edit_task, house.admin, jobs[2].task_id, {"status": "REVIEW"}, Place())
    house.write(products.edit, house.admin, "demo", {"max_in_review": 1})
    hand = house.hand()
    assert hand.claim() is None
    hold = view(house).queued[0].hold
    assert hold is not None
    assert (hold.by, hold.text) == (
        By.REVIEW_LIMIT,
        "people's review of demo: 1 wait for it, and it allows 1",
    )
    house.write(backlog.edit_task, house.admin, jobs[2].task_id, {"status": "TO_DO"}, Place())
    assert hand.claim() is not None


@pytest.mark.parametrize(
    ("rule", "by", "says"),
    [
        ({"max_concurrent_jobs": 1}, By.PRODUCT_LIMIT, "one of the 1 jobs that product demo"),
        ({"max_jobs_by_runtime": {"patch": 1}}, By.RUNTIME_LIMIT, "one of the 1 patch jobs"),
        (
            {"active_hours": {"windows": "22:00-07:00", "time_zone": "Europe/Amsterdam"}},
            By.HOURS,
            "(22:00-07:00 Europe/Amsterdam), which begin at 2026-11-22 21:00:00 UTC",
        ),
    ],
)
def test_a_rule_that_holds_a_job_is_told_with_its_remedy_in_sight(
    house: House, jobs: list[Job], rule: dict[str, Any], by: By, says: str
) -> None:
    hand = house.hand()
    hand.take()
    house.write(products.edit, house.admin, "demo", rule)
    assert hand.claim() is None
    hold = view(house).queued[0].hold
    assert hold is not None
    assert hold.by is by
    assert says in hold.text
    assert view(house).depths[0].ready == 0
