"""The limits of one attempt, and the outcome that each of them names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from ploeg.domain.attempt import Outcome, Usage
from ploeg.domain.budget import Budget, Spent


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one attempt may take; None is no limit."""

    #: Wall clock of the agent phase, in minutes.
    max_minutes: float | None = 60.0
    #: Minutes without a line from the agent and without a tool call under way.
    max_silence_minutes: float | None = 10.0
    max_turns: int | None = 50
    max_cost_usd: float | None = None
    #: Of every kind.
    max_tokens: int | None = None

    @property
    def budget(self) -> Budget:
        return Budget(max_cost_usd=self.max_cost_usd, max_tokens=self.max_tokens)

    def less(self, spent: Spent) -> Self:
        """These, with what a job's earlier attempts left of its budget."""
        cost, tokens = self.max_cost_usd, self.max_tokens
        return replace(
            self,
            max_cost_usd=None if cost is None else max(cost - spent.cost_usd, 0.0),
            max_tokens=None if tokens is None else max(tokens - spent.tokens, 0),
        )


@dataclass(frozen=True, slots=True)
class Breach:
    outcome: Outcome
    reason: str


def breached(limits: Limits, *, elapsed: float, silent: float, usage: Usage) -> Breach | None:
    """The first limit that is exceeded; `elapsed` and `silent` in seconds."""
    if limits.max_minutes is not None and elapsed > limits.max_minutes * 60:
        return Breach(Outcome.TIMED_OUT, f"the agent ran longer than {limits.max_minutes:g} min")
    if limits.max_silence_minutes is not None and silent > limits.max_silence_minutes * 60:
        return Breach(Outcome.SILENT, f"the agent said nothing for {limits.max_silence_minutes:g} min")
    if limits.max_turns is not None and usage.turns > limits.max_turns:
        return Breach(Outcome.TOO_MANY_TURNS, f"the agent took more than {limits.max_turns} turns")
    cost = usage.cost_usd
    if limits.max_cost_usd is not None and cost is not None and cost > limits.max_cost_usd:
        return Breach(Outcome.OVER_BUDGET, f"the agent spent ${cost:.2f} of ${limits.max_cost_usd:.2f}")
    if limits.max_tokens is not None and usage.tokens > limits.max_tokens:
        return Breach(Outcome.OVER_BUDGET, f"the agent used {usage.tokens:,} of {limits.max_tokens:,} tokens")
    return None
