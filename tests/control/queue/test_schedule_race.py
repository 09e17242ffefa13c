"""Two servers look at the same moment, on both databases: each schedule queues one job."""

from __future__ import annotations

from functools import partial

import pytest

from ploeg.control.queue import scheduled, schedules
from ploeg.control.queue.submit import Wish
from tests.control.house import House
from tests.control.questions.test_question_race import at_once, busy_house
from tests.store.conftest import database_url, migrated_file, postgres_cluster

__all__ = ["busy_house", "database_url", "migrated_file", "postgres_cluster"]

pytestmark = pytest.mark.anyio


async def test_a_moment_queues_one_job_however_many_servers_look(busy_house: House) -> None:
    house = busy_house
    story = house.story(house.product())
    for _ in range(5):
        house.write(schedules.add, house.admin, house.task(story), "hourly", "UTC", Wish())
    house.clock.turn(hours=1)
    due = house.read(lambda tx: tx.schedules.due(tx.now))
    acts = [
        partial(house.write, scheduled.queue, house.installation, schedule.id, schedule.next_at)
        for schedule in due
        for _ in range(4)
    ]
    at_once(*acts)
    await scheduled.run_due(house.plane)
    jobs = house.read(lambda tx: tx.jobs.of_products([due[0].product_id]))
    assert sorted(job.number for job in jobs) == [1, 2, 3, 4, 5]
    assert len({job.task_id for job in jobs}) == 5
    assert all(
        schedule.note is None for schedule in house.read(lambda tx: tx.schedules.of_products([due[0].product_id]))
    )
