"""What an attempt has come to so far: told with every heartbeat, kept for a restart, reported at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ploeg.domain.account import Purse
from ploeg.domain.attempt import Phase, Usage
from ploeg.domain.event import RateLimited
from ploeg.wire.work import Heartbeat, QuotaWindow, UsageOut


@dataclass(slots=True, kw_only=True)
class Progress:
    """Filled in by the phases as they go."""

    phase: Phase = Phase.PREPARE
    agent_started: bool = False
    session_id: str | None = None
    model: str | None = None
    base_sha: str | None = None
    usage: Usage = field(default_factory=Usage)
    purse: Purse | None = None
    #: The quota windows of its account as they stand, and as the server was last told.
    quota: tuple[QuotaWindow, ...] = ()
    _told: tuple[QuotaWindow, ...] = ()
    #: How far each window was used when it was first heard of, with its reset.
    _began: dict[tuple[str, datetime | None], float] = field(default_factory=dict)
    #: Set when the server should hear of a change before the next renewal is due.
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def enter(self, phase: Phase) -> None:
        if phase is not self.phase:
            self.phase = phase
            self.news.set()

    def started_agent(self) -> None:
        self.agent_started = True
        self.news.set()

    def limited(self, runtime: str, limits: Sequence[RateLimited]) -> None:
        """How the windows stand now. The server hears at once of one that is new or has another status."""
        before = {window.window: window.status for window in self.quota}
        self.quota = tuple(self._window(runtime, limit) for limit in limits)
        if any(limit.overage for limit in limits):
            self.purse = Purse.CREDIT
        if before != {window.window: window.status for window in self.quota}:
            self.news.set()

    def acknowledged(self, beat: Heartbeat) -> None:
        """The server has it."""
        self._told = tuple(beat.quota) or self._told

    def heartbeat(self) -> Heartbeat:
        return Heartbeat(
            phase=self.phase,
            agent_started=self.agent_started,
            session_id=self.session_id,
            model=self.model,
            base_sha=self.base_sha,
            usage=self.usage_out() if self.usage != Usage() else None,
            purse=self.purse,
            quota=list(self.quota) if self.quota != self._told else [],
        )

    def usage_out(self) -> UsageOut:
        used = self.usage
        return UsageOut(
            input_tokens=used.input_tokens,
            output_tokens=used.output_tokens,
            cache_read_tokens=used.cache_read_tokens,
            cache_write_tokens=used.cache_write_tokens,
            turns=used.turns,
            cost_usd=used.cost_usd,
        )

    def _window(self, runtime: str, limit: RateLimited) -> QuotaWindow:
        used, risen = limit.utilization, None
        if used is not None:
            risen = max(used - self._began.setdefault((limit.window, limit.resets_at), used), 0.0)
        return QuotaWindow(
            runtime=runtime,
            window=limit.window,
            status=limit.status,
            utilization=used,
            resets_at=limit.resets_at,
            risen=risen,
        )
