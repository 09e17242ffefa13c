"""Questions over HTTP: people look at them and decide them, and a worker waits for that."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ploeg.control.people import people
from ploeg.control.products import products
from tests.api.conftest import Api
from tests.control.house import Hand

pytestmark = pytest.mark.anyio


@pytest.fixture
async def asked(api: Api) -> tuple[Hand, str]:
    """A worker, and the attempt whose agent asked Q-1."""
    api.house.run(api.house.a_task())
    hand = api.house.hand()
    attempt = hand.take().attempt_id
    arguments = {"story_id": "ST-001", "question": "Which?", "options": ["red", "blue"], "recommended": 1}
    call = {"call_id": "1", "tool": "ask_user_question", "arguments": arguments}
    reply = await api.ok("POST", f"/work/attempts/{attempt}/calls", token=hand.secret, json=call)
    assert reply["result"]["code"] == "Q-1"
    return hand, attempt


async def test_a_question_is_found_answered_and_told_to_the_worker_that_waits(
    api: Api, asked: tuple[Hand, str]
) -> None:
    hand, attempt = asked
    (listed,) = (await api.ok("GET", "/questions", params={"status": "open", "product": "demo"}))["items"]
    assert listed == await api.ok("GET", "/questions/Q-1")
    assert {name: listed[name] for name in ("code", "status", "story", "job", "options", "recommended")} == {
        "code": "Q-1",
        "status": "open",
        "story": "ST-001",
        "job": "J-1",
        "options": ["red", "blue"],
        "recommended": 1,
    }
    wish = {"question_id": "Q-1", "wait_seconds": 30}
    wait = asyncio.create_task(api.ok("POST", f"/work/attempts/{attempt}/answers", token=hand.secret, json=wish))
    answered = await api.ok("POST", "/questions/Q-1/answer", json={"answer": "2"})
    assert (answered["status"], answered["answer"], answered["answered_by"]) == ("answered", "blue", "admin")
    assert (await asyncio.wait_for(wait, 10))["result"]["answer"] == "blue"
    assert (await api.ok("GET", "/questions", params={"status": "open"}))["items"] == []


async def test_a_question_is_withdrawn_once(api: Api, asked: tuple[Hand, str]) -> None:
    assert (await api.ok("POST", "/questions/Q-1/cancellation"))["status"] == "cancelled"
    refusal = await api.refused(409, "POST", "/questions/Q-1/cancellation")
    assert refusal["message"] == "Q-1 is cancelled already"


async def test_a_viewer_answers_nothing_and_a_stranger_finds_nothing(api: Api, asked: tuple[Hand, str]) -> None:
    house = api.house
    tokens: dict[str, Any] = {}
    for name in ("ada", "eve"):
        house.person(name)
        made = house.write(people.make_token, house.admin, name, scopes=["read", "write"], username=name)
        tokens[name] = made.secret
    house.write(products.set_member, house.admin, "demo", "ada", "viewer")
    await api.ok("GET", "/questions/Q-1", token=tokens["ada"])
    for verb, body in (("answer", {"answer": "1"}), ("cancellation", None)):
        await api.refused(403, "POST", f"/questions/Q-1/{verb}", token=tokens["ada"], json=body)
        theirs = await api.refused(404, "POST", f"/questions/Q-1/{verb}", token=tokens["eve"], json=body)
        nobodys = await api.refused(404, "POST", f"/questions/Q-7/{verb}", token=tokens["eve"], json=body)
        assert theirs["message"].replace("Q-1", "Q-7") == nobodys["message"]


@pytest.mark.parametrize("answer", ["", "3", "x" * 4001])
async def test_what_is_no_answer_is_refused(api: Api, asked: tuple[Hand, str], answer: str) -> None:
    assert (await api.refused(422, "POST", "/questions/Q-1/answer", json={"answer": answer}))["field"] == "answer"
