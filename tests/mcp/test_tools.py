"""What people's own agents do with the tools, over the wire."""

from __future__ import annotations

import asyncio
import json

import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import TextContent, TextResourceContents

from ploeg.control.backlog import backlog
from ploeg.control.backlog.placing import Place
from ploeg.control.people import people
from ploeg.control.products import products
from ploeg.domain.backlog import StoryStatus, TaskStatus
from tests.mcp.conftest import Served

pytestmark = pytest.mark.anyio

CLIENTS, CALLS = 40, 20


async def test_a_backlog_item_is_made_of_docs_and_put_in_its_place(served: Served) -> None:
    served.house.product("demo")
    plan = "---\ntitle: The plan\nstatus: active\n---\n\nGreet.\n"
    doc = await served.ok("create_product_doc", product_id="demo", folder="PLANS", content_md=plan)
    await served.ok("create_pbi", product_id="demo", title="Later")
    source = {"doc_id": doc["doc_id"], "role": "plan"}
    first = await served.ok("create_pbi", product_id="demo", title="First", sort_order=-1, source_docs=[source])
    (linked,) = first["source_docs"]
    assert (linked["pbi"], linked["revision_id"], linked["role"]) == (first["code"], doc["revision_id"], "PLAN")
    pbis = served.house.read(lambda tx: tx.backlog.pbis(tx.products.by_code("demo").id))
    assert [pbi.title for pbi in pbis] == ["First", "Later"]
    wrong = [{"doc_id": "doc_nowhere", "role": "PLAN"}]
    refusal = await served.refused("create_pbi", product_id="demo", title="Never", source_docs=wrong)
    assert "doc «doc_nowhere» not found" in refusal
    assert len(served.house.read(lambda tx: tx.backlog.pbis(tx.products.by_code("demo").id))) == 2


async def test_a_backlog_is_built_and_its_first_unfinished_story_comes_next(served: Served) -> None:
    served.house.product("demo")
    pbi = await served.ok("create_pbi", product_id="demo", title="Greet people", priority=1)
    first = await served.ok("create_story", pbi_id=pbi["id"], title="In English", acceptance_criteria="It says hello.")
    task = await served.ok("create_task", story_id=first["id"], title="Say hello", implementation_plan="Edit `a.py`.")
    second = await served.ok("create_story", pbi_id="PBI-1", title="In Dutch")
    assert (pbi["code"], first["code"], task["code"], task["status"]) == ("PBI-1", "ST-001", "T-1", "todo")

    context = await served.ok("get_claude_context", product_id="demo")
    assert context["product"]["code"] == "demo"
    assert context["next_story"]["story"] == first
    assert context["next_story"]["tasks"] == [task]

    done = await served.ok("update_task_status", task_id="T-1", status="done")
    assert done["story_status_change"] == "promoted"
    context = await served.ok("get_claude_context", product_id="demo")
    assert context["next_story"]["story"]["code"] == second["code"]


async def test_a_backlog_is_groomed(served: Served) -> None:
    house = served.house
    story = house.story(house.product("demo"))
    house.task(story)
    house.task(story)
    edited = await served.ok("edit_task", task_id="T-2", first=True, status="review", runtime="claude", estimate=2)
    assert (edited["status"], edited["estimate"]) == ("review", 2)
    assert house.task_now(edited["id"]).config.as_dict() == {"runtime": "claude"}
    waits = await served.ok("set_dependency", item_id="T-1", needs_id="T-2")
    assert [each["code"] for each in waits["needs"]] == ["T-2"]
    assert "T-2 → T-1 → T-2" in await served.refused("set_dependency", item_id="T-2", needs_id="T-1")
    assert (await served.ok("archive_item", item_id="ST-001"))["archived"] is True
    assert (await served.ok("search_backlog", query="task"))["result"] == []
    await served.ok("archive_item", item_id="ST-001", restore=True)
    assert {hit["code"] for hit in (await served.ok("search_backlog", query="task"))["result"]} == {"T-1", "T-2"}


async def test_a_product_whose_stories_are_finished_or_blocked_has_no_next_one(served: Served) -> None:
    served.house.a_task()
    await served.ok("update_task_status", task_id="T-1", status="done")
    assert "next_story" not in await served.ok("get_claude_context", product_id="demo")
    await served.ok("create_pbi", product_id="demo", title="Later")
    await served.ok("create_story", pbi_id="PBI-2", title="Later")
    house = served.house
    house.write(backlog.edit_pbi, house.admin, "PBI-2", {"status": "BLOCKED"}, Place())
    assert "next_story" not in await served.ok("get_claude_context", product_id="demo")


