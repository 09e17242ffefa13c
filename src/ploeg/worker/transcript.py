"""An agent's event as the transcript keeps it: a JSON object with `type`, `at` and the event's own fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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

TYPES: dict[type[AgentEvent], bytes] = {
    SessionStarted: b"session_started",
    Said: b"said",
    ToolCalled: b"tool_called",
    ToolReturned: b"tool_returned",
    RateLimited: b"rate_limited",
    Retrying: b"retrying",
    Metered: b"metered",
    Finished: b"finished",
    Unreadable: b"unreadable",
}

_encode = msgspec.json.Encoder().encode


def encode(events: Iterable[AgentEvent], at: datetime) -> Iterator[bytes]:
    """Each event as JSON; what it does not know is null. A text beyond the limit is cut, and says how long it was."""
    moment = at.isoformat().encode()
    for event in events:
        own = _encode(event)
        if len(own) > TEXT_MAX:
            own = _encode({name: _short(value) for name, value in msgspec.to_builtins(event).items()})
        yield b'{"type":"%s","at":"%s",%s' % (TYPES[type(event)], moment, own[1:])


def note(action: str, at: datetime, facts: dict[str, Any]) -> bytes:
    """Something that the worker did or saw."""
    return _encode({"type": "note", "at": at, "action": action, **facts})


def _short(value: object) -> object:
    if isinstance(value, str):
        return value if len(value) <= TEXT_MAX else f"{value[:TEXT_MAX]}… ({len(value)} characters)"
    if isinstance(value, dict) and len(encoded := _encode(value)) > 2 * TEXT_MAX:
        return {"cut": encoded[:TEXT_MAX].decode("utf-8", "replace")}
    return value
