"""Reading what an attempt left for people: its transcript in pages, live if wanted, and its diff."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from ploeg.control import read
from ploeg.control.plane import ControlPlane
from ploeg.control.read import Chosen
from ploeg.control.work.transcripts import Page
from ploeg.domain.access import Principal
from ploeg.domain.errors import NotFound

#: However quiet it is, look again after this long: another server may have stored something.
LOOK_AGAIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """Some of a transcript. To follow: `attempt` from `next_offset` on, and `next_attempt` when that one has ended."""

    attempt: int | None
    offset: int
    next_offset: int
    events: list[dict[str, Any]]
    attempt_ended: bool
    job_ended: bool
    next_attempt: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    attempt: int
    base_sha: str | None
    head_sha: str | None
    #: `{path, added, removed}` of each changed file, as the receipt has them.
    files: list[dict[str, Any]]
    text: str | None


async def page(
    plane: ControlPlane, actor: Principal, reference: str, number: int | None, offset: int, limit: int, wait: float
) -> LogPage:
    """The transcript from `offset` on; with nothing there yet, as soon as there is, or empty after `wait` seconds."""
    until = asyncio.get_running_loop().time() + wait
    with plane.watch.subscribed() as subscription:
        while True:
            chosen = await plane.read(read.attempt, actor, reference, number)
            found = await _read(plane, chosen, offset, limit)
            left = until - asyncio.get_running_loop().time()
            if found.events or left <= 0 or plane.watch.stopping or _nothing_more(chosen):
                return _page(chosen, offset, found)
            happened = await subscription.take(min(left, LOOK_AGAIN_SECONDS))
            while happened and left > 0 and all(event.job_id != chosen.job.id for event in happened):
                left = until - asyncio.get_running_loop().time()
                happened = await subscription.take(min(max(left, 0), LOOK_AGAIN_SECONDS))


async def diff(plane: ControlPlane, actor: Principal, reference: str, number: int | None) -> Diff:
    """What an attempt changed: of the latest one if none is named."""
    chosen = await plane.read(read.attempt, actor, reference, number)
    attempt = chosen.attempt
    if attempt is None:
        raise NotFound("attempt", f"of {chosen.job.code}")
    text = await asyncio.to_thread(plane.transcripts.read_diff, chosen.job.code, attempt.number)
    return Diff(
        attempt=attempt.number,
        base_sha=attempt.base_sha,
        head_sha=attempt.head_sha,
        files=attempt.files,
        text=text,
    )


async def _read(plane: ControlPlane, chosen: Chosen, offset: int, limit: int) -> Page:
    if chosen.attempt is None:
        return Page([], offset)
    return await asyncio.to_thread(plane.transcripts.read, chosen.job.code, chosen.attempt, offset, limit)


def _nothing_more(chosen: Chosen) -> bool:
    """Nothing will come behind this attempt's transcript, or it goes on in the next attempt's."""
    ended = chosen.attempt is None or not chosen.attempt.active
    return ended and (chosen.job.status.terminal or chosen.later is not None)


def _page(chosen: Chosen, offset: int, found: Page) -> LogPage:
    attempt = chosen.attempt
    return LogPage(
        attempt=attempt.number if attempt is not None else None,
        offset=offset,
        next_offset=found.next_offset,
        events=found.events,
        attempt_ended=attempt is not None and not attempt.active,
        job_ended=chosen.job.status.terminal,
        next_attempt=chosen.later,
    )
