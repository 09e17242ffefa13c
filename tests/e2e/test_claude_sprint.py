"""The real Claude Code program works a sprint's run off in one job, each task by a sub-agent of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.installation import Installation, wait_for
from tests.e2e.repository import Remote
from tests.e2e.test_claude_main_job import commit, ploeg
from tests.e2e.test_claude_questions import command
from tests.scripted.anthropic import ScriptedModel
from tests.scripted.script import Answer, call, say

pytestmark = pytest.mark.campaign

VERIFY = "test -e one.txt && test -e two.txt"


def begin(task: str) -> Answer:
    return ploeg("update_task_execution", execution_id=task, status="RUNNING")


def hand_over(order: str) -> Answer:
    return call("Agent", description=order, prompt=f"{order}, and commit it.", subagent_type="general-purpose")


def settle(task: str) -> list[Answer]:
    return [
        ploeg("verify_sprint_task", execution_id=task, summary="Wrote the file that was asked for."),
        ploeg("update_task_execution", execution_id=task, status="DONE"),
    ]


def start(home: Installation, remote: Remote) -> str:
    """A sprint of two tasks under way as one job; its code."""
    home.add_product(remote.path, config={"verify_commands": [VERIFY]})
    for name in ("one", "two"):
        home.add_task(f"Write `{name}.txt`.", title=f"File {name}")
    sprint: str = home.ask("POST", "/products/demo/sprints", {"goal": "Both files", "stories": ["ST-001"]})["code"]
    home.ask("POST", f"/sprints/{sprint}/runs", {"pr_strategy": "SPRINT_BATCH"})
    home.start_worker()
    return sprint


def test_a_sprint_of_two_tasks_is_worked_off_in_one_job(
    install_claude: Callable[..., Installation], scripted_model: Callable[..., ScriptedModel], remote: Remote
) -> None:
    done = ploeg("update_job_status", job_id="J-1", status="done", summary="Wrote both files.")
    model = scripted_model(
        *(begin("T-1"), hand_over("Write the first file"), *settle("T-1")),
        *(begin("T-2"), hand_over("Write the second file"), *settle("T-2")),
        *(done, say("All done.")),
        scripts={
            "Write the first file": [commit("one.txt", "1\n"), say("Wrote one.txt.")],
            "Write the second file": [commit("two.txt", "2\n"), say("Wrote two.txt.")],
        },
    )
    home = install_claude(model)
    sprint = start(home, remote)

    job = home.wait_for_job("J-1")

    assert (job["kind"], job["status"]) == ("SPRINT_IMPLEMENTATION", "done"), job
    wait_for(lambda: home.ask("GET", f"/sprints/{sprint}")["run"]["ended_at"] is not None, "the run to end")
    page = home.ask("GET", f"/sprints/{sprint}")
    assert (page["status"], page["run"]["status"]) == ("CLOSED", "DONE")
    assert {home.ask("GET", f"/tasks/T-{number}")["status"] for number in (1, 2)} == {"DONE"}
    branch = remote.pushed_branch()
    assert branch == job["branch"]
    assert remote.git("log", "--format=%s", "-2", branch).splitlines() == ["ST-001: two.txt", "ST-001: one.txt"]
    assert [(each["task"], each["status"]) for each in job["executions"]] == [("T-1", "DONE"), ("T-2", "DONE")]
    shown = command(home, "job", "show", "J-1")
    assert shown.count("✓ T-1 DONE, ALIGNED: Wrote the file that was asked for.") == 2, "by itself, and in the receipt"
    (attempt,) = job["attempts"]
    receipt = attempt["receipt"]
    assert [(each["task"], each["status"], each["coverage"]) for each in receipt["executions"]] == [
        ("T-1", "DONE", "ALIGNED"),
        ("T-2", "DONE", "ALIGNED"),
    ]
    assert receipt["executions"][0]["head_sha"] == receipt["executions"][1]["base_sha"]
    assert [(run["command"], run["exit_code"]) for run in receipt["commands"]] == [(VERIFY, 0)]
    said = [event for event in home.transcript("J-1") if event["type"] == "tool_called" and event.get("sub_agent")]
    assert {event["tool"] for event in said} == {"Bash"}, "the sub-agents wrote the files"


def test_a_question_between_two_tasks_pauses_the_run_and_its_answer_goes_on_with_the_second(
    install_claude: Callable[..., Installation], scripted_model: Callable[..., ScriptedModel], remote: Remote
) -> None:
    asked = ploeg(
        "ask_user_question",
        story_id="ST-001",
        question="Which number?",
        options=["Two", "Three"],
        recommended=1,
        wait_seconds=1,
    )
    done = ploeg("update_job_status", job_id="J-1", status="done", summary="Wrote both files.")
    model = scripted_model(
        *(begin("T-1"), commit("one.txt", "1\n"), *settle("T-1"), begin("T-2"), asked, say("I stop here.")),
        *(begin("T-2"), commit("two.txt", "2\n"), *settle("T-2"), done, say("All done.")),
    )
    home = install_claude(model)
    sprint = start(home, remote)
    home.wait_for_job("J-1", lambda job: job["status"] == "waiting" or job["ended_at"] is not None)
    page = home.ask("GET", f"/sprints/{sprint}")
    assert (page["run"]["status"], page["run"]["pause"]["reason"]) == ("PAUSED", "QUESTION"), page
    assert remote.content(home.job("J-1")["branch"], "one.txt") == "1\n", "what is finished is pushed already"

    command(home, "question", "answer", "Q-1", "1")

    job = home.wait_for_job("J-1")
    assert job["status"] == "done", job
    first, second = job["attempts"]
    assert first["session_id"] == second["session_id"] is not None
    one, two = second["receipt"]["executions"]
    assert (one["status"], two["status"], two["base_sha"]) == ("DONE", "DONE", one["head_sha"])
    assert two["head_sha"] == second["head_sha"]
    assert "task T-1 of story ST-001, DONE" in str(model.requests[-1].body)


def test_a_run_that_failed_is_resumed_on_its_branch_where_the_finished_work_is(
    install_claude: Callable[..., Installation], scripted_model: Callable[..., ScriptedModel], remote: Remote
) -> None:
    there = ploeg("update_task_execution", execution_id="T-1", status="SKIPPED", skip_reason="It is on the branch.")
    model = scripted_model(
        *(begin("T-1"), commit("one.txt", "1\n"), *settle("T-1"), begin("T-2")),
        ploeg("update_task_execution", execution_id="T-2", status="FAILED"),
        ploeg("update_job_status", job_id="J-1", status="failed", error="T-2: there is no such number."),
        say("It cannot be done."),
        scripts={
            "(J-2)": [
                *(begin("T-1"), ploeg("verify_sprint_task", execution_id="T-1"), there),
                *(begin("T-2"), commit("two.txt", "2\n"), *settle("T-2")),
                ploeg("update_job_status", job_id="J-2", status="done", summary="Wrote the other file as well."),
                say("All done."),
            ]
        },
    )
    home = install_claude(model)
    sprint = start(home, remote)
    failed = home.wait_for_job("J-1")
    assert failed["status"] == "failed", failed
    page = home.ask("GET", f"/sprints/{sprint}")
    assert (page["run"]["status"], page["status"]) == ("FAILED", "FAILED"), page["run"]
    assert [home.ask("GET", f"/tasks/T-{number}")["status"] for number in (1, 2)] == ["TO_DO", "FAILED"]

    home.ask("POST", f"/sprints/{sprint}/resumption")

    job = home.wait_for_job("J-2")
    assert job["status"] == "done", job
    assert job["branch"] == failed["branch"]
    (attempt,) = job["attempts"]
    assert [(each["status"], each["coverage"]) for each in attempt["receipt"]["executions"]] == [
        ("SKIPPED", "EMPTY"),
        ("DONE", "ALIGNED"),
    ]
    assert remote.content(job["branch"], "one.txt") == "1\n"
    assert {home.ask("GET", f"/tasks/T-{number}")["status"] for number in (1, 2)} == {"DONE"}
    wait_for(lambda: home.ask("GET", f"/sprints/{sprint}")["status"] == "CLOSED", "the sprint to close")
