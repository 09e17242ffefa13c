from __future__ import annotations

import pytest

from ploeg.control.backlog import backlog
from ploeg.control.backlog.placing import Place
from ploeg.control.products import products
from ploeg.domain.backlog import TaskStatus
from ploeg.domain.errors import Invalid, Superseded
from ploeg.domain.job import JobStatus
from ploeg.domain.quota import JITTER_MAX
from tests.control.house import PLAN, House

NOWHERE = Place()


def test_a_claim_hands_over_everything_and_freezes_it(house: House) -> None:
    house.product(config={"verify_commands": ["make test"], "runtime": "claude"}, definition_of_done="It works.")
    task = house.task(house.story(), title="Say hello", config={"model": "opus"})
    job = house.run(task, instruction="Be brief.")
    hand = house.hand(runtimes=["claude", "patch"])
    got = hand.take()
    assert (got.job_id, got.attempt_number, got.branch) == (job.id, 1, job.branch)
    assert got.repo_url == "https://git.example.org/demo.git"
    assert (got.config.runtime, got.config.model) == ("claude", "opus")
    assert (got.config.verify_commands, got.config.source["model"]) == (["make test"], "task")
    assert got.product.definition_of_done == "It works."
    assert got.task is not None
    assert (got.task.title, got.task.implementation_plan, got.instruction) == ("Say hello", PLAN, "Be brief.")
    assert (got.lease_seconds, got.renew_seconds) == (300, 15)

    house.write(backlog.edit_task, house.admin, task, {"implementation_plan": "Another plan."}, NOWHERE)
    assert house.attempt(got).frozen["task"]["implementation_plan"] == PLAN


def test_claiming_makes_the_job_claimed_and_its_task_in_progress(house: House) -> None:
    task = house.a_task()
    job = house.run(task)
    got = house.hand().take()
    claimed = house.job(job)
    assert (claimed.status, claimed.attempt_id, claimed.attempts) == (JobStatus.CLAIMED, got.attempt_id, 1)
    assert house.task_now(task).status is TaskStatus.IN_PROGRESS
    assert house.told()[-2:] == ["job.claimed", "task.changed"]


def test_a_task_of_another_repository_is_worked_on_there(house: House) -> None:
    elsewhere = "https://git.example.org/elsewhere.git"
    house.run(house.a_task(repo_url=elsewhere))
    assert house.hand().take().repo_url == elsewhere


def test_the_same_claim_again_gets_the_same_attempt(house: House) -> None:
    house.run(house.a_task("one"))
    house.run(house.a_task("two"))
    hand = house.hand()
    first = hand.claim("key")
    house.write(products.edit, house.admin, "one", {"definition_of_done": "Changed."})
    assert hand.claim("key") == first
    other = hand.claim("another key")
    assert other is not None
    assert first is not None
    assert other.job_id != first.job_id


def test_a_claim_key_is_one_worker_s_own(house: House) -> None:
    house.run(house.a_task("one"))
    house.run(house.a_task("two"))
    first, second = house.hand("one").claim("key"), house.hand("two").claim("key")
    assert first is not None
    assert second is not None
    assert first.job_id != second.job_id


def test_a_claim_key_whose_attempt_has_ended_is_refused(house: House) -> None:
    house.run(house.a_task())
    hand = house.hand()
    got = hand.claim("key")
    assert got is not None
    hand.finish(got, "worker_stopped")
    with pytest.raises(Superseded):
        hand.claim("key")
    assert hand.claim("new key") is not None


def test_one_job_goes_to_one_worker(house: House) -> None:
    house.run(house.a_task())
    assert house.hand("one").claim() is not None
    assert house.hand("two").claim() is None


def test_a_worker_gets_only_jobs_whose_runtime_and_labels_it_offers(house: House) -> None:
    house.run(house.a_task(), config={"runtime": "claude"}, labels=("gpu", "big"))
    assert house.hand("one").claim() is None
    assert house.hand("two", runtimes=["claude"], labels=["gpu"]).claim() is None
    assert house.hand("three", runtimes=["claude"], labels=["big", "gpu", "x"]).claim() is not None


def test_a_worker_gets_only_jobs_of_products_that_its_owner_may_change(house: House) -> None:
    ada = house.person("ada")
    house.run(house.a_task("one"))
    hand = house.hand(of=ada)
    assert hand.claim() is None
    house.write(products.set_member, house.admin, "one", "ada", "viewer")
    assert hand.claim() is None
    house.write(products.set_member, house.admin, "one", "ada", "member")
    assert hand.claim() is not None


