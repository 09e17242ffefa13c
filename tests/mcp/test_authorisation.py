"""Who may call which tool: every tool, every principal, from one table."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from ploeg.domain.errors import Superseded
from ploeg.domain.kinds import KINDS, KindName
from ploeg.prompts.rendering import TEMPLATES
from ploeg.tools.declaration import Side
from ploeg.tools.registry import TOOLS, tools_for_people
from tests.control.house import House
from tests.mcp.conftest import Served, text_of
from tests.mcp.scene import DOC, PRINCIPALS, Scene

pytestmark = pytest.mark.anyio

PLAN = TEMPLATES.get_template("plan_example.md").render()


@dataclass(frozen=True)
class Case:
    """How a tool is called in the scene."""

    arguments: dict[str, Any] = field(default_factory=dict)
    #: The argument that names what must be the caller's; None: the tool is about whatever is theirs.
    subject: str | None = None


#: In an order in which each call still finds what it needs.
CASES: dict[str, Case] = {
    "health": Case(),
    "list_products": Case(),
    "get_worker_settings": Case(),
    "list_notices": Case(),
    "get_claude_context": Case({"product_id": "demo"}, "product_id"),
    "check_queue_empty": Case({"product_id": "demo"}, "product_id"),
    "list_jobs": Case({"product_id": "demo"}, "product_id"),
    "get_job_status": Case({"job_id": "J-1"}, "job_id"),
    "get_agent_guide": Case({"product_id": "demo"}, "product_id"),
    "create_product_doc": Case({"product_id": "demo", "folder": "ADR", "content_md": DOC}, "product_id"),
    "list_product_docs": Case({"product_id": "demo"}, "product_id"),
    "get_product_doc": Case({"product_id": "demo", "folder": "ADR", "slug": "use-sqlite"}, "product_id"),
    "search_product_docs": Case({"product_id": "demo", "query": "file"}, "product_id"),
    "related_product_docs": Case({"product_id": "demo", "folder": "ADR", "slug": "use-sqlite"}, "product_id"),
    "link_pbi_doc": Case({"pbi_id": "PBI-1", "doc_id": "", "role": "plan"}, "pbi_id"),
    "list_open_questions": Case({"story_id": "ST-001"}, "story_id"),
    "get_question_answer": Case({"question_id": "Q-1"}, "question_id"),
    "answer_question": Case({"question_id": "Q-1", "answer": "red"}, "question_id"),
    "cancel_question": Case({"question_id": "Q-2"}, "question_id"),
    "create_pbi": Case({"product_id": "demo", "title": "An item"}, "product_id"),
    "create_story": Case({"pbi_id": "PBI-1", "title": "A story"}, "pbi_id"),
    "create_task": Case({"story_id": "ST-001", "title": "A task"}, "story_id"),
    "edit_pbi": Case({"pbi_id": "PBI-1", "title": "Another", "last": True}, "pbi_id"),
    "edit_story": Case({"story_id": "ST-001", "estimate": 3}, "story_id"),
    "edit_task": Case({"task_id": "T-3", "before": "T-2", "model": "sonnet"}, "task_id"),
    "set_dependency": Case({"item_id": "T-3", "needs_id": "T-1"}, "item_id"),
    "archive_item": Case({"item_id": "T-3", "restore": True}, "item_id"),
    "search_backlog": Case({"query": "task", "product_id": "demo"}, "product_id"),
    "import_items": Case(
        {"product_id": "demo", "format": "issues", "files": {"a.json": "[]"}, "dry_run": True}, "product_id"
    ),
    "export_items": Case({"product_id": "demo"}, "product_id"),
    "get_story_activity": Case({"story_id": "ST-001"}, "story_id"),
    "create_todo": Case({"title": "Call Bob", "product_id": "demo"}, "product_id"),
    "list_todos": Case({"product_id": "demo"}, "product_id"),
    "close_todo": Case({"todo_id": "TD-1"}, "todo_id"),
    "list_forge_actions": Case({"product_id": "demo"}, "product_id"),
    "set_pbi_pr": Case({"pbi_id": "PBI-1", "pr_url": "https://git.example.org/me/it/pulls/7"}, "pbi_id"),
    "mark_pbi_pr_merged": Case({"pbi_id": "PBI-1"}, "pbi_id"),
    "update_task_status": Case({"task_id": "T-3", "status": "in_progress"}, "task_id"),
    "update_task_plan": Case({"task_id": "T-3", "implementation_plan": "Change `a`."}, "task_id"),
    "log_implementation": Case({"story_id": "ST-001", "content": "Begin."}, "story_id"),
    "log_test_result": Case({"story_id": "ST-001", "content": "2 passed", "status": "passed"}, "story_id"),
    "log_commit": Case(
        {"story_id": "ST-001", "content": "Did it.", "commit_hash": "abcdef1", "commit_message": "Do it"}, "story_id"
    ),
    "create_sprint": Case({"product_id": "demo", "sprint_goal": "Ship more"}, "product_id"),
    "update_sprint": Case({"sprint_id": "works", "sprint_goal": "Ship it now"}, "sprint_id"),
    "list_sprints": Case({"product_id": "demo"}, "product_id"),
    "get_sprint": Case({"sprint_id": "works"}, "sprint_id"),
    "plan_sprint": Case({"sprint_id": "works", "add": ["ST-002"]}, "sprint_id"),
    "check_sprint": Case({"sprint_id": "works", "pr_strategy": "SPRINT"}, "sprint_id"),
    "start_sprint": Case({"sprint_id": "works", "pr_strategy": "SPRINT"}, "sprint_id"),
    "pause_sprint": Case({"sprint_id": "works"}, "sprint_id"),
    "resume_sprint": Case({"sprint_id": "works"}, "sprint_id"),
    "cancel_sprint_run": Case({"sprint_id": "works"}, "sprint_id"),
    "list_pull_requests": Case({"product_id": "demo"}, "product_id"),
    "get_pull_request": Case({"pull_request": "demo#7"}, "pull_request"),
    "follow_up_pull_request": Case({"pull_request": "demo#7", "instruction": "Say hello."}, "pull_request"),
    "review_pull_request": Case({"pull_request": "demo#7"}, "pull_request"),
    "show_queue": Case({"product_id": "demo"}, "product_id"),
    "show_budgets": Case(),
    "foresee_conflicts": Case({"item_id": "T-3"}, "item_id"),
    "change_job": Case({"job_id": "J-2", "first": True}, "job_id"),
    "schedule_task": Case({"task_id": "T-3", "recurrence": "hourly", "time_zone": "UTC"}, "task_id"),
    "list_schedules": Case({"product_id": "demo"}, "product_id"),
    "remove_schedule": Case({"schedule_id": "SCH-1"}, "schedule_id"),
    "dispatch_job": Case({"task_id": "T-3"}, "task_id"),
    "follow_up_job": Case({"job_id": "J-3", "instruction": "Try it the other way."}, "job_id"),
    "preview_failure": Case({"job_id": "J-2"}, "job_id"),
    "cancel_job": Case({"job_id": "J-2"}, "job_id"),
    "retry_job": Case({"job_id": "J-2"}, "job_id"),
    "list_ideas": Case({"product_id": "demo"}, "product_id"),
    "get_idea_context": Case({"idea_id": "IDEA-001"}, "idea_id"),
    "list_idea_messages": Case({"idea_id": "IDEA-001"}, "idea_id"),
    "log_idea_decision": Case({"idea_id": "IDEA-001", "type": "NOTE", "content": "Letters."}, "idea_id"),
    "update_idea": Case({"idea_id": "IDEA-001", "title": "Sell letters"}, "idea_id"),
    "update_idea_grill_md": Case({"idea_id": "IDEA-001", "markdown": "# Scope"}, "idea_id"),
    "update_idea_plan_md": Case({"idea_id": "IDEA-001", "markdown": PLAN}, "idea_id"),
    "update_idea_plan_reviewed": Case(
        {"idea_id": "IDEA-001", "approval_status": "approved", "review_log": {"summary": "It holds."}}, "idea_id"
    ),
    "materialise_idea": Case({"idea_id": "IDEA-001"}, "idea_id"),
    "start_idea_job": Case({"idea_id": "IDEA-001", "step": "grill"}, "idea_id"),
    "chat_about_idea": Case({"idea_id": "IDEA-001", "message": "How far?"}, "idea_id"),
    "create_idea": Case({"title": "Sell abroad", "product_id": "demo"}, "product_id"),
}
#: A reference that leads nowhere, of the same form.
NOWHERE = {
    "demo": "nope",
    "demo#7": "nope#7",
    "J-1": "J-9",
    "J-2": "J-9",
    "J-3": "J-9",
    "PBI-1": "PBI-9",
    "ST-001": "ST-009",
    "Q-1": "Q-9",
    "Q-2": "Q-9",
    "IDEA-001": "IDEA-099",
    "TD-1": "TD-9",
    "SCH-1": "SCH-9",
    "works": "nothing",
    "T-3": "T-9",
}

#: Tools that write what is the caller's own, whatever the caller's place in a product.
OWN = {"create_todo", "close_todo"}
SHUT = {"nobody": 401, "unknown token": 401, "expired token": 401, "revoked token": 401, "worker": 403, "attempt": 401}


def expected(principal: str, tool: str) -> str:
    """The table: by what the principal is, and what the tool does to what is theirs."""
    if principal in SHUT:
        return str(SHUT[principal])
    if principal == "foreigner":
        return "answered" if CASES[tool].subject is None else "not found"
    if principal == "viewer" and tool in OWN:
        return "answered"
    if principal in {"viewer", "reader", "demo"} and TOOLS[tool].writes:
        return "PERMISSION_DENIED"
    return "answered"


def test_the_table_has_every_tool_that_people_are_offered() -> None:
    assert set(CASES) == {tool.name for tool in tools_for_people()}


@pytest.mark.parametrize("principal", PRINCIPALS)
async def test_every_tool_answers_each_principal_as_the_table_says(served: Served, principal: str) -> None:
    scene = Scene(served.house)
    doc = await served.ok("create_product_doc", product_id="demo", folder="ADR", content_md=DOC)
    secret = PRINCIPALS[principal](scene)
    seen = {}
    for tool, case in CASES.items():
        arguments = {**case.arguments, **({"doc_id": doc["doc_id"]} if "doc_id" in case.arguments else {})}
        seen[tool] = await outcome(served, secret, tool, arguments)
    assert seen == {tool: expected(principal, tool) for tool in CASES}


async def outcome(served: Served, secret: str | None, tool: str, arguments: dict[str, Any]) -> str:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    response = await served.post(call, token=secret)
    if response.status_code != 200:
        return str(response.status_code)
    result = answered(response)
    text = result["content"][0]["text"]
    if not result.get("isError"):
        return "answered"
    if "not found or not accessible" in text:
        return "not found"
    return "PERMISSION_DENIED" if text.startswith("PERMISSION_DENIED: ") else text


def answered(response: httpx2.Response) -> dict[str, Any]:
    """The result in the answer's event stream."""
    (line,) = [line for line in response.text.splitlines() if line.startswith("data: {")]
    found: dict[str, Any] = json.loads(line.removeprefix("data: "))["result"]
    return found


