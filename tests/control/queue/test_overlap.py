"""Jobs on different branches that are about to change the same files: seen beforehand, and put in order on wish."""

from __future__ import annotations

from typing import Any

import pytest

from ploeg.control.queue import overlap, queue_view
from ploeg.control.queue.submit import Wish
from ploeg.control.toolbelt import carry_out
from ploeg.control.toolbelt.caller import PersonCaller
from ploeg.domain.job import JobStatus
from tests.control.house import SHA, House, proof

BOTH = "Change `src/app.py` and `README.md`."
ONE = "Mend `app.py`."


def seen(house: House, reference: str) -> dict[str, tuple[str, ...]]:
    found = house.read(overlap.of_item, house.admin, house.installation, reference)
    return {each.job.code: each.paths for each in found}


def two_stories(house: House) -> tuple[str, str]:
    house.product()
    first, second = house.story(), house.story()
    return house.task(first, implementation_plan=BOTH), house.task(second, implementation_plan=ONE)


def test_a_task_is_told_of_jobs_whose_plans_name_the_same_files(house: House) -> None:
    first, second = two_stories(house)
    job = house.run(first)
    assert seen(house, second) == {job.code: ("src/app.py",)}
    assert seen(house, first) == {}
    assert seen(house, job.code) == {}
    other = house.run(second)
    assert seen(house, job.code) == {other.code: ("app.py",)}


def test_what_was_seen_to_change_counts_and_what_has_ended_does_not(house: House) -> None:
    house.product()
    task = house.task(house.story(), implementation_plan="Tidy up.")
    house.run(task)
    hand = house.hand()
    got = hand.take()
    receipt = proof()["receipt"] | {"files": [{"path": "src/app.py", "added": 1, "removed": 0}]}
    hand.finish(got, "push_failed", head_sha=SHA, receipt=receipt, verified=True)
    later = house.task(house.story(), implementation_plan=ONE)
    assert seen(house, later) == {got.job_code: ("src/app.py",)}
    house.write(lambda tx: tx.jobs.update(house.job(got).cancel("enough", tx.now)))
    assert seen(house, later) == {}


@pytest.mark.parametrize("files", [5, None, ["app.py"], [{}], [{"path": 7}], {"path": "app.py"}])
def test_a_receipt_of_another_form_says_nothing_and_breaks_nothing(house: House, files: Any) -> None:
    house.product()
    house.run(house.task(house.story(), implementation_plan="Tidy up."))
    hand = house.hand()
    got = hand.take()
    hand.finish(got, "push_failed", head_sha=SHA, receipt={"files": files})
    assert seen(house, house.task(house.story(), implementation_plan=ONE)) == {}
    house.read(queue_view.queue, house.admin, house.installation)
    assert house.attempt(got).files == []


def test_jobs_on_the_same_branch_or_in_other_repositories_do_not_overlap(house: House) -> None:
    house.product()
    story = house.story()
    house.run(house.task(story, implementation_plan=BOTH))
    assert seen(house, house.task(story, implementation_plan=ONE)) == {}
    elsewhere = house.task(house.story(), implementation_plan=ONE, repo_url="https://git.example.org/other.git")
    assert seen(house, elsewhere) == {}


def test_the_queue_shows_it(house: House) -> None:
    first, second = two_stories(house)
    jobs = [house.run(first), house.run(second)]
    places = house.read(queue_view.queue, house.admin, house.installation).queued
    assert [[each.job.code for each in place.overlaps] for place in places] == [[jobs[1].code], [jobs[0].code]]


def test_on_wish_the_later_one_waits_for_the_earlier_ones_task(house: House) -> None:
    first, second = two_stories(house)
    house.run(first)
    queued = house.write(overlap.run_task_in_order, house.admin, house.installation, second, Wish()).job
    hand = house.hand()
    got = hand.take()
    assert hand.claim("again") is None
    assert hand.done(got).job_status == JobStatus.DONE
    assert hand.take().job_id == queued.id


def test_one_that_waits_for_this_one_already_is_not_waited_for(house: House) -> None:
    first, second = two_stories(house)
    earlier = house.run(first)
    house.write(overlap.run_task_in_order, house.admin, house.installation, second, Wish())
    house.write(lambda tx: tx.jobs.update(house.job(earlier).cancel("not now", tx.now)))
    again = house.write(overlap.run_task_in_order, house.admin, house.installation, first, Wish()).job
    assert house.hand().take().job_id == again.id


def test_peoples_agents_foresee_and_order_as_well(house: House) -> None:
    first, second = two_stories(house)
    job = house.run(first)
    caller = PersonCaller(house.admin, house.installation)

    def call(name: str, **arguments: object) -> dict[str, object]:
        return house.write(carry_out, caller, name, arguments).model_dump(mode="json")

    assert call("foresee_conflicts", item_id=second) == {
        "result": [{"job": job.code, "status": "queued", "paths": ["src/app.py"]}]
    }
    call("dispatch_job", task_id=second, in_order=True)
    hand = house.hand()
    assert hand.take().job_id == job.id
    assert hand.claim("another") is None
