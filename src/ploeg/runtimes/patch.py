"""The embedded agent without a model (`ploeg.patcher`) as a runtime."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

import msgspec
from msgspec import Struct, field

import ploeg
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
)
from ploeg.runtimes.base import Brief, Command, Ending, Exit, Reader
from ploeg.runtimes.lines import decode, last_words, unreadable

ORDERS = PurePosixPath(".ploeg/orders.json")
#: Seconds for a call besides the verify commands that it may wait for.
CALL = 900


@dataclass(frozen=True, slots=True)
class Patch:
    """Carries out the mechanical parts of a plan; needs no account and costs nothing."""

    name: ClassVar[str] = "patch"
    credential_names: ClassVar[tuple[str, ...]] = ()

    def available(self, path: str | None = None) -> str | None:
        """The Python that runs Ploeg."""
        return sys.executable or None

    def command(self, brief: Brief) -> Command:
        return Command(
            # -I: neither the workspace, which is the current directory, nor HOME lends it modules.
            argv=(brief.program, "-I", "-B", "-m", "ploeg.patcher", str(brief.home / ORDERS)),
            environment={"HOME": str(brief.home), "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"},
            files={ORDERS: _orders(brief)},
            readable=_installed_in(brief.program),
        )

    def reader(self, *, resumed: bool = False) -> Reader:
        return PatchReader()


def _orders(brief: Brief) -> bytes:
    config = brief.config
    orders: dict[str, Any] = {
        "plan": brief.plan,
        "url": brief.endpoint.url,
        "token": brief.endpoint.token,
        "job_id": brief.job_id,
        "task_id": brief.task_id,
        "story_id": brief.story_id,
        "story_code": brief.story_code,
        "task_title": brief.task_title,
        "session_id": brief.resume_session_id or brief.new_session_id,
        "call_limit": CALL + len(config.verify_commands) * config.verify_timeout,
    }
    return json.dumps(orders).encode()


def _installed_in(program: str) -> tuple[PurePosixPath, ...]:
    """Where Python, its environment and Ploeg itself lie."""
    places = {
        sys.prefix,
        sys.base_prefix,
        str(Path(program).resolve().parent),
        *(str(Path(place).parent) for place in ploeg.__path__),
    }
    return tuple(PurePosixPath(place) for place in sorted(places))


class _Spoken(Struct):
    """One line of `ploeg.patcher.speech`."""

    type: str = ""
    session_id: str = ""
    version: str | None = None
    text: str = ""
    id: str = ""
    tool: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    is_error: bool = False
    turns: int = 0
    cost_usd: float | None = None


_SPOKEN = msgspec.json.Decoder(_Spoken)


class PatchReader:
    """Reads one run of the patcher."""

    def __init__(self) -> None:
        self.session_id: str | None = None
        self.model: str | None = None
        self.usage = Usage()
        self._end: _Spoken | None = None

    @property
    def finished(self) -> bool:
        return self._end is not None

    @property
    def rate_limits(self) -> Sequence[RateLimited]:
        return ()

    def feed(self, line: bytes) -> list[AgentEvent]:
        if not line.strip():
            return []
        spoken = decode(_SPOKEN, line)
        event = self._event(spoken) if spoken else None
        return [event or unreadable(line)]

    def ending(self, exit: Exit) -> Ending:
        if self._end is None:
            crashed = exit.code != 0
            return Ending(outcome=Outcome.AGENT_CRASHED if crashed else None, reason=last_words(exit))
        if self._end.is_error:
            return Ending(outcome=Outcome.AGENT_CRASHED, reason=self._end.text)
        return Ending(outcome=None)

    def _event(self, spoken: _Spoken) -> AgentEvent | None:
        match spoken.type:
            case "session":
                self.session_id = spoken.session_id
                return SessionStarted(session_id=spoken.session_id, version=spoken.version)
            case "said":
                return Said(text=spoken.text)
            case "tool_called":
                return ToolCalled(call_id=spoken.id, tool=spoken.tool, arguments=spoken.arguments)
            case "tool_returned":
                return ToolReturned(call_id=spoken.id, text=spoken.text, is_error=spoken.is_error)
            case "metered":
                self.usage = Usage(turns=spoken.turns, cost_usd=spoken.cost_usd)
                return Metered(usage=self.usage)
            case "finished":
                self._end = spoken
                return Finished(is_error=spoken.is_error, text=spoken.text, usage=self.usage)
        return None
