"""Which runtimes of this worker may take a job now: a quota wall or an expired sign-in closes an account for a while,
and so does the server where less of a quota is left than the worker's owner keeps. A runtime is open as long as one of
its accounts is.

Outside the worker's active hours none may.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from ploeg.domain.account import Seat
from ploeg.domain.attempt import Outcome
from ploeg.domain.errors import Invalid
from ploeg.domain.hours import ActiveHours
from ploeg.domain.quota import open_again_at
from ploeg.wire.work import StandBy, WorkerInfo
from ploeg.worker.end import End

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    reason: str
    #: When it lifts by itself; None: after a new sign-in.
    until: datetime | None
    #: The credential that was refused; another one lifts the block.
    credential: object = None


def seats_of(info: WorkerInfo) -> list[Seat]:
    """Every account that a worker offers; a runtime without named ones has one."""
    named = [Seat(account.runtime, account.name) for account in info.accounts]
    return [
        seat
        for runtime in info.runtimes
        for seat in [found for found in named if found.runtime == runtime] or [Seat(runtime)]
    ]


class Availability:
    """Of the accounts that a worker has. `credential` gives an account's present one, to compare by equality."""

    def __init__(
        self, seats: Iterable[Seat], credential: Callable[[Seat], object], hours: ActiveHours | None = None
    ) -> None:
        self._seats = tuple(seats)
        self._credential = credential
        self._hours = hours
        #: The beginning of the next active hours, while it is outside of them.
        self._opens_at: datetime | None = None
        self._blocks: dict[Seat, Block] = {}
        #: What the server gives no jobs to, as it last said.
        self._held: dict[Seat, Block] = {}

    def note(self, seat: Seat, end: End, now: datetime) -> None:
        """What the end of an attempt says of its account."""
        if end.outcome is Outcome.QUOTA_EXHAUSTED:
            until = open_again_at(end.reset_at, now, 0.0)
            self._blocks[seat] = Block(reason=end.reason or "the quota is used up", until=until)
        elif end.outcome is Outcome.AUTH_EXPIRED:
            credential = self._present(seat)
            self._blocks[seat] = Block(reason=end.reason or "sign in again", until=None, credential=credential)

    def told(self, stand_by: Iterable[StandBy], now: datetime) -> None:
        """The server's word on all accounts: one that it no longer names is open again, as far as the server goes."""
        self._held = {
            Seat(each.runtime, each.account): Block(reason=each.reason, until=each.until)
            for each in stand_by
            if each.until > now
        }

    def lift(self, now: datetime) -> list[Seat]:
        """The accounts whose sign-in was renewed; blocks whose time has come go silently, and hours begin and end."""
        self._opens_at = None if self._hours is None or self._hours.open_at(now) else self._hours.span_from(now).start
        self._held = {seat: block for seat, block in self._held.items() if block.until and block.until > now}
        renewed = []
        for seat, block in list(self._blocks.items()):
            if block.until is not None and block.until <= now:
                del self._blocks[seat]
            elif block.until is None and self._present(seat) != block.credential:
                del self._blocks[seat]
                renewed.append(seat)
        return renewed

    @property
    def open(self) -> list[str]:
        return [] if self._opens_at is not None else self._unblocked

    def seconds_open(self, now: datetime, at_most: float) -> float:
        """How long it may wait for a job before its hours end."""
        if self._hours is None:
            return at_most
        return min(at_most, max((self._hours.span_from(now).end - now).total_seconds(), 0.0))

    @property
    def sign_in_needed(self) -> str | None:
        """Why nothing can run before somebody signs in; None while anything can, or will by itself."""
        if self._unblocked or any(block.until is not None for block in self._closed.values()):
            return None
        return "; ".join(f"{seat}: {block.reason}" for seat, block in self._blocks.items())

    @property
    def stand_by(self) -> tuple[datetime, str] | None:
        """Until when nothing can run, and why."""
        if self._opens_at is not None:
            return self._opens_at, f"outside its active hours, {self._hours}"
        waits = [(block.until, f"{seat}: {block.reason}") for seat, block in self._closed.items() if block.until]
        return min(waits) if waits and not self.open else None

    @property
    def _unblocked(self) -> list[str]:
        """The runtimes that have an open account."""
        closed = self._closed
        return list(dict.fromkeys(seat.runtime for seat in self._seats if seat not in closed))

    @property
    def _closed(self) -> dict[Seat, Block]:
        """What closes each account longest."""
        closed = dict(self._held)
        for seat, block in self._blocks.items():
            held = closed.get(seat)
            if held is None or held.until is None or block.until is None or block.until >= held.until:
                closed[seat] = block
        return closed

    def _present(self, seat: Seat) -> object:
        try:
            return self._credential(seat)
        except Invalid as error:
            return str(error)
