"""The attempt's endpoint opens to its own agent alone, offers its kind's tools, and dies with the attempt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx2
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from ploeg.domain.errors import Conflict
from ploeg.domain.kinds import KINDS, KindName
from ploeg.tools.declaration import Tool
from ploeg.tools.registry import tools_for
from ploeg.worker import toolbox as toolbox_room
from ploeg.worker.toolbox import Toolbox
from tests.worker.rig import Rig

pytestmark = pytest.mark.anyio

KIND = KINDS[KindName.TASK_IMPLEMENTATION]
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


class Answers:
    """Carries out every call, and remembers it."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self.refusal: Exception | None = None

    async def __call__(self, tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self.calls.append((tool.name, arguments))
        if self.refusal is not None:
            raise self.refusal
        return {"id": "log_1", "created_at": "2026-11-22T12:00:00Z"}


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
async def toolbox(answers: Answers) -> AsyncIterator[Toolbox]:
    async with Toolbox(tools_for(KIND), answers) as toolbox:
        yield toolbox


async def knock(toolbox: Toolbox, **headers: str) -> int:
    sent = {
        "authorization": f"Bearer {toolbox.endpoint.token}",
        "accept": "application/json, text/event-stream",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    async with httpx2.AsyncClient(trust_env=False) as http:
        return (await http.post(toolbox.endpoint.url, json=PING, headers=sent)).status_code


async def test_any_client_of_the_protocol_finds_the_tools_of_the_kind_and_no_others(
    toolbox: Toolbox, answers: Answers
) -> None:
    headers = {"authorization": f"Bearer {toolbox.endpoint.token}"}
    async with (
        httpx2.AsyncClient(headers=headers, trust_env=False) as http,
        Client(streamable_http_client(toolbox.endpoint.url, http_client=http)) as client,
    ):
        listed = await client.list_tools()
        result = await client.call_tool("log_implementation", {"story_id": "ST-1", "content": "Wrote it"})
    assert [tool.name for tool in listed.tools] == list(KIND.tools)
    assert result.structured_content == {"id": "log_1", "created_at": "2026-11-22T12:00:00Z"}
    assert answers.calls == [("log_implementation", {"story_id": "ST-1", "content": "Wrote it"})]


async def test_the_attempts_own_bearer_opens_it(toolbox: Toolbox) -> None:
    assert await knock(toolbox) == 200


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer something-else", "Basic x"])
async def test_any_other_bearer_does_not(toolbox: Toolbox, answers: Answers, authorization: str) -> None:
    assert await knock(toolbox, authorization=authorization) == 401
    assert answers.calls == []


async def test_two_attempts_do_not_share_a_bearer(toolbox: Toolbox, answers: Answers) -> None:
    async with Toolbox(tools_for(KIND), answers) as other:
        assert await knock(toolbox, authorization=f"Bearer {other.endpoint.token}") == 401


async def test_a_name_that_was_rebound_to_loopback_is_refused(toolbox: Toolbox) -> None:
    assert await knock(toolbox, host="evil.example:80") == 421


async def test_a_page_of_another_origin_is_refused(toolbox: Toolbox) -> None:
    assert await knock(toolbox, origin="https://evil.example") == 403


async def test_it_listens_on_loopback_only(toolbox: Toolbox) -> None:
    assert toolbox.endpoint.url.startswith("http://127.0.0.1:")


async def test_after_the_attempt_nobody_answers(answers: Answers) -> None:
    async with Toolbox(tools_for(KIND), answers) as toolbox:
        assert await knock(toolbox) == 200
    with pytest.raises(httpx2.ConnectError):
        await knock(toolbox)


async def test_the_token_dies_with_the_attempt_even_on_a_call_under_way(answers: Answers) -> None:
    began = asyncio.Event()

    async def never(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
        began.set()
        await asyncio.Event().wait()
        raise AssertionError("nothing wakes it")

    call = {"name": "log_commit", "arguments": {}}
    sent = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    async with Toolbox(tools_for(KIND), never) as toolbox:
        headers = {"authorization": f"Bearer {toolbox.endpoint.token}", "accept": "application/json, text/event-stream"}
        async with httpx2.AsyncClient(headers=headers, trust_env=False, timeout=10) as http:
            calling = asyncio.create_task(http.post(toolbox.endpoint.url, json=sent))
            await asyncio.wait_for(began.wait(), 10)
            ended_at = asyncio.get_running_loop().time()
            closing = asyncio.create_task(toolbox.__aexit__(None, None, None))
            answered = await calling
            assert "this job has ended" in answered.text
            with pytest.raises((httpx2.TransportError, AssertionError)):
                assert (await http.post(toolbox.endpoint.url, json=PING)).status_code != 401
            assert asyncio.get_running_loop().time() - ended_at < 1
            await closing


async def test_a_long_call_tells_the_client_that_it_is_at_work(
    answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toolbox_room, "TELL_EVERY", 0.01)
    told = asyncio.Event()

    async def until_told(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
        await asyncio.wait_for(told.wait(), 10)
        return await answers(tool, arguments)

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        assert "log_commit" in (message or "")
        told.set()

    async with Toolbox(tools_for(KIND), until_told) as toolbox:
        headers = {"authorization": f"Bearer {toolbox.endpoint.token}"}
        async with (
            httpx2.AsyncClient(headers=headers, trust_env=False) as http,
            Client(streamable_http_client(toolbox.endpoint.url, http_client=http)) as client,
        ):
            result = await client.call_tool("log_commit", {}, progress_callback=on_progress)
    assert not result.is_error


async def test_there_is_no_stream_to_listen_to(toolbox: Toolbox) -> None:
    headers = {"authorization": f"Bearer {toolbox.endpoint.token}", "accept": "text/event-stream"}
    async with httpx2.AsyncClient(headers=headers, trust_env=False) as http:
        assert (await http.get(toolbox.endpoint.url)).status_code == 405


async def test_an_error_of_the_workers_own_is_not_shown(toolbox: Toolbox, answers: Answers) -> None:
    headers = {"authorization": f"Bearer {toolbox.endpoint.token}"}
    texts = []
    async with (
        httpx2.AsyncClient(headers=headers, trust_env=False) as http,
        Client(streamable_http_client(toolbox.endpoint.url, http_client=http)) as client,
    ):
        for answers.refusal in (RuntimeError("/home/secret/path"), Conflict("mend this")):
            result = await client.call_tool("log_implementation", {"story_id": "ST-1", "content": "x"})
            assert result.is_error
            texts += [part.text for part in result.content if part.type == "text"]
    assert "secret" not in texts[0]
    assert texts[1] == "mend this"


async def test_the_agents_environment_holds_nothing_that_is_not_allowed(rig: Rig) -> None:
    rig.settings["pass_environment"] = ["SHOWN"]
    await rig.run("start(); say(json.dumps(dict(os.environ))); finish()")
    (said,) = rig.events("said")
    seen = dict(eval(said["text"]))
    assert set(seen) - {"PWD"} == {
        "HOME",
        "LANG",
        "PATH",
        "PLOEG_ATTEMPT",
        "PYTHONUNBUFFERED",
        "SHOWN",
        "TERM",
    }


async def test_the_agent_finds_no_secret_of_the_worker(rig: Rig) -> None:
    await rig.run("""
start()
seen = ""
for place in os.listdir("/proc"):
    for name in ("environ", "cmdline"):
        try:
            seen += Path("/proc", place, name).read_text(errors="replace")
        except OSError:
            pass
say("found" if "hidden-secret" in seen or "ploeg_wrk_" in seen else "nothing found")
finish()
""")
    assert [event["text"] for event in rig.events("said")] == ["nothing found"]


async def test_nothing_goes_on_ticking_when_the_endpoint_is_closed(answers: Answers) -> None:
    before = asyncio.all_tasks()
    async with Toolbox(tools_for(KIND), answers) as toolbox:
        await knock(toolbox)
    left = asyncio.all_tasks() - before
    await asyncio.wait_for(asyncio.gather(*left, return_exceptions=True), 5)
