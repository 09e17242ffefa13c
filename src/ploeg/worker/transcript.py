"""An agent's event as the transcript keeps it: a JSON object with `type`, `at` and the event's own fields."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from ploeg.domain.event import (
    AgentEvent,
    Finished,
    Metered,
    RateLimited,
    Retrying,
    Said,
    SessionStarted,
    ToolCalled,
    ToolReturned,
    Unreadable,
)

#: Longest text of one event, in characters; the run log has all of it.
TEXT_MAX = 32_768

TYPES: dict[type[AgentEvent], str] = {
    SessionStarted: "session_started",
    Said: "said",
    ToolCalled: "tool_called",
    ToolReturned: "tool_returned",
    RateLimited: "rate_limited",
    Retrying: "retrying",
    Metered: "metered",
    Finished: "finished",
    Unreadable: "unreadable",
}


def as_json(event: AgentEvent, at: datetime) -> dict[str, Any]:
    """The event with what it says only: fields that are None are left out."""
    said: dict[str, Any] = {"type": TYPES[type(event)], "at": at}
    for name, value in msgspec.to_builtins(event).items():
        if value is not None:
            said[name] = _short(value)
    return said


def _short(value: object) -> object:
    if isinstance(value, str):
        return value if len(value) <= TEXT_MAX else f"{value[:TEXT_MAX]}… ({len(value)} characters)"
    if isinstance(value, dict) and len(encoded := msgspec.json.encode(value)) > 2 * TEXT_MAX:
        return {"cut": encoded[:TEXT_MAX].decode("utf-8", "replace")}
    return value
