"""A story's activity: logs of agents and changes by people and jobs, as one list."""

from __future__ import annotations

from ploeg.control.backlog import activity, backlog, dependencies
from ploeg.control.backlog.placing import Place
from ploeg.control.work import calls
from ploeg.domain.codes import CodeKind
from ploeg.wire.work import ToolCall
from tests.control.house import House


def test_a_story_tells_what_happened_to_it_its_tasks_and_its_jobs(house: House) -> None:
    story = house.story(house.product())
    house.task(story)
    house.task(story)
    house.write(dependencies.add, house.admin, CodeKind.TASK, "T-2", "T-1")
    house.run("T-1")
    hand = house.hand()
    work = hand.take()
    logged = {"story_id": "ST-001", "content": "Did it.", "commit_hash": "abcdef1234567", "commit_message": "Say hello"}
    call = ToolCall(call_id="c-1", tool="log_commit", arguments=logged)
    assert house.write(calls.call, hand.actor, house.installation, work.attempt_id, call).error is None
    house.clock.turn(minutes=1)
    hand.done(work)
    house.write(backlog.edit_task, house.admin, "T-2", {"status": "EXCLUDED"}, Place())

    told = house.read(activity.of_story, house.admin, "ST-001")
    texts = [entry.text for entry in told]
    assert texts[:4] == ["ST-001 added", "T-1 added", "T-2 added", "T-2 dependency added, needs T-1"]
    assert "abcdef1234 Say hello" in texts
    assert [text for text in texts if text.startswith("J-1")] == ["J-1 queued", "J-1 done"]
    assert texts[-2:] == ["T-2 is EXCLUDED, was TO_DO", "ST-001 is DONE, was OPEN"]
    assert [entry.type for entry in told if entry.actor is None] == ["log.commit"]
    assert house.read(activity.of_story, house.admin, "ST-001", 2) == told[-2:]


def test_another_story_s_tasks_and_jobs_are_left_out(house: House) -> None:
    here, there = house.story(house.product()), house.story()
    house.run(house.task(there))
    assert [entry.text for entry in house.read(activity.of_story, house.admin, here)] == ["ST-001 added"]
