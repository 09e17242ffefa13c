"""A runtime whose agent is a Python script of the test's own, for what no real program does on demand."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from textwrap import dedent
from typing import Any, ClassVar

from ploeg.domain.attempt import Outcome, Usage
from ploeg.domain.event import (
    AgentEvent,
    Finished,
    Metered,
    RateLimited,
    Said,
    SessionStarted,
    ToolCalled,
    ToolReturned,
    Unreadable,
)
from ploeg.runtimes.base import Brief, Command, Ending, Exit, Reader

KIT = Path(__file__).parent / "agent" / "kit.py"


@dataclass
class Scripted:
    """Runs `script` after `from kit import *`; `briefs` are what it was asked to start, in order."""

    script: str
    #: What the runtime says of the end, in place of its own reading.
    ending: Ending | None = None
    rate_limits: tuple[RateLimited, ...] = ()
    briefs: list[Brief] = field(default_factory=list)

    name: ClassVar[str] = "scripted"
    credential_names: ClassVar[tuple[str, ...]] = ()

    def available(self, path: str | None = None) -> str | None:
        return sys.executable

    def command(self, brief: Brief) -> Command:
        self.briefs.append(brief)
        orders = {
            "url": brief.endpoint.url,
            "token": brief.endpoint.token,
            "job_id": brief.job_id,
            "task_id": brief.task_id,
            "story_id": brief.story_id,
            "session_id": brief.resume_session_id or brief.new_session_id,
            "resumed": brief.resume_session_id is not None,
        }
        return Command(
            argv=(brief.program, "-E", "-B", str(brief.home / "agent.py")),
            environment={"PYTHONUNBUFFERED": "1"},
            files={
                PurePosixPath("agent.py"): ("from kit import *\n" + dedent(self.script)).encode(),
                PurePosixPath("kit.py"): KIT.read_bytes(),
                PurePosixPath("orders.json"): json.dumps(orders).encode(),
            },
            readable=tuple(PurePosixPath(place) for place in sorted({sys.prefix, sys.base_prefix}) if place != "/usr"),
        )

    def reader(self, *, resumed: bool = False) -> Reader:
        return ScriptedReader(self.ending, self.rate_limits)


class ScriptedReader:
    def __init__(self, ending: Ending | None, rate_limits: tuple[RateLimited, ...]) -> None:
        self._ending = ending
        self.rate_limits: Sequence[RateLimited] = rate_limits
        self.session_id: str | None = None
        self.model: str | None = None
        self.usage = Usage()
        self.finished = False

    def feed(self, line: bytes) -> list[AgentEvent]:
        try:
            return [self._event(json.loads(line))]
        except (ValueError, KeyError):
            return [Unreadable(text=line[:200].decode("utf-8", "replace"))]

    def ending(self, exit: Exit) -> Ending:
        if self._ending is not None:
            return self._ending
        if exit.code == 0 or self.finished:
            return Ending(outcome=None)
        return Ending(outcome=Outcome.AGENT_CRASHED, reason=f"exit code {exit.code}: {exit.stderr_tail[-300:]}")

    def _event(self, said: dict[str, Any]) -> AgentEvent:
        match said["type"]:
            case "session":
                self.session_id = said["session_id"]
                return SessionStarted(session_id=said["session_id"])
            case "said":
                return Said(text=said["text"])
            case "metered":
                self.usage = Usage(turns=said["turns"], cost_usd=said["cost_usd"])
                return Metered(usage=self.usage)
            case "tool_called":
                return ToolCalled(call_id=said["id"], tool=said["tool"], arguments=said["arguments"])
            case "tool_returned":
                return ToolReturned(call_id=said["id"], text=said["text"], is_error=said["is_error"])
            case "finished":
                self.finished = True
                return Finished(is_error=False)
        raise KeyError(said["type"])