async def test_a_person_sets_any_status_and_the_story_follows(served: Served) -> None:
    house = served.house
    task = house.a_task()
    for status, stored in (
        ("failed", TaskStatus.FAILED),
        ("excluded", TaskStatus.EXCLUDED),
        ("todo", TaskStatus.TO_DO),
    ):
        assert (await served.ok("update_task_status", task_id="T-1", status=status))["status"] == status
        assert house.task_now(task).status is stored
    story = house.read(lambda tx: tx.backlog.story(house.task_now(task).story_id))
    assert story is not None
    assert story.status is StoryStatus.OPEN


async def test_what_is_logged_stands_in_the_story_s_log(served: Served) -> None:
    house = served.house
    story_id = house.task_now(house.a_task()).story_id
    await served.ok("log_implementation", story_id="ST-001", content="Begin.")
    await served.ok("log_implementation", story_id="ST-001", content="Begin.")
    assert [log.content for log in house.read(lambda tx: tx.backlog.logs(story_id))] == ["Begin.", "Begin."]


async def test_a_pull_request_is_noted_merged_and_replaced(served: Served) -> None:
    served.house.a_task()
    wrong = await served.refused("set_pbi_pr", pbi_id="PBI-1", pr_url="https://git.example.org/me/it/issues/7")
    assert wrong.startswith("VALIDATION_ERROR: pr_url: ")
    assert "no pull request" in await served.refused("mark_pbi_pr_merged", pbi_id="PBI-1")
    url = "https://git.example.org/me/it/pulls/7"
    assert (await served.ok("set_pbi_pr", pbi_id="PBI-1", pr_url=url + "/"))["pr_url"] == url
    merged = await served.ok("mark_pbi_pr_merged", pbi_id="PBI-1")
    assert merged["pr_merged_at"] == "2026-11-22T12:00:00Z"
    assert await served.ok("set_pbi_pr", pbi_id="PBI-1", pr_url=url) == merged
    assert "pr_merged_at" not in await served.ok("set_pbi_pr", pbi_id="PBI-1", pr_url=url[:-1] + "8")


async def test_a_job_is_dispatched_followed_and_cancelled(served: Served) -> None:
    served.house.a_task()
    assert (await served.ok("check_queue_empty"))["empty"]
    job = await served.ok("dispatch_job", task_id="T-1", instruction="Mind the tests.", key="once")
    assert (job["code"], job["status"], job["task"]) == ("J-1", "queued", "T-1")
    assert (await served.ok("dispatch_job", task_id="T-1", key="once"))["id"] == job["id"]
    assert await served.ok("check_queue_empty") == {"empty": False, "remaining": 1, "by_product": {"demo": 1}}
    assert [each["code"] for each in (await served.ok("list_jobs", status=["queued"]))["result"]] == ["J-1"]
    assert (await served.ok("cancel_job", job_id="J-1", reason="Not now."))["status"] == "cancelled"
    assert (await served.ok("get_job_status", job_id="1"))["reason"] == "Not now."
    assert (await served.ok("check_queue_empty", product_id="demo"))["remaining"] == 0


async def test_a_job_that_is_done_shows_its_receipt(served: Served) -> None:
    house = served.house
    house.run(house.a_task())
    hand = house.hand()
    hand.done(hand.take())
    shown = await served.ok("get_job_status", job_id="J-1")
    assert (shown["status"], shown["outcome"], shown["pushed"]) == ("done", "done", True)
    assert shown["receipt"]["head_sha"] == shown["head_sha"]


