"""Jobs as people look at them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from ploeg.control import installation_view, read
from ploeg.control.products import products
from ploeg.domain.attempt import Phase
from ploeg.domain.errors import Invalid, NotFound
from tests.control.house import SHA, House, proof


def why(house: House, code: str = "J-1") -> str | None:
    return house.read(read.job, house.admin, house.installation, code).waiting_for


def test_a_queued_job_says_what_it_waits_for(house: House) -> None:
    house.product(max_concurrent_jobs=1)
    story = house.story()
    house.run(house.task(story))
    assert "no worker" not in (why(house) or "")
    assert why(house) == "a worker that offers the runtime «patch»: none is there"
    hand = house.hand()
    got = hand.take()
    assert why(house) is None
    house.run(house.task(story))
    assert why(house, "J-2") == "one of the 1 jobs that product demo may have at work at the same time"
    house.write(products.edit, house.admin, "demo", {"max_concurrent_jobs": None})
    assert why(house, "J-2") == "J-1, which is at work on the same branch"
    hand.finish(got, "agent_crashed", reason="it fell over")
    assert "UTC (it fell over)" in (why(house) or "")
    assert why(house, "J-2") == "J-1, which comes before it on the same branch and is queued"
    house.clock.turn(minutes=1)
    assert why(house) == "a free worker"
    house.write(products.archive, house.admin, "demo")
    assert "archived" in (why(house) or "")


def test_a_job_that_waits_for_an_account_says_which(house: House) -> None:
    house.run(house.a_task())
    hand = house.hand()
    hand.finish(hand.take(), "auth_expired")
    assert why(house) == "a sign-in of patch on one"
    house.clock.turn(seconds=1)


def test_a_job_that_waits_for_a_quota_says_until_when(house: House) -> None:
    house.run(house.a_task("one"))
    house.run(house.a_task("two"))
    hand = house.hand()
    hand.finish(hand.take(), "quota_exhausted", reason="used up", reset_at=house.clock.now + timedelta(seconds=60))
    # A little behind the reset, each time another moment.
    stands = r"patch on one, which stands by until 2026-11-22 12:01:0[0-3] UTC: used up"
    assert re.fullmatch(stands, why(house, "J-2") or "")


def test_a_job_shows_its_attempts_with_their_phases(house: House) -> None:
    house.run(house.a_task())
    hand = house.hand("elf")
    got = hand.take()
    for phase in ("agent", "verify", "push"):
        house.clock.turn(seconds=10)
        hand.beat(got, phase)
    view = house.read(read.job, house.admin, house.installation, "1")
    (attempt,) = view.attempts
    assert attempt.hostname == "elf"
    assert [phase for phase, _ in attempt.phases] == [Phase.PREPARE, Phase.AGENT, Phase.VERIFY, Phase.PUSH]
    assert attempt.phases[1][1] - attempt.phases[0][1] == timedelta(seconds=10)
    assert (view.line.phase, view.line.task, view.line.story, view.line.product) == (
        Phase.PUSH,
        "T-1",
        "ST-001",
        "demo",
    )
    assert view.config["source"]["runtime"] == "kind"
    assert view.requested_by == "admin"


def test_jobs_are_listed_newest_first_page_by_page(house: House) -> None:
    house.product()
    for _ in range(5):
        house.run(house.task(house.story()))
    first = house.read(read.jobs, house.admin, limit=2)
    second = house.read(read.jobs, house.admin, limit=2, before=first[-1].job.number)
    assert [line.job.number for line in first + second] == [5, 4, 3, 2]


def test_jobs_are_picked_by_status_task_story_and_product(house: House) -> None:
    one, two = house.a_task("one"), house.a_task("two")
    house.run(one)
    house.run(two)
    hand = house.hand()
    hand.done(hand.take())
    listed = {
        "done": house.read(read.jobs, house.admin, statuses=["done"]),
        "task": house.read(read.jobs, house.admin, task="one:T-1"),
        "story": house.read(read.jobs, house.admin, story="one:ST-001"),
        "product": house.read(read.jobs, house.admin, product="one"),
    }
    for name, lines in listed.items():
        assert [line.job.code for line in lines] == ["J-1"], name
    with pytest.raises(Invalid):
        house.read(read.jobs, house.admin, statuses=["finished"])


@pytest.mark.parametrize("reference", ["J-2", "0", "-1", "99999999999", "job_x", "T", "J-1\x00", "../J-1", ""])
def test_a_job_that_is_not_there_is_not_found(house: House, reference: str) -> None:
    house.run(house.a_task())
    with pytest.raises(NotFound):
        house.read(read.job, house.admin, house.installation, reference)


def test_a_receipt_is_that_of_the_latest_attempt_that_has_one(house: House) -> None:
    house.run(house.a_task())
    hand = house.hand()
    with pytest.raises(NotFound, match="of J-1"):
        house.read(read.receipt, house.admin, "J-1", None)
    hand.finish(hand.take(), "push_failed", **proof())
    house.clock.turn(minutes=1)
    hand.finish(hand.take(), "worker_stopped")
    found = house.read(read.receipt, house.admin, "J-1", None)
    assert (found.attempt, found.receipt["head_sha"]) == (1, SHA)
    with pytest.raises(NotFound, match="of attempt 2 of J-1"):
        house.read(read.receipt, house.admin, "J-1", 2)
    with pytest.raises(NotFound):
        house.read(read.receipt, house.person("eve"), "J-1", None)


def test_another_s_job_reads_like_none(house: House) -> None:
    job = house.run(house.a_task())
    ada = house.person("ada")
    answers = set()
    for reference in ("J-1", "J-9", job.id):
        with pytest.raises(NotFound) as refused:
            house.read(read.job, ada, house.installation, reference)
        answers.add(str(refused.value).replace(reference, "?"))
    assert len(answers) == 1
    assert house.read(read.jobs, ada) == []


def test_a_job_s_history_names_who_did_what(house: House) -> None:
    house.run(house.a_task())
    hand = house.hand()
    got = hand.take()
    hand.done(got)
    history = house.read(read.history, house.admin, "J-1")
    assert [(event.type, event.actor.split(":")[0]) for event in history][:2] == [
        ("job.queued", "user"),
        ("job.claimed", "worker"),
    ]
    assert history[-1].type == "pbi.changed"


def test_a_worker_is_shown_with_what_it_holds(house: House) -> None:
    house.run(house.a_task())
    house.hand("elf").take()
    (view,) = house.read(installation_view.workers, house.admin)
    assert (view.worker.hostname, view.online, view.jobs) == ("elf", True, ["J-1"])
    house.clock.turn(minutes=5)
    assert not house.read(installation_view.workers, house.admin)[0].online