def test_tasks_of_one_story_run_one_after_the_other_in_their_order(house: House) -> None:
    story = house.story(house.product())
    tasks = [house.task(story) for _ in range(2)]
    house.run(tasks[1])
    house.run(tasks[0])
    hand = house.hand()
    first = hand.take()
    assert first.task is not None
    assert first.task.id == tasks[0]
    assert hand.claim() is None
    hand.done(first)
    second = hand.take()
    assert second.task is not None
    assert second.task.id == tasks[1]


def test_stories_run_beside_each_other_up_to_their_product_s_limit(house: House) -> None:
    house.product(max_concurrent_jobs=2)
    for _ in range(3):
        house.run(house.task(house.story()))
    hand = house.hand()
    first = hand.take()
    assert hand.claim() is not None
    assert hand.claim() is None
    hand.done(first)
    assert hand.claim() is not None


def test_a_job_moved_to_the_top_goes_first(house: House) -> None:
    house.run(house.a_task("one"))
    urgent = house.run(house.a_task("two"), rank=-1)
    assert house.hand().take().job_id == urgent.id


def test_no_job_of_an_archived_product_is_offered(house: House) -> None:
    house.run(house.a_task())
    house.write(products.archive, house.admin, "demo")
    hand = house.hand()
    assert hand.claim() is None
    house.write(products.restore, house.admin, "demo")
    assert hand.claim() is not None


def test_a_later_attempt_keeps_the_plan_of_the_first_whatever_was_written_since(house: House) -> None:
    task = house.a_task()
    house.run(task)
    hand = house.hand()
    hand.finish(hand.take(), "worker_stopped")
    house.write(backlog.edit_task, house.admin, task, {"implementation_plan": "Whatever."}, NOWHERE)
    again = hand.take()
    assert again.attempt_number == 2
    assert again.task is not None
    assert again.task.implementation_plan == PLAN


def test_an_attempt_after_one_without_a_report_is_reminded_once(house: House) -> None:
    house.run(house.a_task())
    hand = house.hand()
    first = hand.take()
    assert not first.reminder
    hand.beat(first, session_id="s-1")
    hand.finish(first, "no_report")
    second = hand.take()
    assert second.reminder
    assert second.resume is not None
    assert (second.resume.session_id, second.resume.attempt_id) == ("s-1", first.attempt_id)
    assert hand.finish(second, "no_report").job_status == "failed"


def test_a_runtime_that_stands_by_gets_no_jobs_until_its_quota_is_back(house: House) -> None:
    house.run(house.a_task("one"))
    house.run(house.a_task("two"))
    hand = house.hand()
    back = house.clock.now.replace(hour=14)
    hand.finish(hand.take(), "quota_exhausted", reason="the five-hour window is used up", reset_at=back)
    answer = hand.ask()
    assert answer.assignment is None
    assert answer.ask_again_at is not None
    assert back <= answer.ask_again_at <= back + JITTER_MAX
    other = house.hand("two")
    assert other.claim() is not None
    house.clock.turn(hours=2, minutes=1)
    assert hand.claim() is not None


def test_a_runtime_that_needs_a_sign_in_gets_no_jobs_and_another_worker_does(house: House) -> None:
    job = house.run(house.a_task())
    hand = house.hand(runtimes=["patch", "claude"])
    hand.finish(hand.take(), "auth_expired", reason="the token has expired")
    assert (house.job(job).status, house.job(job).counted) == (JobStatus.QUEUED, 0)
    assert hand.claim() is None
    house.run(house.a_task("two"), config={"runtime": "claude"})
    assert hand.claim() is not None
    assert house.hand("two").claim() is not None


@pytest.mark.parametrize(
    ("field", "offer"),
    [
        ("slots", {"slots": 0}),
        ("hostname", {"hostname": ""}),
        ("runtimes", {"runtimes": ["x"] * 65}),
        ("labels", {"labels": ["a\nb"]}),
    ],
)
def test_a_worker_that_says_nonsense_is_refused(house: House, field: str, offer: dict[str, object]) -> None:
    hand = house.hand()
    hand.info = type(hand.info)(**{**{f: getattr(hand.info, f) for f in hand.info.__struct_fields__}, **offer})
    with pytest.raises(Invalid) as refused:
        hand.claim()
    assert refused.value.field == field
