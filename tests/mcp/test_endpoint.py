"""`/mcp` opens to people's tokens alone, under the server's own names, and speaks the protocol to any client."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from ploeg.bootstrap.server import running_server
from ploeg.control.people import people, tokens
from ploeg.domain.access import TokenKind
from ploeg.domain.errors import Invalid
from ploeg.mcp import pages
from ploeg.mcp.endpoint import Names
from ploeg.settings import load
from ploeg.tools.registry import tools_for_people
from tests.mcp.conftest import Served, text_of

pytestmark = pytest.mark.anyio

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


async def test_the_official_client_finds_people_s_tools_and_calls_one(served: Served) -> None:
    served.house.product("demo")
    async with served.client() as client:
        listed = await client.list_tools()
        result = await client.call_tool("list_products", {})
    assert [tool.name for tool in listed.tools] == [tool.name for tool in tools_for_people()]
    assert result.structured_content is not None
    assert [product["code"] for product in result.structured_content["result"]] == ["demo"]
    assert json.loads(text_of(result)) == result.structured_content


async def test_tools_that_only_look_say_so(served: Served) -> None:
    async with served.client() as client:
        listed = await client.list_tools()
    hints = {tool.name: tool.annotations.read_only_hint for tool in listed.tools if tool.annotations}
    assert hints == {tool.name: not tool.writes for tool in tools_for_people()}


async def test_the_tools_come_in_pages(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGE", 5)
    async with served.client() as client:
        names: list[str] = []
        cursor: str | None = None
        while True:
            listed = await client.list_tools(cursor=cursor)
            assert len(listed.tools) <= 5
            names += [tool.name for tool in listed.tools]
            cursor = listed.next_cursor
            if cursor is None:
                break
    assert names == [tool.name for tool in tools_for_people()]


async def test_a_cursor_of_one_s_own_making_is_refused(served: Served) -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"cursor": "x"}}
    response = await served.post(call, token=served.house.secret)
    assert "that cursor is none" in response.text


@pytest.mark.parametrize("token", [None, "nonsense", "ploeg_usr_x"])
async def test_without_a_token_that_is_known_it_is_a_plain_401(served: Served, token: str | None) -> None:
    response = await served.post(PING, token=token)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"


async def test_unknown_expired_and_revoked_tokens_and_those_of_workers_open_nothing(served: Served) -> None:
    house = served.house
    short = house.write(people.make_token, house.admin, "short", expires_in_days=1)
    gone = house.write(people.make_token, house.admin, "gone")
    house.write(people.revoke_token, house.admin, gone.token.id)
    house.clock.turn(days=1)
    for secret in (tokens.mint(TokenKind.PERSONAL), short.secret, gone.secret):
        assert (await served.post(PING, token=secret)).status_code == 401
    assert (await served.post(PING, token=house.worker_secret)).status_code == 403
    assert (await served.post(PING, token=house.secret)).status_code == 200


async def test_a_token_that_is_revoked_opens_nothing_from_the_next_call_on(served: Served) -> None:
    house = served.house
    made = house.write(people.make_token, house.admin, "hers")
    assert (await served.post(PING, token=made.secret)).status_code == 200
    house.write(people.revoke_token, house.admin, made.token.id)
    assert (await served.post(PING, token=made.secret)).status_code == 401


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:7460", 200),
        ("localhost:7460", 200),
        ("ploeg.example.org", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example:7460", 421),
        ("ploeg.example.org.evil.example", 421),
    ],
)
async def test_it_answers_under_the_server_s_own_names_only(served: Served, host: str, status: int) -> None:
    assert (await served.post(PING, token=served.house.secret, host=host)).status_code == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://ploeg.example.org", 200),
        ("http://localhost:6274", 200),
        ("https://evil.example", 403),
        ("null", 403),
        ("http://ploeg.example.org", 403),
    ],
)
async def test_a_page_of_another_origin_is_refused(served: Served, origin: str, status: int) -> None:
    assert (await served.post(PING, token=served.house.secret, origin=origin)).status_code == status


def test_the_names_follow_the_address_and_the_public_url() -> None:
    names = Names.of("192.0.2.7", "https://ploeg.example.org:8443/")
    assert {"192.0.2.7:*", "127.0.0.1:*", "[::1]:*", "ploeg.example.org:8443"} <= set(names.hosts)
    assert "https://ploeg.example.org:8443" in names.origins
    assert "[2001:db8::1]:*" in Names.of("2001:db8::1", "").hosts


@pytest.mark.parametrize("url", ["ploeg.example.org", "https://", "ftp://ploeg.example.org", "https://me@x.example"])
def test_a_public_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match="public_url"):
        Names.of("127.0.0.1", url)


async def test_a_server_put_together_from_its_settings_answers_and_stops(tmp_path: Path) -> None:
    settings = load({}, {"home": str(tmp_path), "port": 0, "public_url": "https://ploeg.example.org"})
    async with running_server(settings) as running:
        secret = json.loads(settings.credentials_path.read_text())["token"]
        headers = {"authorization": f"Bearer {secret}", "accept": "application/json, text/event-stream"}
        async with httpx2.AsyncClient(headers=headers, trust_env=False, timeout=20) as http:
            for host, status in {"ploeg.example.org": 200, "evil.example": 421}.items():
                response = await http.post(f"{running.url}/mcp", json=PING, headers={"host": host})
                assert response.status_code == status


async def test_it_holds_no_session_and_no_stream(served: Served) -> None:
    async with served.client() as client:
        await client.list_tools()
    async with httpx2.AsyncClient(trust_env=False) as http:
        headers = {"authorization": f"Bearer {served.house.secret}", "accept": "text/event-stream"}
        for method in ("GET", "DELETE"):
            response = await http.request(method, served.url, headers=headers)
            assert response.status_code == 405
            assert response.headers["allow"] == "POST"
            assert "mcp-session-id" not in response.headers


async def test_a_forged_session_changes_nobody_s_identity(served: Served) -> None:
    house = served.house
    house.product("mine")
    ada = house.person("ada")
    secret = house.write(people.make_token, ada, "hers").secret
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_products", "arguments": {}}}
    response = await served.post(call, token=secret, mcp_session_id="1" * 32)
    assert response.status_code == 200
    assert "mine" not in response.text


async def test_a_call_that_is_too_large_is_refused_before_it_is_read(served: Served) -> None:
    response = await served.post({**PING, "params": {"x": "y" * 1_100_000}}, token=served.house.secret)
    assert response.status_code == 413


async def test_the_paths_beside_it_are_not_swallowed(served: Served) -> None:
    assert (await served.post(PING, token=served.house.secret, path="/mcp/")).status_code == 404
    assert (await served.post(PING, token=served.house.secret, path="/health")).status_code == 405


def test_a_server_that_nobody_asks_for_tools_does_not_load_the_protocol() -> None:
    code = "import sys, ploeg.bootstrap.server; print([m for m in ('mcp', 'mcp_types') if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path("/"))
    assert shown.stdout.strip() == "[]"
