"""Sprints over HTTP."""

from __future__ import annotations

import pytest

from ploeg.control.people import people
from ploeg.control.products import products
from tests.api.conftest import Api

pytestmark = pytest.mark.anyio


async def a_sprint(api: Api, **more: object) -> str:
    """With one story of two tasks."""
    story = api.house.story(api.house.product(pr_strategy="STORY"))
    for _ in range(2):
        api.house.task(story)
    body = {"goal": "Customers can pay", "code": "pay", "stories": ["ST-001"], **more}
    return str((await api.ok("POST", "/products/demo/sprints", 201, json=body))["code"])


async def test_a_sprint_is_planned_checked_run_and_shown(api: Api) -> None:
    code = await a_sprint(api, end_date="2026-12-04")
    page = await api.ok("GET", f"/sprints/{code}")
    assert (page["goal"], page["status"], page["end_date"], page["stories"]) == (
        "Customers can pay",
        "OPEN",
        "2026-12-04",
        1,
    )
    (story,) = page["plan"]
    assert (story["code"], story["status"], [task["code"] for task in story["tasks"]]) == (
        "ST-001",
        "IN_SPRINT",
        ["T-1", "T-2"],
    )
    assert page["next"] == [{"text": "let it run", "command": "ploeg sprint start pay"}]
    check = await api.ok("GET", "/sprints/pay/preflight?pr_strategy=sprint")
    assert (check["ready"], check["pr_strategy"], check["tasks"]) == (True, "SPRINT", ["T-1", "T-2"])

    run = await api.ok("POST", "/sprints/pay/runs", 201, json={"pr_strategy": "sprint", "labels": ["gpu"]})
    assert (run["status"], run["jobs"], run["started_by"]) == ("QUEUED", {"queued": 2}, "admin")
    page = await api.ok("GET", f"/sprints/{code}")
    assert page["why"] == [
        "J-1 (T-1) waits for a worker that offers the runtime «patch» and the labels gpu: none is there"
    ]
    assert page["plan"][0]["tasks"][1]["job"]["waiting_for"].startswith("J-1, which comes before it")

    assert (await api.ok("POST", "/sprints/pay/pause", json={"reason": "lunch"}))["pause"]["detail"] == "lunch"
    page = await api.ok("GET", f"/sprints/{code}")
    assert page["why"] == ["the run is paused: lunch"]
    assert page["next"] == [{"text": "let it go on", "command": "ploeg sprint resume pay"}]
    assert (await api.ok("POST", "/sprints/pay/resumption"))["status"] == "RUNNING"
    hand, _ = api.worker(labels=["gpu"])
    got = hand.take()
    foreseen = await api.ok("GET", f"/jobs/{got.job_code}/cascade")
    assert (foreseen["sprints"], foreseen["runs"], foreseen["cancelled"]) == (["pay"], ["pay"], ["J-2"])
    hand.finish(got, "reported_failed", reason="no")
    page = await api.ok("GET", f"/sprints/{code}")
    assert (page["status"], page["run"]["status"], page["run"]["failed_task"]) == ("FAILED", "FAILED", "T-1")
    assert page["why"] == ["the run failed: J-1 failed: no"]
    assert [step["command"] for step in page["next"]] == ["ploeg job show J-1", "ploeg sprint resume pay"]
    again = await api.ok("POST", "/sprints/pay/resumption")
    assert (again["previous_run_id"], again["branch"]) == (run["id"], run["branch"])
    assert (await api.ok("POST", "/sprints/pay/cancellation"))["status"] == "CANCELLED"
    assert [each["status"] for each in (await api.ok("GET", "/sprints/pay/runs"))["items"]] == ["CANCELLED", "FAILED"]


async def test_a_refused_start_names_everything_in_the_way(api: Api) -> None:
    await a_sprint(api, stories=[])
    page = await api.ok("GET", "/sprints/pay")
    assert page["next"][0]["command"] == "ploeg sprint plan pay ST-…"
    assert [blocker["obstacle"] for blocker in page["blockers"]] == ["nothing_to_do"]
    refused = await api.refused(409, "POST", "/sprints/pay/runs")
    assert "no task that is to do" in refused["message"]
    assert (await api.ok("POST", "/sprints/pay/stories", json={"stories": ["ST-001"]}))["stories"] == 1
    assert (await api.ok("DELETE", "/sprints/pay/stories/ST-001"))["stories"] == 0
    assert (await api.ok("PATCH", "/sprints/pay", json={"status": "archived"}))["status"] == "ARCHIVED"
    listed = await api.ok("GET", "/products/demo/sprints?status=archived")
    assert [sprint["code"] for sprint in listed["items"]] == ["pay"]


async def test_a_sprint_is_seen_by_its_product_s_people_and_changed_by_its_members(api: Api) -> None:
    await a_sprint(api)
    house = api.house
    ada = house.person("ada")
    secret = house.write(people.make_token, ada, "t", scopes=["read", "write"]).secret
    assert (await api("GET", "/sprints/pay", token=secret)).status_code == 404
    house.write(products.set_member, house.admin, "demo", ada.user.username, "viewer")
    assert (await api("GET", "/sprints/pay", token=secret)).status_code == 200
    for method, path in (("POST", "/sprints/pay/runs"), ("POST", "/sprints/pay/pause"), ("PATCH", "/sprints/pay")):
        assert (await api(method, path, token=secret, json={})).status_code == 403


async def test_a_product_says_how_its_sprints_run(api: Api) -> None:
    api.house.product()
    changed = await api.ok("PATCH", "/products/demo", json={"pr_strategy": "sprint", "auto_pr": True})
    assert (changed["pr_strategy"], changed["auto_pr"]) == ("SPRINT", True)
    assert (await api.refused(422, "PATCH", "/products/demo", json={"pr_strategy": "all"}))["field"] == "pr_strategy"
