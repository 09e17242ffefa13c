"""A worker as the server knows it: who it is, what it offers, and what keeps it from taking jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

from ploeg.domain.account import Account, AccountPolicy, Seat
from ploeg.domain.disk import DiskUse
from ploeg.domain.ids import TokenId, UserId, WorkerId
from ploeg.domain.quota import QuotaUse

_NEVER = datetime.max.replace(tzinfo=UTC)


class WorkerState(StrEnum):
    IDLE = "idle"
    WORKING = "working"
    #: A quota window is used up, or as far as its owner allows; `until` says when it opens again.
    STAND_BY = "stand_by"
    SIGN_IN_NEEDED = "sign_in_needed"
    #: Several attempts in a row failed for reasons of the worker's own.
    UNHEALTHY = "unhealthy"
    #: Ends what it has and takes nothing new.
    DRAINING = "draining"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeBlock:
    """Why one account of a worker's runtime takes no jobs for now."""

    reason: str
    #: The moment it lifts by itself; None when somebody must act.
    until: datetime | None = None
    #: It needs a sign-in.
    sign_in: bool = False

    def holds(self, now: datetime) -> bool:
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRecord:
    """One worker program: unique by the token it uses and the instance it says it is."""

    id: WorkerId
    user_id: UserId
    token_id: TokenId
    #: Chosen by the worker, stable over its restarts.
    instance: str
    hostname: str
    pid: int
    version: str
    slots: int
    runtimes: tuple[str, ...]
    labels: tuple[str, ...] = ()
    #: `bubblewrap` or `none`.
    sandbox: str = "none"
    state: WorkerState = WorkerState.IDLE
    reason: str | None = None
    #: When the state ends by itself.
    until: datetime | None = None
    seen_at: datetime
    created_at: datetime
    #: By `str(Seat)`.
    runtime_blocks: Mapping[str, RuntimeBlock] = field(default_factory=dict)
    #: The windows of its runtimes' accounts, as their own events told them.
    quota: tuple[QuotaUse, ...] = ()
    #: Per cent that is left of some quota, in an agent's word: shown, and believed by nothing.
    last_quota_pct: float | None = None
    last_quota_check_at: datetime | None = None
    #: What it has sign-ins for; a runtime that it names none of has one account without a name.
    accounts: tuple[Account, ...] = ()
    account_policy: AccountPolicy = AccountPolicy.IN_ORDER
    #: None until it has told.
    disk: DiskUse | None = None

    def offered(self, now: datetime, floor_pct: int) -> tuple[str, ...]:
        """Its runtimes that may take a job now. `floor_pct` of every quota window is kept for its owner."""
        blocked = self.blocks(now, floor_pct)
        return tuple(name for name in self.runtimes if name not in blocked)

    def blocks(self, now: datetime, floor_pct: int) -> dict[str, RuntimeBlock]:
        """What keeps its runtimes from jobs now: of one whose accounts are all closed, what lifts first."""
        closed, found = self.closed(now, floor_pct), {}
        for runtime in self.runtimes:
            blocks = [closed.get(seat) for seat in self.seats if seat.runtime == runtime]
            known = [block for block in blocks if block is not None]
            if len(known) == len(blocks):
                found[runtime] = min(known, key=_lifts)
        return found

    def closed(self, now: datetime, floor_pct: int) -> dict[Seat, RuntimeBlock]:
        """What keeps its accounts from jobs now: of each, what lasts longest."""
        seats = set(self.seats)
        blocks = {Seat.of(name): block for name, block in self.runtime_blocks.items()}
        found = {seat: block for seat, block in blocks.items() if seat in seats and block.holds(now)}
        for use in self.quota:
            if use.seat in seats and use.below(floor_pct, now):
                reserve = RuntimeBlock(reason=use.why_below(floor_pct), until=use.over_at)
                found[use.seat] = max(found.get(use.seat, reserve), reserve, key=_lifts)
        return found

    @property
    def seats(self) -> tuple[Seat, ...]:
        """Its accounts, by runtime, in the order of its settings."""
        named = [account.seat for account in self.accounts]
        of_runtime = ([seat for seat in named if seat.runtime == runtime] for runtime in self.runtimes)
        pairs = zip(self.runtimes, of_runtime, strict=True)
        return tuple(seat for runtime, seats in pairs for seat in seats or [Seat(runtime)])

    def used(self, now: datetime) -> dict[Seat, float]:
        """How far the fullest window of each account is used, 0 to 1."""
        found: dict[Seat, float] = {}
        for use in self.quota:
            if now < use.over_at and use.used_pct is not None:
                found[use.seat] = max(found.get(use.seat, 0.0), use.used_pct / 100)
        return found

    def evolve(self, **changes: Any) -> Self:
        return replace(self, **changes)


def _lifts(block: RuntimeBlock) -> datetime:
    return block.until or _NEVER
