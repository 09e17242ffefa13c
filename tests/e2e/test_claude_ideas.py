"""The real Claude Code program takes an idea into a sprint: grilled with one question, planned, judged, made."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from ploeg.prompts.rendering import TEMPLATES
from tests.e2e.installation import PATIENCE, Installation
from tests.e2e.repository import Remote
from tests.e2e.test_claude_main_job import ploeg
from tests.e2e.test_claude_questions import command
from tests.scripted.anthropic import Request, ScriptedModel
from tests.scripted.script import Answer, Step, call, say

pytestmark = pytest.mark.campaign

PLAN = TEMPLATES.get_template("plan_example.md").render()
GRILLED = "# Scope\n\nLetters, no parcels."
IDEA = {"idea_id": "IDEA-001"}
ANSWER = "It says Greeter, so there is no price list yet."


def done(job: str, summary: str = "Done as asked.") -> list[Answer]:
    return [ploeg("update_job_status", job_id=job, status="done", summary=summary), say("That is all.")]


def verdict(said: str, summary: str, *findings: dict[str, str]) -> Answer:
    log = {"summary": summary, "findings": list(findings)}
    return ploeg("update_idea_plan_reviewed", **IDEA, approval_status=said, review_log=log)


#: By words of the prompt; the first that is found counts.
SCRIPTS: dict[str, list[Step]] = {
    "Somebody talks with you about the idea": [call("Read", file_path="README.md"), *done("J-6", ANSWER)],
    "Grill the idea below": [
        ploeg("ask_user_question", **IDEA, question="Parcels too?", options=["Yes", "No"], wait_seconds=1),
        say("I stop here."),
        ploeg("log_idea_decision", **IDEA, type="DECISION", content="Letters only."),
        ploeg("update_job_status", job_id="J-1", status="done", summary="Too early."),
        ploeg("update_idea_grill_md", **IDEA, markdown=GRILLED),
        *done("J-1"),
    ],
    "whose findings the new plan must meet": [ploeg("update_idea_plan_md", **IDEA, markdown=PLAN), *done("J-4")],
    "Plan the idea below": [
        ploeg("update_idea_plan_md", **IDEA, markdown="---\npbi:\n  title: Letters\n---\n"),
        ploeg("update_idea_plan_md", **IDEA, markdown=PLAN),
        *done("J-2"),
    ],
    "last review of the plan": [verdict("approved", "It can be carried out as it is."), *done("J-5")],
    "Judge the plan of the idea below": [
        verdict("changes_requested", "A risk is missing.", {"severity": "major", "problem": "Who pays?"}),
        *done("J-3"),
    ],
}


def tool(ploeg_home: Installation, name: str, **arguments: object) -> dict[str, Any]:
    """What a person's own agent gets who calls that tool on the server."""
    token = json.loads((ploeg_home.home / "credentials.json").read_text())["token"]
    reply = httpx2.post(
        f"{ploeg_home.url}/mcp",
        json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}},
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"},
        timeout=PATIENCE,
    )
    (line,) = [line for line in reply.text.splitlines() if line.startswith("data: {")]
    result = json.loads(line.removeprefix("data: "))["result"]
    assert not result.get("isError"), result
    answer: dict[str, Any] = result["structuredContent"]
    return answer


def asked(model: ScriptedModel, opening: str) -> list[Request]:
    return [request for request in model.requests if opening in request.prompts]


def test_an_idea_goes_by_itself_into_a_sprint_and_can_be_talked_about(
    install_claude: Callable[..., Installation], scripted_model: Callable[..., ScriptedModel], remote: Remote
) -> None:
    model = scripted_model(scripts=SCRIPTS)
    ploeg_home = install_claude(model)
    ploeg_home.add_product(remote.path, config={"model": "claude-sonnet-4-6", "review_model": "claude-opus-4-6"})
    ploeg_home.start_worker()
    branches = remote.branches()
    started = tool(ploeg_home, "create_idea", title="Sell by post", product_id="demo", until="sprint")
    assert started["job"] == "J-1"

    parked = ploeg_home.wait_for_job("J-1", lambda job: job["status"] == "waiting" or job["ended_at"] is not None)
    assert (parked["status"], parked["waiting_for"]) == ("waiting", "an answer to Q-1"), parked
    assert "IDEA-001" in command(ploeg_home, "question", "list")
    assert command(ploeg_home, "question", "answer", "Q-1", "2") == "Q-1 answered: No\n"
    grill = ploeg_home.wait_for_job("J-1")
    assert grill["status"] == "done", grill
    assert [attempt["outcome"] for attempt in grill["attempts"]] == ["waiting", "done"]
    first, second = grill["attempts"]
    assert first["session_id"] == second["session_id"] is not None
    for code in ("J-2", "J-3", "J-4", "J-5"):
        job = ploeg_home.wait_for_job(code)
        assert job["status"] == "done", job

    found = tool(ploeg_home, "get_idea_context", **IDEA)
    assert (found["idea"]["status"], found["idea"]["pbi"], found["grill_md"]) == ("PLANNED", "PBI-1", GRILLED)
    assert [each["verdict"] for each in found["review_log"]["rounds"]] == ["changes_requested", "approved"]
    (sprint,) = ploeg_home.ask("GET", "/products/demo/sprints")["items"]
    assert (sprint["goal"], sprint["status"]) == ("Letters can be paid for in the shop", "OPEN")
    assert ploeg_home.ask("GET", "/stories/ST-001")["status"] == "IN_SPRINT"
    tasks = ploeg_home.ask("GET", "/products/demo/tasks")["items"]
    assert [task["title"] for task in tasks] == ["Read the price list", "Show the price on the letter's page"]
    assert all(task["implementation_plan"] for task in tasks)
    refused = [e["text"] for e in ploeg_home.transcript("J-1", 2) if e["type"] == "tool_returned" and e["is_error"]]
    assert len(refused) == 1
    assert "save it with update_idea_grill_md" in refused[0]
    assert {request.model for request in asked(model, "Plan the idea below")} == {"claude-sonnet-4-6"}
    assert {request.model for request in asked(model, "Judge the plan")} == {"claude-opus-4-6"}
    given = asked(model, "Plan the idea below")[0].prompts
    assert GRILLED in given
    assert "DECISION: Letters only." in given
    assert "Who pays?" in asked(model, "whose findings the new plan must meet")[0].prompts

    assert tool(ploeg_home, "chat_about_idea", **IDEA, message="Is there a price list?")["job"] == "J-6"
    assert ploeg_home.wait_for_job("J-6")["status"] == "done"
    said = tool(ploeg_home, "list_idea_messages", **IDEA)["result"]
    assert [message["text"] for message in said] == ["Is there a price list?", ANSWER]
    assert "# Greeter" in str(asked(model, "Somebody talks with you")[-1].body), "it read the repository"
    assert remote.branches() == branches, "nothing was pushed"
