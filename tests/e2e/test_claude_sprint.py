"""The real Claude Code program works a sprint's run off in one job, each task by a sub-agent of its own."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.installation import Installation, wait_for
from tests.e2e.repository import Remote
from tests.e2e.test_claude_main_job import commit, ploeg
from tests.e2e.test_claude_questions import command
from tests.scripted.anthropic import ScriptedModel
from tests.scripted.script import Answer, call, say

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
    home.add_product(remote.path, config={"verify_commands": [VERIFY]})
    for name in ("one", "two"):
        home.add_task(f"Write `{name}.txt`.", title=f"File {name}")
    sprint = home.ask("POST", "/products/demo/sprints", {"goal": "Both files", "stories": ["ST-001"]})["code"]
    home.ask("POST", f"/sprints/{sprint}/runs", {"pr_strategy": "SPRINT_BATCH"})
    home.start_worker()

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
