"""A person's own agent takes an idea from a line to the backlog, by tools alone."""

from __future__ import annotations

import pytest

from ploeg.prompts.rendering import TEMPLATES
from tests.mcp.conftest import Served

pytestmark = pytest.mark.anyio

PLAN = TEMPLATES.get_template("plan_example.md").render()
IDEA = {"idea_id": "IDEA-001"}


@pytest.fixture
def product(served: Served) -> str:
    return served.house.product("demo", config={"runtime": "claude"})


async def test_an_idea_is_grilled_planned_reviewed_and_materialised_by_hand(served: Served, product: str) -> None:
    added = await served.ok("create_idea", title="Sell by post", product_id=product)
    assert (added["idea"]["code"], added["idea"]["status"], added.get("job")) == ("IDEA-001", "DRAFT", None)
    context = await served.ok("get_claude_context", product_id=product)
    assert context["open_ideas"] == [{"code": "IDEA-001", "title": "Sell by post", "status": "DRAFT"}]
    await served.ok("log_idea_decision", **IDEA, type="DECISION", content="Letters only.")
    await served.ok("update_idea_grill_md", **IDEA, markdown="# Scope")
    flawed = await served.ok("update_idea_plan_md", **IDEA, markdown="No plan.")
    assert (flawed["ok"], flawed["errors"][0]["line"]) == (False, 1)
    planned = await served.ok("update_idea_plan_md", **IDEA, markdown=PLAN)
    assert (planned["ok"], planned["stories"], planned["tasks"]) == (True, 1, 2)
    log = {"summary": "It holds."}
    judged = await served.ok("update_idea_plan_reviewed", **IDEA, approval_status="approved", review_log=log)
    assert judged["status"] == "PLAN_REVIEWED"

    made = await served.ok("materialise_idea", **IDEA)

    assert (made["pbi"], made["stories"], made["tasks"]) == ("PBI-1", ["ST-001"], 2)
    found = await served.ok("get_idea_context", **IDEA)
    assert (found["idea"]["status"], found["grill_md"]) == ("PLANNED", "# Scope")
    assert "Letters only." in [line["content"] for line in found["logs"]]
    assert (await served.ok("get_claude_context", product_id=product))["open_ideas"] == []


async def test_an_idea_is_sent_on_its_way_and_talked_about(served: Served, product: str) -> None:
    added = await served.ok("create_idea", title="Sell by post", product_id=product, until="review")
    assert (added["job"], added["idea"]["status"], added["idea"]["until"]) == ("J-1", "GRILLING", "review")
    assert "has an unfinished job already: J-1" in await served.refused("start_idea_job", **IDEA, step="plan")
    assert "give step, until or both" in await served.refused("start_idea_job", **IDEA)
    said = await served.ok("chat_about_idea", **IDEA, message="How far?")
    assert said == {"number": 1, "job": "J-2"}
    (message,) = (await served.ok("list_idea_messages", **IDEA))["result"]
    assert (message["author"], message["text"], message.get("job")) == ("admin", "How far?", None)
    jobs = (await served.ok("list_jobs", product_id=product))["result"]
    assert [(job["kind"], job["idea"]) for job in jobs] == [("IDEA_CHAT", "IDEA-001"), ("IDEA_GRILL", "IDEA-001")]


async def test_an_idea_is_changed_shared_and_put_away(served: Served, product: str) -> None:
    served.house.product("other")
    await served.ok("create_idea", title="Sell by post")
    changed = await served.ok(
        "update_idea", **IDEA, title="Sell letters", product_id=product, further_product_ids=["other"], shared=True
    )
    assert (changed["title"], changed["product"], changed["shared"]) == ("Sell letters", product, True)
    assert (await served.ok("get_idea_context", **IDEA))["further_products"] == ["other"]
    await served.ok("update_idea", **IDEA, archived=True)
    assert (await served.ok("list_ideas"))["result"] == []
    assert [idea["code"] for idea in (await served.ok("list_ideas", archived=True))["result"]] == ["IDEA-001"]
    assert (await served.ok("update_idea", **IDEA, archived=False))["archived"] is False
