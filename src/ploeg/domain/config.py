"""The config of a job: per field, the first layer that says something wins, and the answer remembers which it was.

Layers, first to last: task, job, product, installation, kind default.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ploeg.domain.errors import Invalid
from ploeg.domain.kinds import Kind, PermissionMode
from ploeg.domain.limits import Limits

#: The runtime that carries out what a plan spells out, without a model. It is what a job gets where nothing is said.
MECHANICAL = "patch"
#: What stands where no layer says anything, of fields that are the same for every kind.
_OF_NO_KIND = {
    "verify_commands": (),
    "verify_timeout": 600.0,
    "setup_commands": (),
    "repair_rounds": 0,
    "auto_commit": False,
    "on_conflict": "fail",
    "required_labels": (),
}
#: What comes of a push that others' changes go against: the agent gets a round to solve it and then people are asked;
#: people are asked; the job fails.
ON_CONFLICT = ("solve", "ask", "fail")
LAYERS = ("task", "job", "product", "installation", "kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobConfig:
    """What an attempt runs with."""

    runtime: str
    model: str | None
    #: None leaves it to the runtime; else `medium`, `high`, `xhigh` or `max`.
    effort: str | None
    thinking_budget: int
    permission_mode: PermissionMode
    limits: Limits
    agent_tools: tuple[str, ...]
    tools: tuple[str, ...]
    #: Shell commands that must pass before `done`, run by the worker in order.
    verify_commands: tuple[str, ...]
    #: Seconds for each verify command.
    verify_timeout: float
    #: Shell commands that make a fresh checkout ready, e.g. install dependencies.
    setup_commands: tuple[str, ...]
    #: 1: an agent that ended refused is resumed once with the refusal.
    repair_rounds: int = 0
    #: What the agent left uncommitted is committed for it, instead of refused.
    auto_commit: bool = False
    #: What a push does that meets changes of others which go against its own: `solve`, `ask` or `fail`.
    on_conflict: str = "fail"
    #: What a worker must offer to get the job.
    required_labels: tuple[str, ...] = ()
    #: Field -> the layer its value came from.
    source: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigLayer:
    """What one layer says; None is silence."""

    runtime: str | None = None
    model: str | None = None
    #: In place of the two for jobs that judge what another job made.
    review_runtime: str | None = None
    review_model: str | None = None
    thinking_budget: int | None = None
    permission_mode: str | None = None
    max_minutes: float | None = None
    max_silence_minutes: float | None = None
    max_turns: int | None = None
    max_cost_usd: float | None = None
    max_tokens: int | None = None
    verify_commands: tuple[str, ...] | None = None
    verify_timeout: float | None = None
    setup_commands: tuple[str, ...] | None = None
    repair_rounds: int | None = None
    auto_commit: bool | None = None
    on_conflict: str | None = None
    required_labels: tuple[str, ...] | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any] | None) -> ConfigLayer:
        """A layer from a stored mapping; `Invalid` names a field that does not exist or cannot be used."""
        known = {f.name for f in fields(cls)}
        clean: dict[str, Any] = {}
        for name, value in (values or {}).items():
            if name not in known:
                raise Invalid(name, value, f"the config has {', '.join(sorted(known))}")
            clean[name] = tuple(value) if isinstance(value, list) else value
        layer = cls(**clean)
        layer.check()
        return layer

    def check(self) -> None:
        """`Invalid` names the first field whose value has the wrong type or makes no sense."""
        for name in ("runtime", "model", "review_runtime", "review_model", "permission_mode"):
            self._expect(name, _is_name, "give a name")
        for name in ("max_minutes", "max_silence_minutes", "max_cost_usd", "verify_timeout"):
            self._expect(name, lambda n: _is_number(n) and n > 0, "give a number above zero")
        for name in ("max_turns", "max_tokens"):
            self._expect(name, lambda n: _is_whole(n) and n > 0, "give a whole number above zero")
        self._expect("thinking_budget", lambda n: _is_whole(n) and n >= 0, "give zero or more tokens")
        self._expect("repair_rounds", lambda n: _is_whole(n) and n in {0, 1}, "give 0 or 1")
        self._expect("on_conflict", lambda word: word in ON_CONFLICT, f"use one of {', '.join(ON_CONFLICT)}")
        self._expect("auto_commit", lambda flag: isinstance(flag, bool), "give true or false")
        for name in ("verify_commands", "setup_commands"):
            self._expect(name, _are_commands, "give a list of shell commands")
        self._expect("required_labels", _are_words, "give a list of labels")
        self._expect("permission_mode", lambda m: m in set(PermissionMode), f"use one of {', '.join(PermissionMode)}")

    def _expect(self, name: str, fits: Callable[[Any], bool], remedy: str) -> None:
        value = getattr(self, name)
        if value is not None and not fits(value):
            raise Invalid(name, value, remedy)

    def as_dict(self) -> dict[str, Any]:
        """Only what this layer says, ready for JSON."""
        said = {f.name: getattr(self, f.name) for f in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in said.items()
            if value is not None
        }


def _is_name(value: Any) -> bool:
    """A word that a program takes as an argument, and does not mistake for an option."""
    return isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable() and value[0] not in "- "


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _are_words(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(word, str) for word in value)


def _are_commands(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(c, str) and c.strip() and "\0" not in c for c in value)


Layers = Mapping[str, ConfigLayer | None]


def resolve(
    kind: Kind,
    *,
    task: ConfigLayer | None = None,
    job: ConfigLayer | None = None,
    product: ConfigLayer | None = None,
    installation: ConfigLayer | None = None,
) -> JobConfig:
    """The cascade, field by field."""
    layers = {"task": task, "job": job, "product": product, "installation": installation}
    source: dict[str, str] = {}

    def first(name: str, default: Any) -> Any:
        source[name], value = _said(layers, name) or ("kind", default)
        return value

    runtime, model = first("runtime", MECHANICAL), first("model", kind.model)
    if kind.judges:
        runtime, model = _of_a_judge(kind, layers, source, runtime, model)
    budget = first("thinking_budget", kind.thinking_budget)
    return JobConfig(
        runtime=runtime,
        model=model,
        thinking_budget=budget,
        effort=effort_for(budget),
        permission_mode=PermissionMode(first("permission_mode", kind.permission_mode)),
        limits=Limits(
            max_minutes=first("max_minutes", kind.limits.max_minutes),
            max_silence_minutes=first("max_silence_minutes", kind.limits.max_silence_minutes),
            max_turns=first("max_turns", kind.limits.max_turns),
            max_cost_usd=first("max_cost_usd", kind.limits.max_cost_usd),
            max_tokens=first("max_tokens", kind.limits.max_tokens),
        ),
        agent_tools=kind.agent_tools,
        tools=kind.tools,
        **{name: first(name, default) for name, default in _OF_NO_KIND.items()},
        source=source,
    )


def _said(layers: Layers, name: str) -> tuple[str, Any] | None:
    """The first layer that says something of a field, and what it says."""
    for layer_name, layer in layers.items():
        value = getattr(layer, name) if layer is not None else None
        if value is not None:
            return layer_name, value
    return None


def _of_a_judge(
    kind: Kind, layers: Layers, source: dict[str, str], runtime: str, model: str | None
) -> tuple[str, str | None]:
    """Runtime and model as they are named for reviews, unless the job itself wishes otherwise; `source` says so too."""
    named = _said(layers, "review_runtime")
    if named is not None and source["runtime"] != "job":
        if named[1] != runtime and source["model"] != "job":
            # A model that was named for the usual runtime means nothing to another one.
            source["model"], model = "kind", kind.model
        source["runtime"], runtime = named
    named = _said(layers, "review_model")
    if named is not None and source["model"] != "job":
        source["model"], model = named
    return runtime, model


def effort_for(thinking_budget: int) -> str | None:
    """A budget in tokens as the effort that agent CLIs take."""
    if thinking_budget <= 0:
        return None
    for limit, effort in ((6000, "medium"), (12000, "high"), (24000, "xhigh")):
        if thinking_budget <= limit:
            return effort
    return "max"
