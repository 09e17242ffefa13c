"""Logging: one chain of processors for everything that logs in this process, and no secret gets through it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any, Literal

import structlog

from ploeg.control.people.tokens import without_secrets
from ploeg.domain.occurrence import Event

#: Libraries that talk about every request or query below a warning.
_CHATTY = ("uvicorn.access", "uvicorn.error", "httpx2", "httpcore2", "alembic", "mcp", "asyncio")

log = structlog.get_logger("ploeg")


def configure(level: str, form: Literal["text", "json"]) -> None:
    """Sends the log to standard error. To be called before anything else sets logging up."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, sort_keys=False)
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def redact(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blots out tokens in every text of a log entry."""
    for name, value in entry.items():
        if isinstance(value, str):
            entry[name] = without_secrets(value)
        elif value is not None and not isinstance(value, bool | int | float):
            text = str(value)
            clean = without_secrets(text)
            if clean != text:
                entry[name] = clean
    return entry


def narrate(events: Iterable[Event]) -> None:
    """What happened, a line for each event."""
    if not logging.getLogger("ploeg").isEnabledFor(logging.INFO):
        return
    for event in events:
        of = "job" if event.job_id is not None else "of"
        ids = {of: event.data.get("code"), "job_id": event.job_id, "attempt": event.attempt_id}
        said = {name: event.data.get(name) for name in ("status", "outcome", "reason", "phase", "change")}
        facts = {name: value for name, value in (ids | said).items() if value is not None}
        log.info(event.type, by=event.actor, **facts)
