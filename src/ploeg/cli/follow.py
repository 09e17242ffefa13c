"""Waiting for a job, with its phases shown as they pass."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import click

from ploeg.cli import render
from ploeg.cli.client import Client, path
from ploeg.domain.errors import Unavailable

ENDED = frozenset({"done", "failed", "skipped", "cancelled"})
#: How long a server may be away, e.g. for a restart, before waiting for it is given up.
PATIENCE = 60.0


def until_ended(client: Client, job: str, show: Callable[[dict[str, Any]], None] | None = None) -> dict[str, Any]:
    """The job as it ended; `show` gets it each time something happened to it. Outlasts a restart of the server."""
    last_heard = time.monotonic()
    while True:
        try:
            for detail in _as_it_changes(client, job):
                last_heard = time.monotonic()
                if show:
                    show(detail)
                if detail["status"] in ENDED:
                    return detail
        except Unavailable:
            if time.monotonic() - last_heard > PATIENCE:
                raise
        time.sleep(0.5)


def _as_it_changes(client: Client, job: str) -> Iterator[dict[str, Any]]:
    """The job now and after each of its events, until the stream ends."""
    with client.stream("/events", job=job) as lines:
        yield client.get("/jobs" + path(job))
        for line in lines:
            if line.startswith(b"data:"):
                yield client.get("/jobs" + path(job))


class PhaseLines:
    """A job's way: a line for each step, or on a terminal one line that grows."""

    def __init__(self) -> None:
        self._shown = 0
        self._hindrance = ""
        self._live = sys.stdout.isatty()

    def __call__(self, detail: dict[str, Any]) -> None:
        steps = _steps(detail)
        ended = detail["status"] in ENDED
        hindrance = _hindrance(detail)
        fresh = [*steps[self._shown :], *([hindrance] if hindrance and hindrance != self._hindrance else [])]
        if not self._live:
            for step in fresh:
                render.say(f"{detail['code']}  {step}")
        elif fresh or hindrance != self._hindrance or ended:
            way = " › ".join([*steps, *([hindrance] if hindrance else [])])
            click.echo(f"\r\x1b[2K{detail['code']}  {way}", nl=ended)
        self._shown, self._hindrance = len(steps), hindrance
        if ended:
            reason = str(detail["reason"] or "").partition("\n")[0].rstrip(":")
            took = render.span(render.seconds_between(detail["created_at"], detail["ended_at"]))
            why = f": {render.harmless(reason)}" if reason and detail["status"] != "done" else ""
            render.say(f"{detail['code']}  {render.status(detail['status'])} after {took}{why}")


def _hindrance(detail: dict[str, Any]) -> str:
    """What a queued job waits for, unless it is its turn."""
    waiting_for = detail["waiting_for"]
    return f"waits for {render.harmless(waiting_for)}" if waiting_for and waiting_for != "a free worker" else ""


def _steps(detail: dict[str, Any]) -> list[str]:
    """The job's way so far: queued, then each attempt's phases, and how an attempt ended that was not the last."""
    steps = ["queued"]
    for attempt in detail["attempts"]:
        steps += [step["phase"] for step in attempt["phases"]]
        if attempt["ended_at"] and attempt is not detail["attempts"][-1]:
            steps.append(f"{attempt['outcome']}, again")
    return steps
