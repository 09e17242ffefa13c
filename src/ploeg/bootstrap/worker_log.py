"""The worker's log on standard error, in the server's own form but by the standard library alone.

What the server uses for it would be a seventh of an idle worker's memory.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from ploeg.control.people.tokens import without_secrets
from ploeg.worker.subject import subject

#: Libraries that talk about every request below a warning.
_CHATTY = ("httpx2", "httpcore2", "mcp", "uvicorn", "asyncio")
_OF_EVERY_RECORD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "taskName"}


def configure(level: str, form: Literal["text", "json"]) -> None:
    """Sends the log to standard error. To be called before anything else sets logging up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Text())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        facts = "".join(f" {name}={value}" for name, value in _facts(record).items())
        line = f"{_when(record)} [{record.levelname.lower():<9}] {record.getMessage()} [{record.name}]{facts}"
        return without_secrets(f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line)


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            name: value if isinstance(value, int | float) else str(value) for name, value in _facts(record).items()
        }
        entry |= {"event": record.getMessage(), "logger": record.name, "level": record.levelname.lower()}
        entry["timestamp"] = _when(record)
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return without_secrets(msgspec.json.encode(entry).decode())


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    """What was said besides the sentence, and what the code that said it is about."""
    said = {name: value for name, value in vars(record).items() if name not in _OF_EVERY_RECORD and value is not None}
    return {**subject(), **said}


def _when(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
