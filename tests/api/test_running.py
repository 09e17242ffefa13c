"""A server that listens: its first start and the later ones, streams, and who keeps it waiting."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ploeg.bootstrap.server import Running, running_server
from ploeg.domain.errors import Invalid
from ploeg.settings import Settings, load

pytestmark = pytest.mark.anyio


def settings(home: Path, port: int = 0) -> Settings:
    return load({}, {"home": str(home), "port": port})


def credentials(home: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((home / "credentials.json").read_text())
    return found


@asynccontextmanager
async def asked(running: Running, token: str) -> AsyncIterator[httpx2.AsyncClient]:
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=f"{running.url}/api/v1", headers=headers, timeout=10) as client:
        yield client


@asynccontextmanager
async def signed_in(home: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """A server in that home, asked by its administrator."""
    async with running_server(settings(home)) as running, asked(running, credentials(home)["token"]) as client:
        yield client


async def test_the_first_start_signs_this_machine_in_and_keeps_it_private(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with running_server(settings(home)) as running:
        kept = credentials(home)
        assert kept["server_url"] == running.url
        async with asked(running, kept["token"]) as client:
            assert (await client.get("/whoami")).json()["user"]["username"] == "admin"
        async with asked(running, kept["worker_token"]) as worker:
            assert (await worker.post("/work/claims", json={})).status_code == 422
    assert (home / "credentials.json").stat().st_mode & 0o777 == 0o600
    assert (home / "ploeg.db").stat().st_mode & 0o077 == 0
    assert home.stat().st_mode & 0o777 == 0o700
    assert kept["token"].encode() not in b"".join(path.read_bytes() for path in home.glob("*.db*"))


async def test_a_later_start_keeps_the_sign_in_and_follows_its_url(tmp_path: Path) -> None:
    async with running_server(settings(tmp_path)):
        first = credentials(tmp_path)
    async with running_server(settings(tmp_path)) as running:
        assert credentials(tmp_path) == {**first, "server_url": running.url}


async def test_a_lost_credentials_file_is_made_anew(tmp_path: Path) -> None:
    async with running_server(settings(tmp_path)):
        first = credentials(tmp_path)
    (tmp_path / "credentials.json").unlink()
    async with running_server(settings(tmp_path)) as running:
        second = credentials(tmp_path)
        assert second["token"] != first["token"]
        async with asked(running, second["token"]) as client:
            assert len((await client.get("/users")).json()["items"]) == 1


async def test_a_sign_in_to_another_server_is_left_alone_and_at_the_first_start_put_aside(tmp_path: Path) -> None:
    foreign = {"server_url": "https://elsewhere.example.org", "token": "ploeg_usr_of_theirs"}
    (tmp_path / "credentials.json").write_text(json.dumps(foreign))
    async with running_server(settings(tmp_path)) as running:
        assert credentials(tmp_path)["server_url"] == running.url
    assert json.loads((tmp_path / "credentials.before.json").read_text()) == foreign
    (tmp_path / "credentials.json").write_text(json.dumps(foreign))
    async with running_server(settings(tmp_path)):
        assert credentials(tmp_path) == foreign


async def test_a_port_in_use_is_said_before_anything_is_made(tmp_path: Path) -> None:
    async with running_server(settings(tmp_path / "one")) as running:
        port = int(running.url.rpartition(":")[2])
        with pytest.raises(Invalid, match="in use"):
            async with running_server(settings(tmp_path / "two", port)):
                pass
    assert not (tmp_path / "two").exists()


async def test_a_stream_goes_on_behind_its_last_event_after_a_restart(tmp_path: Path) -> None:
    async with signed_in(tmp_path) as client:
        for name in "abcd":
            assert (await client.post("/products", json={"name": name})).status_code == 201
    async with signed_in(tmp_path) as client:
        assert await ids(client, 2, {"Last-Event-ID": "2"}) == [3, 4]
        assert await ids(client, 4, {}, after=0) == [1, 2, 3, 4]
        for wrong in ("x", "-1", "9" * 30):
            assert (await client.get("/events", headers={"Last-Event-ID": wrong})).status_code == 422


async def ids(client: httpx2.AsyncClient, count: int, headers: dict[str, str], **query: Any) -> list[int]:
    """The ids of the next events of a stream."""
    async with asyncio.timeout(10), client.stream("GET", "/events", headers=headers, params=query) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        found: list[int] = []
        async for line in response.aiter_lines():
            if line.startswith("id: "):
                found.append(int(line[4:]))
            if len(found) == count:
                return found
    raise AssertionError("the stream ended")


async def test_requests_that_trickle_in_keep_nobody_else_waiting(tmp_path: Path) -> None:
    async with running_server(settings(tmp_path)) as running:
        host, _, port = running.url.removeprefix("http://").partition(":")
        slow = [await asyncio.open_connection(host, int(port)) for _ in range(50)]
        for _, writer in slow:
            writer.write(b"POST /api/v1/products HTTP/1.1\r\nHost: x\r\nContent-Le")
            await writer.drain()
        async with asked(running, credentials(tmp_path)["token"]) as client, asyncio.timeout(10):
            assert (await client.get("/whoami")).status_code == 200
        for _, writer in slow:
            writer.close()
