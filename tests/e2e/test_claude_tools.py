"""The real Claude Code program calls every tool of a task's job, and waits for a person in between."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ploeg.domain.kinds import KindName, kind_named
from tests.e2e.installation import Installation
from tests.e2e.repository import Remote
from tests.e2e.test_claude_main_job import CODE, DONE, PLAN, commit, ploeg
from tests.e2e.test_claude_questions import command
from tests.scripted.anthropic import ScriptedModel
from tests.scripted.script import Answer, say

pytestmark = pytest.mark.campaign

DOC = "---\ntitle: How we say goodbye\nstatus: active\n---\n\nShort, and with the name.\n"
OURS = "mcp__ploeg__"


def of_docs() -> list[Answer]:
    place = {"product_id": "demo", "folder": "ADR", "slug": "how-we-say-goodbye"}
    return [
        ploeg("get_agent_guide", product_id="demo"),
        ploeg("list_product_docs", product_id="demo"),
        ploeg("search_product_docs", product_id="demo", query="goodbye"),
        ploeg("get_product_doc", **place),
        ploeg("related_product_docs", **place),
    ]


def asking(question: str, **more: object) -> Answer:
    return ploeg("ask_user_question", story_id="ST-001", question=question, options=["Yes", "No"], **more)


def of_a_question_that_is_withdrawn() -> list[Answer]:
    return [
        asking("Is it urgent?", wait_seconds=0),
        ploeg("list_open_questions", story_id="ST-001"),
        ploeg("get_question_answer", question_id="Q-1"),
        ploeg("cancel_question", question_id="Q-1"),
    ]


def of_the_log() -> list[Answer]:
    told = {"story_id": "ST-001", "content": "Done as planned."}
    return [
        ploeg("log_implementation", **told),
        ploeg("log_commit", **told, commit_hash="0" * 40, commit_message="ST-001: farewell.py"),
        ploeg("log_test_result", **told, status="passed"),
    ]


def test_every_tool_of_a_tasks_job_is_called_and_a_question_is_answered_in_between(
    install_claude: Callable[..., Installation], scripted_model: Callable[..., ScriptedModel], remote: Remote
) -> None:
    model = scripted_model(
        ploeg("update_task_status", task_id="T-1", status="in_progress"),
        ploeg("get_worker_settings"),
        ploeg("worker_heartbeat", last_quota_pct=40),
        *of_docs(),
        *of_a_question_that_is_withdrawn(),
        ploeg("update_task_plan", task_id="T-1", implementation_plan=PLAN),
        commit("farewell.py", CODE),
        *of_the_log(),
        asking("Is that all?", recommended=1, wait_seconds=1),
        say("I stop here."),
        ploeg("verify_task_against_plan", task_id="T-1"),
        DONE,
        say("All done."),
    )
    ploeg_home = install_claude(model)
    ploeg_home.add_product(remote.path)
    ploeg_home.ask("PUT", "/products/demo/docs/ADR/how-we-say-goodbye", {"content_md": DOC})
    ploeg_home.run_task(ploeg_home.add_task(PLAN))
    ploeg_home.start_worker()

    parked = ploeg_home.wait_for_job("J-1", lambda job: job["status"] == "waiting" or job["ended_at"] is not None)
    assert (parked["status"], parked["waiting_for"]) == ("waiting", "an answer to Q-2"), parked
    assert command(ploeg_home, "question", "answer", "Q-2", "1") == "Q-2 answered: Yes\n"
    job = ploeg_home.wait_for_job("J-1")

    assert job["status"] == "done", job
    first, second = job["attempts"]
    assert first["session_id"] == second["session_id"] is not None
    events = [event for number in (1, 2) for event in ploeg_home.transcript("J-1", number)]
    assert [event["text"] for event in events if event["type"] == "tool_returned" and event["is_error"]] == []
    called = {event["tool"].removeprefix(OURS) for event in events if event["type"] == "tool_called"}
    assert called - {"Bash"} == set(kind_named(KindName.TASK_IMPLEMENTATION).tools)
    assert len(called - {"Bash"}) >= 15
