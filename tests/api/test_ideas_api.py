"""Ideas over HTTP: from a line to a backlog item, and what is said about them."""

from __future__ import annotations

from typing import Any

import pytest

from ploeg.control.people import people
from tests.api.conftest import Api
from tests.control.idea_words import PLAN

pytestmark = pytest.mark.anyio


@pytest.fixture
async def idea(api: Api) -> dict[str, Any]:
    """A new idea of the administrator's, in a product."""
    api.house.product(config={"runtime": "claude"})
    started = await api.ok("POST", "/ideas", 201, json={"title": "Dark mode", "product": "demo"})
    assert started["job"] is None
    found: dict[str, Any] = started["idea"]
    return found


async def test_an_idea_is_kept_shown_and_changed(api: Api, idea: dict[str, Any]) -> None:
    assert (idea["code"], idea["status"], idea["owner"], idea["shared"]) == ("IDEA-001", "DRAFT", "admin", False)
    (listed,) = (await api.ok("GET", "/ideas", params={"product": "demo", "status": "DRAFT"}))["items"]
    assert listed == idea
    changed = await api.ok("PATCH", "/ideas/IDEA-1", json={"title": "Night mode", "description": "Eyes hurt."})
    assert changed["title"] == "Night mode"
    shown = await api.ok("GET", "/ideas/idea-001")
    assert (shown["description"], shown["products"], shown["questions"]) == ("Eyes hurt.", [], [])


async def test_ideas_are_listed_newest_first_and_in_pages(api: Api, idea: dict[str, Any]) -> None:
    for title in ("Two", "Three"):
        await api.ok("POST", "/ideas", 201, json={"title": title})
    first = await api.ok("GET", "/ideas", params={"limit": 2})
    assert [each["code"] for each in first["items"]] == ["IDEA-003", "IDEA-002"]
    rest = await api.ok("GET", "/ideas", params={"limit": 2, "before": first["next_before"]})
    assert ([each["code"] for each in rest["items"]], rest["next_before"]) == (["IDEA-001"], None)


async def test_four_requests_make_backlog_of_a_line(api: Api, idea: dict[str, Any]) -> None:
    assert (await api.ok("PUT", "/ideas/IDEA-1/grill", json={"markdown": "# Scope"}))["status"] == "GRILLED"
    written = await api.ok("PUT", "/ideas/IDEA-1/plan", json={"markdown": PLAN})
    assert (written["ok"], written["stories"], written["tasks"], written["flaws"]) == (True, 2, 3, [])
    outline = (await api.ok("GET", "/ideas/IDEA-1"))["outline"]
    assert outline[0] == {"title": "A switch", "tasks": ["Draw it", "Keep it"]}
    verdict = {"verdict": "approved", "summary": "Well thought out."}
    assert (await api.ok("POST", "/ideas/IDEA-1/review", json=verdict))["status"] == "PLAN_REVIEWED"
    made = await api.ok("POST", "/ideas/IDEA-1/materialisation", 201)
    assert (made["pbi"], made["stories"], made["tasks"]) == ("PBI-1", ["ST-001", "ST-002"], 3)
    assert made["idea"]["pbi"] == "PBI-1"
    assert (await api.ok("GET", "/tasks/T-1"))["implementation_plan"] == "Change `app.py`."


async def test_what_was_materialised_comes_out_as_the_plan_that_it_was_made_of(api: Api, idea: dict[str, Any]) -> None:
    await api.ok("PUT", "/ideas/IDEA-1/plan", json={"markdown": PLAN})
    await api.ok("POST", "/ideas/IDEA-1/materialisation", 201)
    exported = (await api.ok("GET", "/pbis/PBI-1/plan"))["markdown"]
    assert exported.startswith("---\npbi:\n  title: Dark mode\n  priority: 1\nstories:\n- title: A switch\n")
    again = await api.ok("PUT", "/ideas/IDEA-1/plan", json={"markdown": exported})
    assert (again["ok"], again["stories"], again["tasks"]) == (True, 2, 3)
    assert (await api.ok("POST", "/ideas/IDEA-1/materialisation", 201))["replaced"] == "PBI-1"
    assert (await api.ok("GET", "/pbis/PBI-2/plan"))["markdown"] == exported


