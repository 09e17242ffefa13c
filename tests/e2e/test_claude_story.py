"""The whole story with the real Claude Code program: from one line to finished sprints, and what can come between."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from tests.e2e.installation import Installation, wait_for
from tests.e2e.repository import Remote
from tests.e2e.test_claude_ideas import done, tool
from tests.e2e.test_claude_main_job import ploeg
from tests.e2e.test_claude_questions import command
from tests.scripted.anthropic import ScriptedModel, quota_wall
from tests.scripted.script import Answer, Refuse, Step, call, say

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(300)]

Install = Callable[..., Installation]
Model = Callable[..., ScriptedModel]

IDEA = {"idea_id": "IDEA-001"}
FILES = ("1-a", "1-b", "2-a", "2-b", "3-a", "3-b")


def plan() -> str:
    """Three stories of two tasks; each task writes a file."""
    lines = ["---", "pbi:", "  title: Six files", "  priority: 2", "stories:"]
    for story in (1, 2, 3):
        lines += [f"  - title: Story {story}", "    acceptance_criteria: Both files are there.", "    priority: 2"]
        lines += ["    tasks:"]
        for task in "ab":
            name = f"{story}-{task}"
            lines += [f"      - title: Write {name}", f"        implementation_plan: Write `{name}.txt`.", ""]
    return "\n".join([*lines, "---", "", "## Risks", "- None.", ""])


def commit(name: str) -> Answer:
    lines = f"echo {name} > {name}.txt && git add {name}.txt && git commit -qm 'Write {name}.txt'"
    return call("Bash", command=lines, description="Write and commit")


def settled(task: str, name: str) -> list[Step]:
    """One task of a run that is one job."""
    return [
        ploeg("update_task_execution", execution_id=task, status="RUNNING"),
        commit(name),
        ploeg("verify_sprint_task", execution_id=task, summary="Wrote the file that was asked for."),
        ploeg("update_task_execution", execution_id=task, status="DONE"),
    ]


GRILL = [
    ploeg("ask_user_question", **IDEA, question="Six, or more?", options=["Six", "More"], wait_seconds=1),
    say("I stop here."),
    ploeg("update_idea_grill_md", **IDEA, markdown="# Scope\n\nSix files."),
    *done("J-1"),
]
VERDICT = {"approval_status": "approved", "review_log": {"summary": "It can be carried out.", "findings": []}}


def jobs_from(first: int) -> dict[str, list[Step]]:
    """A script for each of six jobs, by the job's code in its prompt."""
    codes = [f"J-{number}" for number in range(first, first + 6)]
    return {f"({code})": [commit(name), *done(code)] for code, name in zip(codes, FILES, strict=True)}


def run_sprint(ploeg_home: Installation, sprint: str, strategy: str) -> dict[str, Any]:
    """The sprint's page once its run has ended."""
    assert ploeg_home.ask("GET", f"/sprints/{sprint}/preflight", pr_strategy=strategy)["ready"]
    ploeg_home.ask("POST", f"/sprints/{sprint}/runs", {"pr_strategy": strategy})
    page = wait_for_run(ploeg_home, sprint, lambda run: run["ended_at"] is not None)
    assert (page["status"], page["run"]["status"]) == ("CLOSED", "DONE"), page["why"]
    assert {task["status"] for story in page["plan"] for task in story["tasks"]} == {"DONE"}
    return page


