"""One tiny headless call of an agent, as a job would make it: its sandbox, its account, its model, its tools."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ploeg import __version__
from ploeg.domain.account import Seat
from ploeg.domain.config import JobConfig
from ploeg.domain.kinds import PermissionMode
from ploeg.domain.limits import Limits
from ploeg.runtimes.base import Brief, Command, Ending, Exit, Runtime, ToolEndpoint
from ploeg.settings import Settings
from ploeg.tools.declaration import Tool
from ploeg.tools.registry import TOOLS
from ploeg.worker import model_credentials
from ploeg.worker.toolbox import Toolbox
from ploeg.workspace import process, sandbox
from ploeg.workspace.lines import read_lines
from ploeg.workspace.redact import Redactor
from ploeg.workspace.sandbox import Backend, Sandbox, SandboxSpec

SECONDS = 120.0
KILL_GRACE = 2.0
_TURNS = 4
_TOOL = "health"
_PROMPT = f"Call the tool `{_TOOL}` once. Then answer with the one word `ready`, and end."


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of it."""

    seconds: float
    #: The agent found its tool endpoint and called a tool there.
    reached_tools: bool
    #: None: it had not ended in time, and was killed.
    ending: Ending | None
    model: str | None
    cost_usd: float | None

    @property
    def worked(self) -> bool:
        return self.reached_tools and self.ending is not None and self.ending.outcome is None


async def try_agent(settings: Settings, runtime: Runtime, seat: Seat, passed: Mapping[str, str]) -> Trial | None:
    """None: its program is not found where an agent would look for it. `passed`: variables that agents may see.

    Raises `Invalid` for a credential that cannot be read, and `Unavailable` without a sandbox.
    """
    backend = await sandbox.choose(settings.sandbox)
    with TemporaryDirectory(prefix="ploeg-trial-") as folder:
        place = _Place(settings, backend, Path(folder))
        program = runtime.available(place.around().search_path)
        if program is None:
            return None
        credentials = model_credentials.for_seat(settings, seat)
        calls: list[str] = []

        async def answer(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
            calls.append(tool.name)
            now = datetime.now(UTC).isoformat()
            return {"status": "ok", "version": __version__, "time": now, "database": "ok", "runtimes": [runtime.name]}

        async with Toolbox([TOOLS[_TOOL]], answer) as toolbox:
            brief = _brief(settings, place.around(), program, runtime.name, toolbox.endpoint, credentials)
            return await _run(runtime, runtime.command(brief), place, credentials, passed, calls)


class _Place:
    """An empty workspace and an empty HOME in a folder that goes afterwards."""

    def __init__(self, settings: Settings, backend: Backend, folder: Path) -> None:
        self._backend = backend
        self._tool_paths = tuple(Path(path).expanduser().absolute() for path in settings.tool_paths)
        self.workspace, self.home = folder / "workspace", folder / "home"
        self.workspace.mkdir()
        self.home.mkdir()

    def around(self, readable: tuple[Path, ...] = ()) -> Sandbox:
        spec = SandboxSpec(workspace=self.workspace, home=self.home, readable=readable, tool_paths=self._tool_paths)
        return self._backend.around(spec)

    def put(self, command: Command) -> None:
        for path, content in command.files.items():
            file = self.home / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
            file.write_bytes(content)


async def _run(
    runtime: Runtime,
    command: Command,
    place: _Place,
    credentials: Mapping[str, str],
    passed: Mapping[str, str],
    calls: list[str],
) -> Trial:
    place.put(command)
    around = place.around(tuple(Path(path) for path in command.readable))
    own = {"LANG": "C.UTF-8", "TERM": "dumb", **passed, **command.environment}
    environment = {**own, "PATH": around.search_path, "HOME": str(around.home)}
    redactor = Redactor(model_credentials.secrets(credentials))
    reader, began = runtime.reader(), time.monotonic()
    ending: Ending | None = None
    async with await process.start(
        command.argv, cwd=around.workspace, env=environment, sandbox=around, stdin=command.stdin
    ) as agent:
        try:
            async with asyncio.timeout(SECONDS):
                async for lines in read_lines(agent, redactor, 1024 * 1024):
                    for line in lines:
                        reader.feed(line)
                    if reader.finished:
                        break
                code = 0 if reader.finished else await agent.wait()
                tail = redactor.redact(agent.stderr_tail).decode("utf-8", "replace")[-500:]
                finished = Exit(code=code, killed_after_finish=reader.finished, stderr_tail=tail)
                ending = reader.ending(finished)
        except TimeoutError:
            pass
        await agent.stop(KILL_GRACE)
    return Trial(
        seconds=time.monotonic() - began,
        reached_tools=bool(calls),
        ending=ending,
        model=reader.model,
        cost_usd=reader.usage.cost_usd,
    )


def _brief(
    settings: Settings,
    around: Sandbox,
    program: str,
    runtime: str,
    endpoint: ToolEndpoint,
    credentials: dict[str, str],
) -> Brief:
    config = JobConfig(
        runtime=runtime,
        model=settings.model or None,
        effort=None,
        thinking_budget=0,
        permission_mode=PermissionMode.BYPASS,
        limits=Limits(max_turns=_TURNS),
        agent_tools=("Read",),
        tools=(_TOOL,),
        verify_commands=(),
        verify_timeout=60.0,
        setup_commands=(),
    )
    return Brief(
        program=program,
        prompt=_PROMPT,
        system_prompt="",
        config=config,
        workspace=around.workspace,
        home=around.home,
        endpoint=endpoint,
        new_session_id=str(uuid.uuid4()),
        credentials=credentials,
    )