async def test_a_text_that_is_no_plan_says_what_to_mend(api: Api, idea: dict[str, Any]) -> None:
    written = await api.ok("PUT", "/ideas/IDEA-1/plan", json={"markdown": "---\npbi: Pay\n---\n"})
    assert (written["ok"], written["idea"]["status"]) == (False, "PLAN_FAILED")
    flaws = [
        {"line": 2, "field": "pbi", "remedy": "write it as fields: title, description, priority"},
        {"line": 2, "field": "stories", "remedy": "list at least one, each behind a «-»"},
    ]
    assert written["flaws"] == flaws
    assert (await api.ok("GET", "/ideas/IDEA-1"))["flaws"] == flaws


async def test_a_step_is_queued_once_for_a_key(api: Api, idea: dict[str, Any]) -> None:
    headers = {"Idempotency-Key": "once"}
    started = await api.ok("POST", "/ideas/IDEA-1/jobs", 201, json={"step": "grill"}, headers=headers)
    assert (started["idea"]["status"], started["idea"]["jobs"]) == ("GRILLING", ["J-1"])
    assert (started["job"]["code"], started["job"]["idea"], started["job"]["title"]) == ("J-1", "IDEA-001", "Dark mode")
    again = await api.ok("POST", "/ideas/IDEA-1/jobs", json={"step": "grill"}, headers=headers)
    assert again["job"]["code"] == "J-1"
    refusal = await api.refused(409, "POST", "/ideas/IDEA-1/jobs", json={"step": "plan"})
    assert refusal["message"] == "IDEA-001 has an unfinished job already: J-1 is queued"


async def test_an_idea_is_sent_on_its_way_with_its_first_words(api: Api) -> None:
    api.house.product(config={"runtime": "claude"})
    wish = {"title": "Dark mode", "product": "demo", "until": "sprint", "job": {"config": {"runtime": "claude"}}}
    started = await api.ok("POST", "/ideas", 201, json=wish)
    assert (started["idea"]["until"], started["job"]["kind"], started["job"]["runtime"]) == (
        "sprint",
        "IDEA_GRILL",
        "claude",
    )
    refusal = await api.refused(422, "POST", "/ideas/IDEA-1/jobs", json={"until": "moon"})
    assert refusal["field"] == "until"


async def test_a_talk_goes_on_beside_the_steps(api: Api, idea: dict[str, Any]) -> None:
    said = await api.ok("POST", "/ideas/IDEA-1/messages", 201, json={"text": "Which pages?"})
    assert (said["job"], said["message"]["job"], said["message"]["author"]) == ("J-1", None, "admin")
    hand = api.house.hand(runtimes=["claude"])
    hand.finish(hand.take(), "done", summary="All of them.")
    talk = (await api.ok("GET", "/ideas/IDEA-1/messages"))["items"]
    assert [(line["author"], line["text"], line["job"]) for line in talk] == [
        ("admin", "Which pages?", "J-1"),
        (None, "All of them.", "J-1"),
    ]


async def test_sharing_archiving_and_the_log(api: Api, idea: dict[str, Any]) -> None:
    assert (await api.ok("PUT", "/ideas/IDEA-1/sharing"))["shared"] is True
    assert (await api.ok("DELETE", "/ideas/IDEA-1/sharing"))["shared"] is False
    entry = {"type": "decision", "content": "Only pages."}
    assert (await api.ok("POST", "/ideas/IDEA-1/log", 201, json=entry))["type"] == "DECISION"
    assert [line["content"] for line in (await api.ok("GET", "/ideas/IDEA-1/log"))["items"]] == ["Only pages."]
    assert (await api.ok("PUT", "/ideas/IDEA-1/archival"))["archived_at"] is not None
    assert (await api.ok("GET", "/ideas"))["items"] == []
    assert (await api.ok("DELETE", "/ideas/IDEA-1/archival"))["archived_at"] is None


async def test_a_strangers_idea_answers_as_one_that_is_not_there(api: Api, idea: dict[str, Any]) -> None:
    house = api.house
    house.person("bob")
    token = house.write(people.make_token, house.admin, "bob's", scopes=["read", "write"], username="bob").secret
    there = await api.refused(404, "GET", f"/ideas/{idea['id']}", token=token)
    missing = await api.refused(404, "GET", f"/ideas/{idea['id'][:-1]}x", token=token)
    assert there["message"].replace(idea["id"], "…") == missing["message"].replace(f"{idea['id'][:-1]}x", "…")
    await api.refused(404, "POST", "/ideas/admin:IDEA-1/jobs", token=token, json={"step": "grill"})
