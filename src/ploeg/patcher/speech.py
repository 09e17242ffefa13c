"""The patcher's output: one JSON object a line, which `ploeg.runtimes.patch` reads.

{"type": "session", "session_id": …, "version": …}
{"type": "said", "text": …}
{"type": "tool_called", "id": …, "tool": …, "arguments": {…}}
{"type": "tool_returned", "id": …, "text": …, "is_error": …}
{"type": "metered", "turns": …, "cost_usd": …}
{"type": "finished", "is_error": …, "text": …}     the last line
"""

from __future__ import annotations

import json
import sys
from itertools import count
from typing import Any

_CALLS = count(1)


def session(session_id: str, version: str) -> None:
    _print(type="session", session_id=session_id, version=version)


def said(text: str) -> None:
    _print(type="said", text=text)


def tool_called(tool: str, arguments: dict[str, Any]) -> str:
    """Gives the call's id."""
    identifier = f"call_{next(_CALLS)}"
    _print(type="tool_called", id=identifier, tool=tool, arguments=arguments)
    return identifier


def tool_returned(identifier: str, text: str, *, is_error: bool) -> None:
    _print(type="tool_returned", id=identifier, text=text, is_error=is_error)


def metered() -> None:
    """A plan is carried out in one turn, for nothing."""
    _print(type="metered", turns=1, cost_usd=0.0)


def finished(text: str, *, is_error: bool = False) -> None:
    _print(type="finished", is_error=is_error, text=text)


def _print(**event: Any) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()
