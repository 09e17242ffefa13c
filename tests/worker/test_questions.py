"""An agent that asks: it gets its answer while it waits, or its job is parked and goes on later."""

from __future__ import annotations

import asyncio

import pytest

from ploeg.wire.assignment import AskedOut, ResumeOut
from tests.worker.rig import Rig

pytestmark = pytest.mark.anyio

ASK = 'told = call("ask_user_question", story_id=STORY, question="Which colour?", wait_seconds={wait})\n'
ANSWERED = AskedOut(code="Q-1", question="Which colour?", status="answered", answer="blue, please")


async def test_an_answer_in_time_goes_straight_to_the_agent(rig: Rig) -> None:
    job = asyncio.create_task(
        rig.run("start()\n" + ASK.format(wait=600) + "commit(content=told['answer']); report(); finish()")
    )
    await rig.far_end.until(lambda: "answers" in rig.far_end.requests)
    await rig.far_end.decide(status="answered", answer="blue\n")
    report = await job
    assert report.outcome == "done", report.reason
    assert rig.remote.content(rig.job().branch, "hello.txt") == "blue\n"


async def test_without_an_answer_the_job_is_parked_with_its_work_and_goes_on_in_the_same_session(
    sandboxed_rig: Rig,
) -> None:
    rig = sandboxed_rig
    first = await rig.run(
        "start(); commit(); write('rest.txt', 'half')\n" + ASK.format(wait=1) + "say(told['next_action']); finish()"
    )
    assert (first.outcome, first.reason) == ("waiting", "an answer to Q-1")
    assert first.snapshot
    assert [event["text"] for event in rig.events("said")] == ["stop"]
    assert rig.workspaces() == []
    assert (rig.home / "homes" / "J-1").is_dir()

    second = await rig.run(
        "start(); sh('test -f rest.txt && git add -A && git commit -qm Rest'); report(); finish()",
        rig.next_attempt(first, asked=[ANSWERED]),
    )

    assert second.outcome == "done", second.reason
    assert second.session_id == first.session_id
    resumed = rig.runtime.briefs[1]
    assert resumed.resume_session_id == first.session_id
    assert "parked until people answered" in resumed.prompt
    assert "blue, please" in resumed.prompt


async def test_an_agent_that_works_on_after_being_told_to_stop_is_ended_and_its_job_stays_parked(rig: Rig) -> None:
    report = await rig.run(
        "start(); commit()\n"
        + ASK.format(wait=1)
        + "report(); call('log_implementation', story_id=STORY, content='x')\n"
        "forever()"
    )
    assert report.outcome == "waiting"
    assert len(rig.refusals()) == 2
    assert all("parked until Q-1 is answered" in refusal for refusal in rig.refusals())
    (ended,) = rig.notes("agent_ended")
    assert ended["shown_out"]


async def test_an_agent_that_does_not_wait_goes_on(rig: Rig) -> None:
    report = await rig.run(
        "start()\n" + ASK.format(wait=0) + "commit(content=told['advice']); report(); finish()", rig.job()
    )
    assert report.outcome == "done", report.reason
    assert "get_question_answer" in rig.remote.content(rig.job().branch, "hello.txt")
    assert "answers" not in rig.far_end.requests


@pytest.mark.parametrize(
    ("decided", "advice"),
    [
        ({"status": "cancelled"}, "nobody will answer it; do not guess"),
        ({"status": "expired", "answer": "blue"}, "the option that you recommended is taken"),
    ],
)
async def test_what_people_did_not_answer_is_told_to_the_agent_that_waits(
    rig: Rig, decided: dict[str, str], advice: str
) -> None:
    job = asyncio.create_task(
        rig.run("start()\n" + ASK.format(wait=600) + "report('failed', error=told['advice']); finish()")
    )
    await rig.far_end.until(lambda: "answers" in rig.far_end.requests)
    await rig.far_end.decide(**decided)
    report = await job
    assert report.outcome == "reported_failed"
    assert advice in str(report.reason)


async def test_a_wait_for_people_counts_neither_as_silence_nor_as_work(rig: Rig) -> None:
    limits = {"max_silence_minutes": 5 / 60, "max_minutes": 5 / 60}
    report = await rig.run("start()\n" + ASK.format(wait=6) + "finish()", rig.job(limits=limits))
    assert report.outcome == "waiting", report.reason


async def test_a_worker_without_the_session_begins_anew_with_the_agents_last_words(rig: Rig) -> None:
    resume = ResumeOut(attempt_id="att_9", worker_id="wrk_9", session_id="theirs", last_words="I am halfway.")
    report = await rig.run("start(); commit(); report(); finish()", rig.job(attempt=2, resume=resume, asked=[ANSWERED]))
    assert report.outcome == "done", report.reason
    (brief,) = rig.runtime.briefs
    assert brief.resume_session_id is None
    assert "I am halfway." in brief.prompt
    assert "blue, please" in brief.prompt


async def test_a_cancel_ends_the_wait(rig: Rig) -> None:
    job = asyncio.create_task(rig.run("start()\n" + ASK.format(wait=600) + "forever()", rig.job(renew_seconds=0.2)))
    await rig.far_end.until(lambda: "answers" in rig.far_end.requests)
    rig.far_end.orders.append("cancel")
    assert (await job).outcome == "cancelled"
