"""A layer of the config: what a task, a job or a product says about how its jobs run."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from ploeg.wire.base import Finite, Request, Whole


class ConfigIn(Request):
    """Only the fields that are given count; null takes one out again."""

    runtime: str | None = None
    model: str | None = None
    review_runtime: str | None = Field(default=None, description="In place of `runtime`, for reviews of plans.")
    review_model: str | None = Field(default=None, description="In place of `model`, for reviews of plans.")
    thinking_budget: Whole | None = Field(default=None, description="Tokens.")
    permission_mode: str | None = None
    max_minutes: Finite | None = None
    max_silence_minutes: Finite | None = None
    max_turns: Whole | None = None
    max_cost_usd: Finite | None = Field(default=None, description="What a job may cost, with all its attempts.")
    max_tokens: Whole | None = Field(default=None, description="What it may use, of tokens of every kind.")
    verify_commands: list[str] | None = Field(default=None, description="Shell commands that must pass before done.")
    verify_timeout: Finite | None = Field(default=None, description="Seconds for each verify command.")
    setup_commands: list[str] | None = Field(default=None, description="Make a fresh checkout ready.")
    repair_rounds: Whole | None = Field(
        default=None, description="1: an agent that ended refused by a gate is resumed once with the refusal; else 0."
    )
    auto_commit: bool | None = Field(
        default=None, description="Commit what the agent left uncommitted, instead of refusing `done`."
    )
    on_conflict: str | None = Field(
        default=None,
        description="When others changed the same lines: `solve` lets the agent, `ask` asks people, `fail`.",
    )
    required_labels: list[str] | None = Field(default=None, description="Labels that a worker must offer for its jobs.")

    def said(self) -> dict[str, Any]:
        return self.model_dump(exclude_unset=True)