def wait_for_run(ploeg_home: Installation, sprint: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    page: dict[str, Any] = {}

    def looks_so() -> bool:
        page.update(ploeg_home.ask("GET", f"/sprints/{sprint}"))
        return wanted(page["run"])

    wait_for(looks_so, f"the run of {sprint}", lambda: str(page))
    return page


def in_order(ploeg_home: Installation, first: int, last: int) -> bool:
    """Whether each of these jobs began after the one before it had ended."""
    jobs = [ploeg_home.job(f"J-{number}") for number in range(first, last + 1)]
    spans = [(datetime.fromisoformat(job["claimed_at"]), datetime.fromisoformat(job["ended_at"])) for job in jobs]
    return all(earlier[1] <= later[0] for earlier, later in pairwise(spans))


def test_an_idea_becomes_sprints_that_are_worked_off_under_each_strategy(
    install_claude: Install, scripted_model: Model, remote: Remote
) -> None:
    batch = [step for number, name in zip(range(13, 19), FILES, strict=True) for step in settled(f"T-{number}", name)]
    model = scripted_model(
        scripts={
            "Grill the idea below": GRILL,
            "Plan the idea below": [ploeg("update_idea_plan_md", **IDEA, markdown=plan()), *done("J-2")],
            "Judge the plan of the idea below": [ploeg("update_idea_plan_reviewed", **IDEA, **VERDICT), *done("J-3")],
            **jobs_from(4),
            **jobs_from(10),
            "(J-16)": [*batch, *done("J-16")],
        }
    )
    ploeg_home = install_claude(model)
    ploeg_home.add_product(remote.path)
    for name in ("one", "two"):
        ploeg_home.start_worker_apart(name)

    tool(ploeg_home, "create_idea", title="Six files", product_id="demo", until="sprint")
    ploeg_home.wait_for_job("J-1", lambda job: job["status"] == "waiting")
    command(ploeg_home, "question", "answer", "Q-1", "Six")
    for code in ("J-1", "J-2", "J-3"):
        assert ploeg_home.wait_for_job(code)["status"] == "done"
    wait_for(lambda: bool(ploeg_home.ask("GET", "/products/demo/sprints")["items"]), "the sprint to be made")

    story = run_sprint(ploeg_home, ploeg_home.ask("GET", "/products/demo/sprints")["items"][0]["code"], "STORY")
    branches = [{task["job"]["branch"] for task in each["tasks"]} for each in story["plan"]]
    assert [len(each) for each in branches] == [1, 1, 1]
    assert len(set.union(*branches)) == 3
    for number, (branch,) in enumerate(branches, start=1):
        assert written_on(remote, branch) == [f"Write {number}-a.txt", f"Write {number}-b.txt"]
    assert all(in_order(ploeg_home, first, first + 1) for first in (4, 6, 8))

    sprint = run_sprint(ploeg_home, planned_again(ploeg_home, "PBI-2"), "SPRINT")
    assert written_on(remote, sprint["run"]["branch"]) == [f"Write {name}.txt" for name in FILES]
    assert in_order(ploeg_home, 10, 15)

    batched = run_sprint(ploeg_home, planned_again(ploeg_home, "PBI-3"), "SPRINT_BATCH")
    assert batched["run"]["jobs"] == {"done": 1}
    assert written_on(remote, batched["run"]["branch"]) == [f"Write {name}.txt" for name in FILES]
    assert {item["status"] for item in ploeg_home.ask("GET", "/products/demo/pbis")["items"]} == {"DONE"}


def planned_again(ploeg_home: Installation, pbi: str) -> str:
    """The same plan as another backlog item, in a sprint of its own; the sprint's code."""
    ploeg_home.ask("POST", "/ideas/IDEA-001/materialisation", {"alongside": True})
    stories = [story["code"] for story in ploeg_home.ask("GET", "/products/demo/stories", pbi=pbi)["items"]]
    return str(ploeg_home.ask("POST", "/products/demo/sprints", {"goal": "Again", "stories": stories})["code"])


def written_on(remote: Remote, branch: str) -> list[str]:
    """What was committed on it, the first first."""
    return remote.git("log", "--format=%s", "--reverse", f"main..{branch}").splitlines()


def test_a_sprint_outlives_a_question_a_quota_wall_and_a_failed_task(
    install_claude: Install, scripted_model: Model, remote: Remote
) -> None:
    question = {"story_id": "ST-001", "question": "Which words?", "options": ["Few", "Many"], "wait_seconds": 1}
    failed = ploeg("update_job_status", job_id="J-3", status="failed", error="The disk is of wood.")
    scripts: dict[str, list[Step]] = {
        "(J-1)": [ploeg("ask_user_question", **question), say("I stop."), commit("1-a"), *done("J-1")],
        "(J-3)": [failed, say("It cannot be done.")],
        "(J-5)": [commit("2-a"), *done("J-5")],
        "(J-6)": [commit("2-b"), *done("J-6")],
    }
    model = scripted_model(scripts=scripts)
    ploeg_home = install_claude(model)
    ploeg_home.add_product(remote.path)
    ploeg_home.ask("POST", "/products/demo/pbis", {"title": "Four files"})
    for story in (1, 2):
        ploeg_home.ask("POST", "/pbis/PBI-1/stories", {"title": f"Story {story}"})
        for task in "ab":
            body = {"title": f"Write {story}-{task}", "implementation_plan": f"Write `{story}-{task}.txt`."}
            ploeg_home.ask("POST", f"/stories/ST-00{story}/tasks", body)
    body = {"goal": "Four files", "stories": ["ST-001", "ST-002"]}
    sprint = ploeg_home.ask("POST", "/products/demo/sprints", body)["code"]
    ploeg_home.ask("POST", f"/sprints/{sprint}/runs", {"pr_strategy": "SPRINT"})
    ploeg_home.start_worker()

    page = wait_for_run(ploeg_home, sprint, lambda run: run["status"] == "PAUSED")
    assert page["run"]["pause"]["reason"] == "QUESTION"
    wall = quota_wall(int(time.time()) + 20)
    scripts["(J-2)"] = [
        Refuse(wall.status, wall.type, wall.message, wall.headers, times=1),
        commit("1-b"),
        *done("J-2"),
    ]
    command(ploeg_home, "question", "answer", "Q-1", "Few")
    page = wait_for_run(ploeg_home, sprint, lambda run: (run["pause"] or {}).get("reason") == "QUOTA_DEPLETED")
    assert ploeg_home.job("J-1")["status"] == "done"
    page = wait_for_run(ploeg_home, sprint, lambda run: run["ended_at"] is not None)
    assert (page["run"]["status"], page["status"]) == ("FAILED", "FAILED")
    assert "The disk is of wood." in page["run"]["failure_reason"]
    assert [ploeg_home.job(f"J-{n}")["status"] for n in (1, 2, 3, 4)] == ["done", "done", "failed", "cancelled"]
    assert ploeg_home.job("J-2")["counted_attempts"] == 0, "a quota wall costs no attempt"
    branch = page["run"]["branch"]

    ploeg_home.ask("POST", f"/sprints/{sprint}/resumption")
    page = wait_for_run(ploeg_home, sprint, lambda run: run["ended_at"] is not None and run["status"] == "DONE")
    assert page["run"]["branch"] == branch
    assert page["run"]["previous_run_id"] is not None
    assert written_on(remote, branch) == [f"Write {name}.txt" for name in FILES[:4]]
    assert page["status"] == "CLOSED"