async def test_not_yours_and_not_there_answer_alike(served: Served) -> None:
    scene = Scene(served.house)
    secret = PRINCIPALS["foreigner"](scene)
    async with served.client(secret) as client:
        for tool, case in CASES.items():
            if case.subject is None:
                continue
            theirs = case.arguments[case.subject]
            nobodys = NOWHERE.get(theirs, "T-9")
            told = []
            for reference in (theirs, nobodys):
                arguments = {**case.arguments, case.subject: reference}
                if "doc_id" in arguments:
                    arguments["doc_id"] = "doc_01m8168f34e1nr6gcevnrt6vgk"
                result = await client.call_tool(tool, arguments)
                assert result.is_error, tool
                told.append(text_of(result).replace(reference, "?"))
            assert told[0] == told[1], tool


def test_an_attempt_calls_its_kind_s_tools_through_the_server_and_no_others(house: House) -> None:
    scene = Scene(house)
    kind = KINDS[KindName(scene.work.kind)]
    denied = {name for name in TOOLS if "PERMISSION_DENIED" in (scene.call(name).error or "")}
    assert denied == {name for name, tool in TOOLS.items() if tool.side is Side.WORKER or name not in kind.tools}


def test_an_attempt_that_has_ended_calls_nothing(house: House) -> None:
    scene = Scene(house)
    scene.hand.finish(scene.work, "worker_stopped")
    for name in TOOLS:
        with pytest.raises(Superseded):
            scene.call(name)
