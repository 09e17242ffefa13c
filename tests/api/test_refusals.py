"""Bad input of every sort: one shape of answer, never a 500, never a secret echoed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ploeg.api.doors import BODY_MAX
from ploeg.control.people import tokens
from ploeg.domain.access import TokenKind
from ploeg.tools.task import PLAN_MAX
from tests.api.conftest import Api

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/products", {}, "name"),
        ("POST", "/products", {"name": 5}, "name"),
        ("POST", "/products", {"name": "x", "colour": "red"}, "colour"),
        ("POST", "/products", {"name": "x", "config": {"max_turns": "many"}}, "config.max_turns"),
        ("POST", "/products", {"name": "x", "config": {"max_turns": 10**30}}, "config.max_turns"),
        ("POST", "/products", {"name": "x", "config": {"max_minutes": -1}}, "max_minutes"),
        ("PATCH", "/products/demo", {"name": None}, "name"),
        ("PATCH", "/products/demo", {"repo_url": "ext::sh -c id"}, "repo_url"),
        ("PATCH", "/tasks/T-1", {"priority": 9}, "priority"),
        ("PATCH", "/tasks/T-1", {"status": "done"}, "status"),
        ("PATCH", "/tasks/T-1", {"after": "T-9"}, "after"),
        ("GET", "/jobs?limit=0", None, "limit"),
        ("GET", "/jobs?limit=x", None, "limit"),
        ("GET", "/jobs?before=" + "9" * 40, None, "before"),
        ("GET", "/jobs?status=great", None, "status"),
        ("GET", "/jobs/J-1/log?wait=nan", None, "wait"),
        ("GET", "/jobs/J-1/log?offset=-1", None, "offset"),
        ("GET", "/jobs/T-1", None, "job"),
        ("GET", "/events?after=-1", None, "after"),
        ("POST", "/jobs", {"task": "T-1", "rank": 10**9}, "rank"),
        ("POST", "/jobs", {"task": "T-1", "labels": ["a b"]}, "labels"),
        ("POST", "/tokens", {"label": ""}, "label"),
    ],
)
async def test_a_field_that_cannot_be_used_is_named_with_what_would_do(
    api: Api, method: str, path: str, body: Any, field: str
) -> None:
    api.house.run(api.house.a_task())
    error = await api.refused(422, method, path, json=body)
    assert (error["code"], error["field"]) == ("invalid", field)
    assert error["remedy"]
    assert error["message"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"x"',
        b"\xff\xfe",
        b'{"name": "\xff"}',
        b'{"name": "x", "definition_of_done": "\\ud800"}',
        b'{"\\ud800": 1}',
        b'{"name": "nul \\u0000"}',
        b'{"name": NaN}',
        b'{"name": "x", "max_concurrent_jobs": Infinity}',
        b'{"name": "x", "max_concurrent_jobs": 1e400}',
        b'{"name": "x", "max_concurrent_jobs": 123456789012345678901234567890}',
        b'{"name":' + b"[" * 100_000,
    ],
)
async def test_a_body_that_makes_no_sense_is_refused_and_never_a_mistake_of_ours(api: Api, content: bytes) -> None:
    response = await api("POST", "/products", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code in {400, 422}, response.text
    json.loads(response.text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    response = await api("POST", "/work/claims", token=api.house.worker_secret, content=content)
    assert response.status_code == 422, response.text


async def test_a_plan_of_64_kilobytes_comes_through(api: Api) -> None:
    task = api.house.a_task()
    plan = "é" * (32 * 1024) + "x" * (32 * 1024)
    assert (await api.ok("PATCH", f"/tasks/{task}", json={"implementation_plan": plan}))["implementation_plan"] == plan
    error = await api.refused(422, "PATCH", f"/tasks/{task}", json={"implementation_plan": "x" * (PLAN_MAX + 1)})
    assert error["field"] == "implementation_plan"
    assert str(PLAN_MAX) in error["remedy"]
    assert len(error["value"]) < 200


async def test_a_body_beyond_the_limit_is_refused_announced_or_not(api: Api) -> None:
    async def without_length() -> Any:
        yield b'{"name": "'
        for _ in range(BODY_MAX // 1024):
            yield b"x" * 1024

    for content in (b"x" * (BODY_MAX + 1), without_length()):
        error = await api.refused(413, "POST", "/products", content=content)
        assert error["code"] == "too_large"


async def test_a_worker_s_message_may_be_larger_but_not_without_limit(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ploeg.api.doors.WORK_BODY_MAX", 3 * BODY_MAX)
    big = b'{"x": "' + b"x" * (2 * BODY_MAX) + b'"}'
    assert (await api("POST", "/work/claims", token=api.house.worker_secret, content=big)).status_code == 422
    bigger = b"x" * (4 * BODY_MAX)
    assert (await api("POST", "/work/claims", token=api.house.worker_secret, content=bigger)).status_code == 413


async def test_no_token_is_echoed_in_a_refusal(api: Api) -> None:
    secret = tokens.mint(TokenKind.PERSONAL)
    for method, path, body in (
        ("GET", f"/products/{secret}", None),
        ("GET", f"/tasks/{secret}", None),
        ("POST", "/products", {"name": [secret]}),
        ("POST", "/products", {"name": "x", secret: 1}),
        ("POST", "/products", {"name": "x", "repo_url": f"ext::{secret}"}),
        ("GET", f"/jobs?limit={secret}", None),
    ):
        response = await api(method, path, json=body)
        assert response.status_code in {404, 422}
        assert secret not in response.text
        assert secret[10:40] not in response.text


async def test_a_wrong_method_is_told_in_the_same_shape(api: Api) -> None:
    error = await api.refused(405, "PATCH", "/jobs")
    assert error["code"] == "not_allowed"
    error = await api.refused(405, "GET", "/work/claims", token=api.house.worker_secret)
    assert error["code"] == "not_allowed"


async def test_a_database_that_does_not_answer_is_a_503_with_when_to_come_back(api: Api) -> None:
    api.house.store.close()
    for path, token in (("/products", api.house.secret), ("/work/presence", api.house.worker_secret)):
        response = await api("PUT" if "work" in path else "GET", path, token=token, content=b"{}")
        assert response.status_code == 503, response.text
        assert response.headers["retry-after"] == "1"


async def test_a_mistake_of_ours_is_a_500_that_tells_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError(f"secret {api.house.secret}")

    monkeypatch.setattr("ploeg.control.products.products.listing", broken)
    monkeypatch.setattr(api.client._transport, "raise_app_exceptions", False)
    error = await api.refused(500, "GET", "/products")
    assert "secret" not in error["message"]
