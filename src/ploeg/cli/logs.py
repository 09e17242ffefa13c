"""A job's transcript on the terminal, followed by long poll."""

from __future__ import annotations

import json
from typing import Any

import click

from ploeg.cli import render
from ploeg.cli.client import Client, path

_WAIT = 20


def print_log(client: Client, job: str, *, attempt: int | None, follow: bool, as_json: bool) -> None:
    """What was said in one attempt; `follow` goes on, through later attempts, until the job has ended."""
    offset = 0
    shown: int | None = None
    while True:
        page = client.get("/jobs" + path(job, "log"), attempt=attempt, offset=offset, wait=_WAIT if follow else None)
        if page["attempt"] is not None and page["attempt"] != shown:
            shown = attempt = page["attempt"]
            if not as_json and (shown > 1 or page["next_attempt"]):
                render.say(click.style(f"attempt {shown}", bold=True))
        for event in page["events"]:
            render.say(json.dumps(event) if as_json else _line(event))
        more = page["next_offset"] > offset
        offset = page["next_offset"]
        if more or page["events"]:
            continue
        if not follow:
            return
        if page["attempt_ended"] and page["next_attempt"]:
            attempt, offset = page["next_attempt"], 0
        elif page["job_ended"]:
            return


def _line(event: dict[str, Any]) -> str:
    """An event as a person reads it; the transcript's own text made harmless."""
    text = render.harmless(_text(event).rstrip(), lines=True)
    indent = "    " if event.get("sub_agent") else ""
    return indent + text.replace("\n", "\n" + indent)


def _text(event: dict[str, Any]) -> str:
    match event.get("type"):
        case "session_started":
            return f"· session {event.get('session_id')} {event.get('model') or ''}"
        case "said":
            return f"({event.get('text', '')})" if event.get("thinking") else str(event.get("text", ""))
        case "tool_called":
            return f"→ {event.get('tool')} {json.dumps(event.get('arguments'), ensure_ascii=False)}"
        case "tool_returned":
            return f"{'✗' if event.get('is_error') else '←'} {event.get('text', '')}"
        case "rate_limited":
            used = event.get("utilization")
            return f"· quota {event.get('window')}: {event.get('status')}" + (f", {used:.0%} used" if used else "")
        case "retrying":
            return f"· the model's API answered {event.get('http_status')}; tries again"
        case "finished":
            return "· finished" + (f": {event['subtype']}" if event.get("is_error") else "")
        case "metered":
            return f"· {event.get('usage', {}).get('turns', 0)} turns"
        case "note":
            return _note(event)
        case other:
            return str(event.get("text") or f"· {other}")


def _note(event: dict[str, Any]) -> str:
    """Something that the worker did or saw."""
    match event.get("action"):
        case "command_started":
            return f"$ {event.get('command')}"
        case "command_output":
            return str(event.get("text", ""))
        case "command_ended":
            code = event.get("exit_code")
            how = "stopped by its limit" if code is None else f"exit {code}"
            return f"· {how} after {event.get('seconds', 0):.1f} s"
        case "phase":
            return f"· {event.get('phase')}"
        case other:
            reason = event.get("reason")
            return f"· {str(other).replace('_', ' ')}" + (f": {reason}" if reason else "")