async def test_health_names_the_version_the_database_and_the_runtimes_that_are_there(served: Served) -> None:
    house = served.house
    assert (await served.ok("health"))["runtimes"] == []
    house.hand(runtimes=["claude", "patch"]).claim()
    shown = await served.ok("health")
    assert (shown["status"], shown["database"], shown["runtimes"]) == ("ok", "ok", ["claude", "patch"])


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("create_pbi", {"product_id": "demo"}, "VALIDATION_ERROR: title: "),
        ("create_pbi", {"product_id": "demo", "title": "x", "priority": 5}, "VALIDATION_ERROR: priority: "),
        ("create_pbi", {"product_id": "demo", "title": "two\nlines"}, "VALIDATION_ERROR: title: "),
        ("create_pbi", {"product_id": "demo", "title": "x", "colour": "red"}, "VALIDATION_ERROR: colour: "),
        ("create_task", {"story_id": "PBI-1", "title": "x"}, "VALIDATION_ERROR: "),
        ("create_pbi", {"product_id": "nope", "title": "x"}, "product «nope» not found or not accessible"),
        ("update_job_status", {"job_id": "J-1", "status": "done"}, "tool «update_job_status» not found"),
        ("drop_database", {}, "tool «drop_database» not found or not accessible"),
    ],
)
async def test_a_refusal_says_what_is_wrong(served: Served, tool: str, arguments: dict[str, str], said: str) -> None:
    served.house.product("demo")
    assert (await served.refused(tool, **arguments)).startswith(said)


async def test_what_the_backlog_holds_can_be_read_by_uri(served: Served) -> None:
    served.house.a_task()
    async with served.client() as client:
        listed = [each.uri for each in (await client.list_resources()).resources]
        assert listed == [
            "ploeg://demo",
            "ploeg://demo/PBI-1",
            "ploeg://demo/ST-001",
            "ploeg://demo/T-1",
        ]
        templates = (await client.list_resource_templates()).resource_templates
        assert "ploeg://{product}/{code}" in {each.uri_template for each in templates}
        for uri in listed:
            (content,) = (await client.read_resource(uri)).contents
            assert isinstance(content, TextResourceContents)
            assert json.loads(content.text)["code"] == uri.rpartition("/")[2]


async def test_a_uri_that_is_not_yours_and_one_that_is_not_there_read_alike(served: Served) -> None:
    house = served.house
    house.a_task()
    secret = house.write(people.make_token, house.person("ada"), "hers").secret
    told = []
    async with served.client(secret) as client:
        assert (await client.list_resources()).resources == []
        for uri in ("ploeg://demo/T-1", "ploeg://demo/T-9", "ploeg://nope/T-1", "ploeg://demo", "file:///etc/passwd"):
            with pytest.raises(MCPError) as refused:
                await client.read_resource(uri)
            told.append(refused.value.error.message)
    assert all(text.endswith("not found or not accessible") for text in told)
    assert told[0].replace("T-1", "?") == told[1].replace("T-9", "?")


async def test_the_walk_through_the_next_story_names_the_product(served: Served) -> None:
    served.house.product("demo")
    async with served.client() as client:
        (prompt,) = (await client.list_prompts()).prompts
        got = await client.get_prompt(prompt.name, {"product_id": "demo"})
        for arguments in ({}, {"product_id": "nope"}, {"product_id": "demo", "more": "x"}):
            with pytest.raises(MCPError):
                await client.get_prompt(prompt.name, arguments)
    (message,) = got.messages
    assert isinstance(message.content, TextContent)
    assert '`get_claude_context(product_id="demo")`' in message.content.text


async def test_forty_clients_with_forty_tokens_never_get_each_other_s_answers(served: Served) -> None:
    house = served.house
    secrets = {}
    for number in range(CLIENTS):
        name = f"person-{number}"
        house.product(name)
        house.write(people.add_user, house.admin, name)
        house.write(products.set_member, house.admin, name, name, "member")
        made = house.write(people.make_token, house.admin, name, scopes=["read", "write"], username=name)
        secrets[name] = made.secret

    async def calls(name: str) -> int:
        mixed = 0
        async with served.client(secrets[name]) as client:
            pbi = await client.call_tool("create_pbi", {"product_id": name, "title": name})
            assert not pbi.is_error
            for _ in range(CALLS - 1):
                result = await client.call_tool("list_products", {})
                assert result.structured_content is not None
                mixed += [each["code"] for each in result.structured_content["result"]] != [name]
        return mixed

    assert await asyncio.gather(*(calls(name) for name in secrets)) == [0] * CLIENTS
    events = house.read(lambda tx: tx.events.after(0, None, 1000))
    added = [event for event in events if event.type == "pbi.changed"]
    assert len(added) == CLIENTS
    assert all(event.actor == f"user:{event.data['title']}" for event in added)
