"""What an agent can say, whichever CLI it is: one union that every runtime translates into."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ploeg.domain.attempt import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStarted:
    session_id: str
    model: str | None = None
    version: str | None = None
    #: Whether the attempt's own tool endpoint is connected; None when the runtime does not say.
    tools_connected: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Text of the agent; `thinking` marks its reasoning, `sub_agent` a voice inside it."""

    text: str
    thinking: bool = False
    sub_agent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCalled:
    call_id: str
    tool: str
    arguments: dict[str, Any]
    sub_agent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolReturned:
    call_id: str
    text: str
    is_error: bool = False
    sub_agent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimited:
    """The state of one quota window, by the runtime's structured event."""

    #: e.g. `five_hour`, `seven_day`.
    window: str
    #: `allowed`, `allowed_warning` or `rejected`.
    status: str
    #: 0 to 1; None when not said.
    utilization: float | None = None
    resets_at: datetime | None = None
    #: The account pays for what it uses beyond its windows.
    overage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """The runtime met an API error and tries again by itself."""

    attempt: int
    http_status: int | None
    error: str | None = None
    delay_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """Usage so far: totals, not a difference."""

    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The runtime's last event. The process may stay alive after it; the attempt does not wait long."""

    is_error: bool
    #: HTTP status of the API error that ended it, if one did.
    http_status: int | None = None
    #: The runtime's own word for the end, e.g. `error_max_turns`.
    subtype: str | None = None
    text: str = ""
    usage: Usage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A line that is not of the runtime's format; kept so that nothing is hidden."""

    text: str


AgentEvent = (
    SessionStarted | Said | ToolCalled | ToolReturned | RateLimited | Retrying | Metered | Finished | Unreadable
)
