"""What an attempt has come to so far: told with every heartbeat, kept for a restart, reported at the end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from ploeg.domain.attempt import Phase, Usage
from ploeg.wire.work import Heartbeat, UsageOut


@dataclass(slots=True, kw_only=True)
class Progress:
    """Filled in by the phases as they go."""

    phase: Phase = Phase.PREPARE
    agent_started: bool = False
    session_id: str | None = None
    model: str | None = None
    base_sha: str | None = None
    usage: Usage = field(default_factory=Usage)
    #: Set when the server should hear of a change before the next renewal is due.
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def enter(self, phase: Phase) -> None:
        if phase is not self.phase:
            self.phase = phase
            self.news.set()

    def started_agent(self) -> None:
        self.agent_started = True
        self.news.set()

    def heartbeat(self) -> Heartbeat:
        return Heartbeat(
            phase=self.phase,
            agent_started=self.agent_started,
            session_id=self.session_id,
            model=self.model,
            base_sha=self.base_sha,
            usage=self.usage_out() if self.usage != Usage() else None,
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
