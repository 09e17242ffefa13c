"""The worker protocol over HTTP: one job's life, and what a worker must not do."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ploeg import __version__
from ploeg.control.people import people
from ploeg.wire.assignment import Assignment
from tests.api.conftest import Api
from tests.control.house import proof

pytestmark = pytest.mark.anyio


async def claim(api: Api, token: str, info: dict[str, Any], key: str = "key", wait: float = 0) -> Any:
    body = {"worker": info, "claim_key": key, "wait_seconds": wait}
    return await api("POST", "/work/claims", token=token, json=body)


async def test_one_job_from_claim_to_finish(api: Api) -> None:
    api.house.run(api.house.a_task())
    hand, info = api.worker()
    response = await claim(api, hand.secret, info)
    assert response.status_code == 200
    got = msgspec.json.decode(response.content, type=Assignment)
    where = f"/work/attempts/{got.attempt_id}"

    async def say(path: str, **body: Any) -> Any:
        return await api.ok("POST", f"{where}/{path}", token=hand.secret, json=body)

    beat = await say("heartbeat", phase="agent", agent_started=True, session_id="s")
    assert beat == {"order": "continue", "lease_seconds": 300.0}
    assert await say("events", chunk=0, events=[{"type": "said", "text": "Hello."}]) == {"next_chunk": 1}
    logged = await say(
        "calls", call_id="1", tool="log_implementation", arguments={"story_id": "ST-001", "content": "x"}
    )
    assert logged["result"]["id"].startswith("log_")
    refused = await say("calls", call_id="2", tool="log_implementation", arguments={})
    assert "story_id" in refused["error"]
    finished = await say("finish", outcome="done", phase="report", diff="--- a/hello.txt\n", **proof())
    assert finished == {"job_status": "done"}
    assert await say("finish", outcome="done", phase="report", diff="--- a/hello.txt\n", **proof()) == finished
    assert (await api.ok("GET", "/jobs/J-1/log"))["events"][0]["text"] == "Hello."
    assert (await api.ok("GET", "/jobs/J-1/diff"))["text"] == "--- a/hello.txt\n"
    assert (await api.ok("GET", "/stories/ST-001/log"))["items"][0]["content"] == "x"
    await api.refused(409, "POST", f"{where}/heartbeat", token=hand.secret, json={"phase": "agent"})


async def test_nothing_to_do_is_a_204_without_a_body(api: Api) -> None:
    hand, info = api.worker()
    response = await claim(api, hand.secret, info)
    assert (response.status_code, response.content) == (204, b"")


async def test_a_superseded_attempt_is_told_so_whatever_it_sends(api: Api) -> None:
    api.house.run(api.house.a_task())
    hand, info = api.worker()
    old = (await claim(api, hand.secret, info)).json()["attempt_id"]
    handed = await api.ok("POST", "/work/handback", token=hand.secret, json={"worker": info})
    assert handed["handed_back"] == [old]
    new = (await claim(api, hand.secret, info, "new key")).json()["attempt_id"]
    bodies: dict[str, Any] = {
        "heartbeat": {"phase": "agent"},
        "events": {"chunk": 0, "events": []},
        "calls": {"call_id": "1", "tool": "log_implementation", "arguments": {}},
        "finish": {"outcome": "done", "phase": "report", **proof()},
    }
    for path, body in bodies.items():
        error = await api.refused(409, "POST", f"/work/attempts/{old}/{path}", token=hand.secret, json=body)
        assert error["code"] == "superseded"
        stranger = api.house.hand("stranger").secret
        await api.refused(404, "POST", f"/work/attempts/{new}/{path}", token=stranger, json=body)
    error = await api.refused(
        409, "POST", "/work/claims", token=hand.secret, json={"worker": info, "claim_key": "key", "wait_seconds": 0}
    )
    assert error["code"] == "superseded"


async def test_a_worker_shows_how_it_is(api: Api) -> None:
    hand, info = api.worker()
    body = {"worker": info, "state": "stand_by", "reason": "quota", "until": "2026-11-22T14:00:00Z"}
    reply = await api.ok("PUT", "/work/presence", token=hand.secret, json=body)
    assert reply == {"order": "continue", "version": __version__}
    (worker,) = (await api.ok("GET", "/workers"))["items"]
    assert (worker["state"], worker["reason"], worker["until"]) == ("stand_by", "quota", "2026-11-22T14:00:00Z")


@pytest.mark.parametrize(
    ("version", "note"), [(__version__, None), ("0.0.1", "update the worker"), ("99.1", "update the server")]
)
async def test_a_worker_of_another_version_is_noted(api: Api, version: str, note: str | None) -> None:
    hand, info = api.worker()
    await api.ok(
        "PUT", "/work/presence", token=hand.secret, json={"worker": {**info, "version": version}, "state": "idle"}
    )
    (worker,) = (await api.ok("GET", "/workers"))["items"]
    assert (note or "None") in str(worker["version_note"])


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/work/claims", {}, "body"),
        ("/work/claims", {"worker": {}, "claim_key": "k"}, "worker"),
        ("/work/claims", {"worker": {"pid": "x"}, "claim_key": "k"}, "worker.pid"),
        ("/work/handback", {"worker": 5}, "worker"),
    ],
)
async def test_a_message_that_cannot_be_read_names_its_field(api: Api, path: str, body: Any, field: str) -> None:
    error = await api.refused(422, "POST", path, token=api.house.worker_secret, json=body)
    assert error["field"] == field
    assert error["remedy"]


async def test_a_newer_worker_may_say_more_than_this_server_knows(api: Api) -> None:
    hand, info = api.worker()
    assert (await claim(api, hand.secret, {**info, "moon_phase": "full"})).status_code == 204


async def test_a_wait_of_more_than_a_minute_is_refused(api: Api) -> None:
    hand, info = api.worker()
    assert (await claim(api, hand.secret, info, wait=61)).status_code == 422


async def test_a_revoked_worker_s_attempts_are_its_no_more(api: Api) -> None:
    api.house.run(api.house.a_task())
    hand, info = api.worker()
    got = (await claim(api, hand.secret, info)).json()["attempt_id"]
    api.house.write(people.revoke_token, api.house.admin, hand.actor.token_id)
    await api.refused(401, "POST", f"/work/attempts/{got}/heartbeat", token=hand.secret, json={"phase": "agent"})
