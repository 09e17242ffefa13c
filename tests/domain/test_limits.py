"""Every limit of an attempt names its own outcome."""

from __future__ import annotations

from dataclasses import replace

from ploeg.domain.attempt import Outcome, Usage
from ploeg.domain.limits import Breach, Limits, breached

LIMITS = Limits(max_minutes=60, max_silence_minutes=10, max_turns=50, max_cost_usd=2.0)


def found(
    limits: Limits = LIMITS, *, elapsed: float = 0, silent: float = 0, turns: int = 0, cost: float | None = None
) -> Outcome | None:
    breach = breached(limits, elapsed=elapsed, silent=silent, usage=Usage(turns=turns, cost_usd=cost))
    return breach.outcome if breach else None


def test_an_agent_within_its_limits_goes_on() -> None:
    assert found(elapsed=3600, silent=600, turns=50, cost=2.0) is None


def test_each_limit_names_its_outcome() -> None:
    assert found(elapsed=3601) is Outcome.TIMED_OUT
    assert found(silent=601) is Outcome.SILENT
    assert found(turns=51) is Outcome.TOO_MANY_TURNS
    assert found(cost=2.01) is Outcome.OVER_BUDGET


def test_tokens_of_every_kind_count_against_their_limit() -> None:
    limits = Limits(max_tokens=100)
    usage = Usage(input_tokens=40, output_tokens=30, cache_read_tokens=20, cache_write_tokens=10)
    assert breached(limits, elapsed=0, silent=0, usage=usage) is None
    more = breached(limits, elapsed=0, silent=0, usage=replace(usage, output_tokens=31))
    assert more == Breach(Outcome.OVER_BUDGET, "the agent used 101 of 100 tokens")


def test_the_wall_clock_goes_before_the_others() -> None:
    assert found(elapsed=9999, silent=9999, turns=99, cost=99) is Outcome.TIMED_OUT


def test_an_unknown_cost_breaks_no_limit() -> None:
    assert found(cost=None) is None


def test_no_limit_is_no_limit() -> None:
    endless = Limits(max_minutes=None, max_silence_minutes=None, max_turns=None, max_cost_usd=None)
    assert found(endless, elapsed=1e9, silent=1e9, turns=10**6, cost=1e6) is None


def test_a_breach_says_what_was_allowed() -> None:
    spent = breached(LIMITS, elapsed=0, silent=0, usage=Usage(cost_usd=3.456))
    assert spent == Breach(Outcome.OVER_BUDGET, "the agent spent $3.46 of $2.00")
