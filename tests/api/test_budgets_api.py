"""Budgets and quota over HTTP: what was spent, what may be, and how windows went."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ploeg.wire.work import UsageOut
from tests.api.conftest import Api

pytestmark = pytest.mark.anyio


async def test_what_was_spent_is_shown_beside_what_may_be(api: Api) -> None:
    api.house.run(api.house.a_task())
    limits = {"max_cost_usd_per_month": 2.0, "max_tokens_per_month": None}
    product = await api.ok("PATCH", "/products/demo", json=limits)
    assert {name: product[name] for name in limits} == limits
    hand = api.house.hand()
    hand.beat(hand.take(), usage=UsageOut(cost_usd=2.5, output_tokens=9))
    day, month = (await api.ok("GET", "/budgets"))["items"]
    assert (day["product"], day["period"], day["cost_usd"], day["reached"]) == (None, "day", 2.5, False)
    assert (month["product"], month["tokens"], month["max_cost_usd"], month["reached"]) == ("demo", 9, 2.0, True)
    assert month["until"] == "2026-12-01T00:00:00Z"


@pytest.mark.parametrize("limit", [0, -1, "NaN", 1e300])
async def test_a_budget_that_cannot_be_is_refused(api: Api, limit: object) -> None:
    api.house.product()
    said = await api.refused(422, "PATCH", "/products/demo", json={"max_cost_usd_per_month": limit})
    assert said["field"] == "max_cost_usd_per_month"


async def test_windows_accounts_and_their_course_are_shown(api: Api) -> None:
    api.house.run(api.house.a_task())
    accounts = [{"runtime": "patch", "name": "main", "purse": "subscription"}]
    hand, info = api.worker(accounts=accounts)
    claim = {"worker": info, "claim_key": "k", "wait_seconds": 0}
    attempt = await api.ok("POST", "/work/claims", token=hand.secret, json=claim)
    assert attempt["account"] == "main"
    resets_at = (api.house.clock.now + timedelta(hours=2)).isoformat()
    window = {
        "runtime": "patch",
        "window": "five_hour",
        "status": "allowed",
        "utilization": 0.9,
        "resets_at": resets_at,
    }
    beat = {"phase": "agent", "quota": [window]}
    path = f"/work/attempts/{attempt['attempt_id']}/heartbeat"
    reply = await api.ok("POST", path, token=hand.secret, json=beat)
    assert [each["account"] for each in reply["stand_by"]] == ["main"]
    (worker,) = (await api.ok("GET", "/workers"))["items"]
    assert worker["accounts"] == accounts
    assert (worker["account_policy"], worker["unfit"]) == ("in_order", [])
    assert list(worker["runtime_blocks"]) == ["patch/main"]
    (told,) = (await api.ok("GET", "/workers/one/quota", params={"hours": 1}))["items"]
    assert (told["account"], told["window"], told["utilization"]) == ("main", "five_hour", 0.9)
    await api.refused(404, "GET", "/workers/two/quota")
    await api.refused(422, "GET", "/workers/one/quota", params={"hours": 0})
    job = await api.ok("GET", "/jobs/J-1")
    assert (job["attempts"][0]["account"], job["attempts"][0]["purse"]) == ("main", "subscription")
