"""Products, backlog, jobs and tokens over HTTP, as the command line uses them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Api
from tests.control.house import PLAN, SHA

pytestmark = pytest.mark.anyio


async def a_task(api: Api, **fields: Any) -> str:
    await api.ok("POST", "/products", 201, json={"name": "Demo", "repo_url": "https://git.example.org/demo.git"})
    await api.ok("POST", "/products/demo/pbis", 201, json={"title": "An item"})
    await api.ok("POST", "/pbis/PBI-1/stories", 201, json={"title": "A story", "acceptance_criteria": "It works."})
    wish = {"title": "A task", "implementation_plan": PLAN, **fields}
    task = await api.ok("POST", "/stories/ST-001/tasks", 201, json=wish)
    return str(task["code"])


async def test_a_backlog_is_made_listed_changed_and_put_in_order(api: Api) -> None:
    assert await a_task(api, config={"max_turns": 3}) == "T-1"
    await api.ok("POST", "/stories/ST-001/tasks", 201, json={"title": "Another", "priority": 1, "verify_only": True})
    tasks = (await api.ok("GET", "/products/demo/tasks?story=ST-001"))["items"]
    assert [(t["code"], t["story"], t["product"], t["config"]) for t in tasks] == [
        ("T-1", "ST-001", "demo", {"max_turns": 3}),
        ("T-2", "ST-001", "demo", {}),
    ]
    edit = {"before": "T-1", "title": "First", "config": {"max_turns": None, "runtime": "claude"}}
    edited = await api.ok("PATCH", "/tasks/T-2", json=edit)
    assert (edited["title"], edited["verify_only"], edited["config"]) == ("First", True, {"runtime": "claude"})
    assert [t["code"] for t in (await api.ok("GET", "/products/demo/tasks"))["items"]] == ["T-2", "T-1"]
    story = await api.ok("PATCH", "/stories/ST-001", json={"title": "Better"})
    assert (story["title"], story["acceptance_criteria"], story["pbi"]) == ("Better", "It works.", "PBI-1")
    assert (await api.ok("PATCH", "/pbis/PBI-1", json={"status": "BLOCKED"}))["status"] == "BLOCKED"
    assert [s["code"] for s in (await api.ok("GET", "/products/demo/stories?pbi=PBI-1"))["items"]] == ["ST-001"]
    assert [p["code"] for p in (await api.ok("GET", "/products/demo/pbis"))["items"]] == ["PBI-1"]
    assert (await api.ok("GET", "/stories/ST-001/log"))["items"] == []


async def test_only_the_fields_that_are_given_change(api: Api) -> None:
    await a_task(api)
    await api.ok("PATCH", "/products/demo", json={"definition_of_done": "Green.", "max_concurrent_jobs": 2})
    product = await api.ok("PATCH", "/products/demo", json={"max_concurrent_jobs": None, "config": {"model": "opus"}})
    assert (product["definition_of_done"], product["max_concurrent_jobs"]) == ("Green.", None)
    assert (product["repo_url"], product["config"], product["role"]) == (
        "https://git.example.org/demo.git",
        {"model": "opus"},
        "owner",
    )


async def test_a_job_runs_from_its_task_to_its_end_and_shows_everything(api: Api) -> None:
    await a_task(api)
    made = await api.ok(
        "POST", "/jobs", 201, json={"task": "T-1", "config": {"max_turns": 9}, "instruction": "Gently."}
    )
    assert (made["code"], made["status"], made["overrides"]) == ("J-1", "queued", {"max_turns": 9})
    assert made["config"]["source"]["max_turns"] == "job"
    hand = api.house.hand()
    hand.done(hand.take(), summary="Said hello.")
    job = await api.ok("GET", "/jobs/j-1")
    assert (job["status"], job["outcome"], job["attempt_count"], job["waiting_for"]) == ("done", "done", 1, None)
    (attempt,) = job["attempts"]
    assert (attempt["head_sha"], attempt["summary"], attempt["usage"]["cost_usd"]) == (SHA, "Said hello.", None)
    assert [phase["phase"] for phase in attempt["phases"]] == ["prepare"]
    assert (await api.ok("GET", "/jobs?status=done&status=failed"))["items"][0]["code"] == "J-1"
    assert (await api.ok("GET", "/jobs?status=queued")) == {"items": [], "next_before": None}
    assert (await api.ok("GET", "/tasks/T-1"))["status"] == "DONE"
    types = [event["type"] for event in (await api.ok("GET", "/jobs/1/events"))["items"]]
    assert types[:2] == ["job.queued", "job.claimed"]


async def test_the_same_idempotency_key_gets_the_same_job(api: Api) -> None:
    await a_task(api)
    headers = {"Idempotency-Key": "once"}
    first = await api.ok("POST", "/jobs", 201, json={"task": "T-1"}, headers=headers)
    again = await api.ok("POST", "/jobs", 200, json={"task": "T-1"}, headers=headers)
    by_field = await api.ok("POST", "/jobs", 200, json={"task": "T-1", "key": "once"})
    assert first["id"] == again["id"] == by_field["id"]
    error = await api.refused(409, "POST", "/jobs", json={"task": "T-1"})
    assert "J-1" in error["message"]


async def test_a_job_is_cancelled_and_tried_again_with_or_without_a_body(api: Api) -> None:
    await a_task(api)
    await api.ok("POST", "/jobs", 201, json={"task": "T-1"})
    await api.refused(409, "POST", "/jobs/J-1/retry")
    assert (await api.ok("POST", "/jobs/J-1/cancellation"))["status"] == "cancelled"
    await api.refused(409, "POST", "/jobs/J-1/cancellation", json={"reason": "again"})
    again = await api.ok("POST", "/jobs/J-1/retry", 201, json={"instruction": "Harder."})
    assert (again["code"], again["retry_of"], again["instruction"]) == ("J-2", "J-1", "Harder.")


async def test_jobs_come_page_by_page(api: Api) -> None:
    house = api.house
    house.product()
    for _ in range(3):
        house.run(house.task(house.story()))
    first = await api.ok("GET", "/jobs?limit=2")
    assert [job["number"] for job in first["items"]] == [3, 2]
    assert first["next_before"] == 2
    last = await api.ok("GET", f"/jobs?limit=2&before={first['next_before']}")
    assert ([job["number"] for job in last["items"]], last["next_before"]) == ([1], None)


async def test_a_token_s_secret_is_shown_once(api: Api) -> None:
    made = await api.ok("POST", "/tokens", 201, json={"label": "laptop", "scopes": ["read"], "expires_in_days": 30})
    assert made["secret"].startswith("ploeg_usr_")
    listed = await api("GET", "/tokens")
    assert made["secret"] not in listed.text
    assert made["hint"] in listed.text
    assert (await api.ok("GET", "/whoami", token=made["secret"]))["token"]["scopes"] == ["read"]
    revoked = await api.ok("DELETE", f"/tokens/{made['id']}")
    assert revoked["revoked_at"] is not None
    await api.refused(401, "GET", "/whoami", token=made["secret"])


async def test_people_are_let_into_a_product(api: Api) -> None:
    await a_task(api)
    await api.ok("POST", "/users", 201, json={"username": "ada"})
    assert [user["username"] for user in (await api.ok("GET", "/users"))["items"]] == ["ada", "admin"]
    hers = await api.ok("POST", "/tokens", 201, json={"label": "hers", "user": "ada"})
    assert hers["scopes"] == ["read", "write"]
    await api.refused(404, "GET", "/products/demo", token=hers["secret"])
    await api.ok("PUT", "/products/demo/members/ada", json={"role": "viewer"})
    assert (await api.ok("GET", "/products/demo", token=hers["secret"]))["role"] == "viewer"
    members = (await api.ok("GET", "/products/demo/members"))["items"]
    assert {m["username"]: m["role"] for m in members} == {"ada": "viewer", "admin": "owner"}


async def test_everybody_says_what_workers_leave_of_their_quota(api: Api) -> None:
    assert (await api.ok("GET", "/whoami"))["user"]["min_quota_pct"] == 20
    assert (await api.ok("PATCH", "/me", json={"min_quota_pct": 35}))["min_quota_pct"] == 35
    assert (await api.ok("GET", "/whoami"))["user"]["min_quota_pct"] == 35
    api.house.hand("elf").claim()
    (worker,) = (await api.ok("GET", "/workers"))["items"]
    assert (worker["min_quota_pct"], worker["quota"], worker["last_quota_pct"]) == (35, [], None)
    assert "0 to 100" in (await api.refused(422, "PATCH", "/me", json={"min_quota_pct": 101}))["message"]
    await api.refused(422, "PATCH", "/me", json={"is_admin": True})


async def test_a_product_is_archived_and_restored(api: Api) -> None:
    await a_task(api)
    assert (await api.ok("PUT", "/products/demo/archival"))["archived_at"] is not None
    assert (await api.ok("GET", "/products"))["items"] == []
    assert len((await api.ok("GET", "/products?archived=true"))["items"]) == 1
    assert "archived" in (await api.refused(409, "POST", "/jobs", json={"task": "T-1"}))["message"]
    assert (await api.ok("DELETE", "/products/demo/archival"))["archived_at"] is None


async def test_the_server_says_what_runs_to_who_is_signed_in(api: Api) -> None:
    server = await api.ok("GET", "/server")
    assert server["database"]["dialect"] == "sqlite"
    assert (server["workers"], server["database"]["warnings"].__class__) == (0, list)
    api.house.hand("elf", labels=["gpu"]).claim()
    (worker,) = (await api.ok("GET", "/workers"))["items"]
    assert (worker["hostname"], worker["labels"], worker["online"], worker["state"]) == ("elf", ["gpu"], True, "idle")


async def test_health_needs_no_token_and_tells_when_the_server_stops(api: Api) -> None:
    assert (await api.ok("GET", "/health", token=None))["status"] == "ok"
    api.house.plane.watch.stop()
    assert (await api("GET", "/health", token=None)).status_code == 503


async def test_health_tells_when_the_database_is_gone(api: Api) -> None:
    api.house.store.close()
    response = await api("GET", "/health", token=None)
    assert response.status_code == 503
