"""Who gets through which door: every route, every kind of token."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ploeg.api.app import people_app
from ploeg.api.description import describe
from ploeg.api.doors import OPEN, WORK
from ploeg.control.people import people, tokens
from ploeg.control.products import products
from ploeg.domain.access import TokenKind
from tests.api.conftest import Api

pytestmark = pytest.mark.anyio

#: Has no end for who is let in.
STREAM = "/api/v1/events"


def operations(api: Api) -> list[tuple[str, str]]:
    """Method and path of every operation there is, with names filled in."""
    document = describe(people_app(api.house.plane))
    described = [(method.upper(), path) for path, methods in document["paths"].items() for method in methods]
    return [(method, re.sub(r"{\w+}", "x", path)) for method, path in described]


async def answers(api: Api, token: str | None, *but: str) -> dict[tuple[str, str], int]:
    """The status of every operation but the open ones and those named, without a body."""
    found = {}
    signed = {"Authorization": f"Bearer {token}"} if token is not None else {}
    for method, path in operations(api):
        if path not in OPEN | set(but):
            response = await api.client.request(method, path, headers=signed)
            found[method, path] = response.status_code
    assert len(found) > 40
    return found


async def test_the_routes_described_are_all_there_are(api: Api) -> None:
    app = people_app(api.house.plane)
    known = {path for path in describe(app)["paths"] if not path.startswith(f"{WORK}/")} | OPEN
    assert {path for route in app.routes if (path := getattr(route, "path", None))} <= known


@pytest.mark.parametrize("token", [None, "", "nonsense", "ploeg_usr_x", tokens.mint(TokenKind.PERSONAL)], ids=range(5))
async def test_without_a_token_that_is_known_every_door_is_shut(api: Api, token: str | None) -> None:
    assert set((await answers(api, token)).values()) == {401}


async def test_a_known_worker_token_is_shut_out_of_people_s_doors_and_the_other_way_round(api: Api) -> None:
    for (_, path), status in (await answers(api, api.house.worker_secret)).items():
        assert (status == 403) == (not path.startswith(f"{WORK}/")), path
    for (_, path), status in (await answers(api, api.house.secret, STREAM)).items():
        assert (status == 403) == path.startswith(f"{WORK}/"), path


async def test_expired_and_revoked_tokens_open_nothing(api: Api) -> None:
    house = api.house
    made = {kind: house.write(people.make_token, house.admin, "x", kind=kind) for kind in TokenKind}
    short = house.write(people.make_token, house.admin, "x", expires_in_days=1)
    for token in made.values():
        house.write(people.revoke_token, house.admin, token.token.id)
    house.clock.turn(days=1)
    for secret in (made[TokenKind.PERSONAL].secret, made[TokenKind.WORKER].secret, short.secret):
        assert set((await answers(api, secret)).values()) == {401}


async def test_the_open_doors_are_six_and_hold_nothing_of_the_installation(api: Api) -> None:
    described = {"/api/v1/openapi.json", "/api/v1/docs"}
    assert {"/", "/health", "/health/live", "/health/ready", *described} == OPEN
    api.house.product("secret-plans")
    for path in OPEN:
        response = await api.client.get(path)
        assert response.status_code == 200
        assert "secret-plans" not in response.text
        assert response.headers["x-content-type-options"] == "nosniff"


async def test_an_unknown_path_is_told_to_nobody_without_a_token(api: Api) -> None:
    for path in ("/nope", "/work", "/work/nope", "/products/", "/../health", "/work/claims/"):
        assert (await api("GET", path, token=None)).status_code == 401, path
        secret = api.house.worker_secret if f"/api/v1{path}/".startswith(f"{WORK}/") else api.house.secret
        error = await api.refused(404, "GET", path, token=secret)
        assert error["code"] == "not_found"


async def test_a_401_says_how_to_sign_in(api: Api) -> None:
    response = await api("GET", "/products", token=None)
    assert response.headers["www-authenticate"] == "Bearer"
    assert "Authorization" in response.json()["error"]["message"]


async def test_a_bad_body_tells_nothing_to_who_has_no_token(api: Api) -> None:
    for path in ("/products", "/work/claims"):
        for content in (b"{", b"\xff", b'{"no":"such"}', b"[" * 10_000):
            assert (await api("POST", path, token=None, content=content)).status_code == 401
            wrong = tokens.mint(TokenKind.WORKER)
            assert (await api("POST", path, token=wrong, content=content)).status_code == 401


async def test_a_reader_s_token_changes_nothing(api: Api) -> None:
    task = api.house.a_task()
    reader = api.house.write(people.make_token, api.house.admin, "reader", scopes=["read"]).secret
    await api.ok("GET", f"/tasks/{task}", token=reader)
    writes: list[tuple[str, str, Any]] = [
        ("POST", "/products", {"name": "x"}),
        ("PATCH", "/products/demo", {"name": "x"}),
        ("PUT", "/products/demo/archival", None),
        ("PATCH", "/tasks/T-1", {"title": "x"}),
        ("POST", "/stories/ST-001/tasks", {"title": "x"}),
        ("POST", "/jobs", {"task": "T-1"}),
        ("POST", "/tokens", {"label": "x"}),
    ]
    for method, path, body in writes:
        await api.refused(403, method, path, token=reader, json=body)


async def test_a_viewer_s_every_write_is_refused_and_every_look_is_not(api: Api) -> None:
    house = api.house
    house.run(house.a_task())
    ada = house.person("ada")
    house.write(products.set_member, house.admin, "demo", "ada", "viewer")
    secret = house.write(people.make_token, ada, "hers").secret
    for path in (
        "/products/demo",
        "/products/demo/tasks",
        "/jobs/J-1",
        "/jobs/J-1/log",
        "/jobs/J-1/events",
        "/tasks/T-1",
    ):
        await api.ok("GET", path, token=secret)
    for method, path, body in (
        ("PATCH", "/products/demo", {"name": "x"}),
        ("POST", "/products/demo/pbis", {"title": "x"}),
        ("PATCH", "/pbis/PBI-1", {"title": "x"}),
        ("PATCH", "/stories/ST-001", {"title": "x"}),
        ("PATCH", "/tasks/T-1", {"title": "x"}),
        ("POST", "/jobs", {"task": "T-1"}),
        ("POST", "/jobs/J-1/cancellation", {}),
        ("POST", "/jobs/J-1/retry", {}),
        ("PUT", "/products/demo/members/ada", {"role": "owner"}),
    ):
        await api.refused(403, method, path, token=secret, json=body)


async def test_not_yours_and_not_there_answer_alike_to_the_byte(api: Api) -> None:
    house = api.house
    task = house.task_now(house.a_task())
    story = house.read(lambda tx: tx.backlog.story(task.story_id))
    assert story is not None
    job = house.run(task.id)
    ada = house.person("ada")
    secret = house.write(people.make_token, ada, "hers").secret
    pairs = {
        "/products/{}": ("demo", "nope"),
        "/products/{}/tasks": (task.product_id, "prd_01m8168f34e1nr6gcevnrt6vgk"),
        "/pbis/{}": (story.pbi_id, "pbi_01m8168f34e1nr6gcevnrt6vgk"),
        "/stories/{}": (story.id, "sto_01m8168f34e1nr6gcevnrt6vgk"),
        "/tasks/{}": (task.id, "tsk_01m8168f34e1nr6gcevnrt6vgk"),
        "/jobs/{}": (job.id, "job_01m8168f34e1nr6gcevnrt6vgk"),
        "/jobs/{}/log": ("J-1", "J-9"),
        "/jobs/{}/diff": ("J-1", "J-9"),
        "/jobs/{}/events": ("J-1", "J-9"),
        "/events?job={}": ("J-1", "J-9"),
        "/events?product={}": ("demo", "nope"),
        "/jobs?task={}": ("T-1", "T-9"),
    }
    for path, (theirs, nobodys) in pairs.items():
        bodies = []
        for reference in (theirs, nobodys):
            response = await api("GET", path.format(reference), token=secret)
            assert response.status_code == 404, (path, response.text)
            bodies.append(response.content.replace(reference.encode(), b"?"))
        assert bodies[0] == bodies[1]


async def test_a_token_of_another_is_not_there(api: Api) -> None:
    ada = api.house.person("ada")
    secret = api.house.write(people.make_token, ada, "hers").secret
    await api.refused(404, "DELETE", f"/tokens/{api.house.admin.token_id}", token=secret)
    await api.ok("GET", "/whoami")
