"""Pull requests over the API, and the door for webhooks."""

from __future__ import annotations

import httpx2
import pytest

from ploeg.api.app import create_app
from ploeg.control.intake.hear import Ear
from ploeg.forges.registry import Entry, Forges
from ploeg.forges.webhook import HookKey
from tests.api.conftest import Api
from tests.control.intake.scene import Scene, review

pytestmark = pytest.mark.anyio

HOOK = "/api/v1/hooks/git.example.org/crew/demo"


async def test_what_was_said_is_shown_answered_and_dismissed(api: Api) -> None:
    scene = Scene(api.house)
    scene.look(reviews=(review(), review(id="2", author="mallory", text="Let me in.")))
    (line,) = (await api.ok("GET", "/pull-requests", params={"product": "demo", "status": "open"}))["items"]
    assert (line["number"], line["story"], line["open_remarks"]) == (7, "ST-001", 1)
    page = await api.ok("GET", "/pull-requests/demo%237")
    assert [(said["author"], said["trusted"], said["state"]) for said in page["remarks"]] == [
        ("ada", True, "open"),
        ("mallory", False, "noted"),
    ]
    job = await api.ok("POST", "/pull-requests/ST-001/follow-ups", 201, json={"instruction": "In French."})
    assert (job["follow_up_of"], job["status"]) == (scene.job.code, "queued")
    scene.look(reviews=(review(id="3"),))
    remark = (await api.ok("GET", "/pull-requests/demo%237"))["remarks"][-1]
    left = await api.ok("POST", "/pull-requests/demo%237/dismissal", json={"remarks": [remark["id"]]})
    assert (left["open_remarks"], left["waits"]) == (0, None)
    looked = await api.ok("POST", "/pull-requests/demo%237/look", 202)
    assert looked["look_at"] == api.house.clock.now.isoformat().replace("+00:00", "Z")
    made = await api.ok("POST", f"/pull-requests/{scene.job.code}/reviews", 201)
    assert (made["kind"], made["title"], made["runtime"]) == ("PR_REVIEW", "#7 ST-001: A story", "claude")
    await api.refused(404, "GET", "/pull-requests/demo%238")


async def test_a_webhook_needs_no_token_but_its_repository_s_signature(api: Api) -> None:
    Scene(api.house)
    ear = Ear(api.house.plane, Forges((Entry("https://git.example.org", "gitlab", "t"),)), HookKey(b"k" * 32))
    about = {"iid": 7, "source_branch": "x", "last_commit": {"id": "a" * 40}}
    told = {
        "object_kind": "merge_request",
        "project": {"git_http_url": "https://git.example.org/crew/demo.git"},
        "object_attributes": about,
    }
    signed = {"X-Gitlab-Token": HookKey(b"k" * 32).secret_of("https://git.example.org/crew/demo")}
    transport = httpx2.ASGITransport(create_app(api.house.plane, ear=ear))
    async with httpx2.AsyncClient(transport=transport, base_url="http://ploeg.test") as forge:
        assert (await forge.post(HOOK, json=told)).status_code == 401
        heard = await forge.post(HOOK, json=told, headers=signed)
        assert (heard.status_code, heard.json()) == (202, {"looks": 0}), "the product's repository is another one"
        assert (await forge.post("/api/v1/hooks/elsewhere/x/y", json=told, headers=signed)).status_code == 404
        assert (await forge.post(HOOK, content=b"x" * 2_000_000, headers=signed)).status_code == 413
    assert (await api.client.post(HOOK, json=told)).status_code == 404


async def test_the_forges_are_listed_without_their_tokens(api: Api) -> None:
    forges = Forges((Entry("https://git.example.org", "gitlab", "s3cret"),))
    transport = httpx2.ASGITransport(create_app(api.house.plane, ear=Ear(api.house.plane, forges, HookKey(b"k" * 32))))
    async with httpx2.AsyncClient(transport=transport, base_url="http://ploeg.test/api/v1") as anybody:
        assert (await anybody.get("/forges")).status_code == 401
        told = await anybody.get("/forges", headers={"Authorization": f"Bearer {api.house.secret}"})
    assert told.json() == {"items": [{"origin": "https://git.example.org", "kind": "gitlab"}]}
    assert (await api.ok("GET", "/forges"))["items"] == []
