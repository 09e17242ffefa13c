"""A worker as the server knows it: who it is, what it offers, and what keeps it from taking jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from ploeg.domain.account import Account, AccountPolicy
from ploeg.domain.disk import DiskUse
from ploeg.domain.ids import TokenId, UserId, WorkerId
from ploeg.domain.quota import QuotaUse


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
    """Why one runtime of a worker takes no jobs for now."""

    reason: str
    #: The moment it lifts by itself; None when somebody must act.
    until: datetime | None = None
    #: Its account needs a sign-in.
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
        """What keeps its runtimes from jobs now: of each, what lasts longest."""
        found = {name: block for name, block in self.runtime_blocks.items() if block.holds(now)}
        for use in self.quota:
            if use.below(floor_pct, now):
                reserve = RuntimeBlock(reason=use.why_below(floor_pct), until=use.over_at)
                found[use.runtime] = _longer(found.get(use.runtime, reserve), reserve)
        return found

    def evolve(self, **changes: Any) -> Self:
        return replace(self, **changes)


def _longer(one: RuntimeBlock, other: RuntimeBlock) -> RuntimeBlock:
    if one.until is None or other.until is None:
        return one if one.until is None else other
    return one if one.until >= other.until else other
