"""The cascade of a job's config: the first layer that says something wins, field by field."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ploeg.domain.config import ConfigLayer, effort_for, resolve
from ploeg.domain.errors import Invalid
from ploeg.domain.kinds import KINDS, KindName, kind_named

KIND = KINDS[KindName.TASK_IMPLEMENTATION]
LAYERS = ("task", "job", "product", "installation")


def test_without_layers_the_kind_decides() -> None:
    config = resolve(KIND)
    assert (config.model, config.permission_mode, config.limits) == (KIND.model, KIND.permission_mode, KIND.limits)
    assert set(config.source.values()) == {"kind"}


@given(st.sets(st.sampled_from(LAYERS)))
def test_the_first_layer_that_says_something_wins_and_is_named(speaking: set[str]) -> None:
    layers = {name: ConfigLayer(model=f"model of {name}") for name in speaking}
    config = resolve(KIND, **layers)
    first = next((name for name in LAYERS if name in speaking), None)
    assert config.model == (f"model of {first}" if first else KIND.model)
    assert config.source["model"] == (first or "kind")


def test_each_field_takes_its_own_layer() -> None:
    config = resolve(
        KIND,
        task=ConfigLayer(model="opus"),
        job=ConfigLayer(max_turns=7),
        product=ConfigLayer(model="haiku", verify_commands=("make test",)),
        installation=ConfigLayer(runtime="claude"),
    )
    assert (config.model, config.limits.max_turns, config.runtime) == ("opus", 7, "claude")
    assert config.verify_commands == ("make test",)
    assert {name: config.source[name] for name in ("model", "max_turns", "verify_commands", "runtime")} == {
        "model": "task",
        "max_turns": "job",
        "verify_commands": "product",
        "runtime": "installation",
    }


def test_an_empty_list_of_commands_is_something_said() -> None:
    config = resolve(KIND, job=ConfigLayer(verify_commands=()), product=ConfigLayer(verify_commands=("false",)))
    assert config.verify_commands == ()


def test_the_source_names_every_field_that_a_layer_may_set() -> None:
    of_reviews = {"review_runtime", "review_model"}
    assert set(resolve(KIND).source) == set(ConfigLayer.__dataclass_fields__) - of_reviews


@pytest.mark.parametrize(
    ("budget", "effort"),
    [(0, None), (1, "medium"), (6000, "medium"), (6001, "high"), (12000, "high"), (24000, "xhigh"), (24001, "max")],
)
def test_a_budget_is_an_effort(budget: int, effort: str | None) -> None:
    assert effort_for(budget) == effort


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"modle": "x"}, "modle"),
        ({"max_turns": 0}, "max_turns"),
        ({"max_minutes": -1}, "max_minutes"),
        ({"max_minutes": float("nan")}, "max_minutes"),
        ({"max_cost_usd": 0}, "max_cost_usd"),
        ({"verify_timeout": 0}, "verify_timeout"),
        ({"thinking_budget": -1}, "thinking_budget"),
        ({"permission_mode": "plan"}, "permission_mode"),
        ({"model": "--dangerously-skip-permissions"}, "model"),
        ({"model": ""}, "model"),
        ({"runtime": "a\nb"}, "runtime"),
        ({"verify_commands": ["  "]}, "verify_commands"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        ConfigLayer.of(values)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"max_turns": "many"}, "max_turns"),
        ({"max_turns": True}, "max_turns"),
        ({"max_turns": 1.5}, "max_turns"),
        ({"max_minutes": "5"}, "max_minutes"),
        ({"thinking_budget": "6000"}, "thinking_budget"),
        ({"model": 5}, "model"),
        ({"verify_commands": "make test"}, "verify_commands"),
        ({"verify_commands": ["make test", 1]}, "verify_commands"),
    ],
)
def test_a_value_of_another_type_is_refused_by_name(values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        ConfigLayer.of(values)
    assert refused.value.field == field


@given(
    st.builds(
        ConfigLayer,
        runtime=st.none() | st.just("claude"),
        max_turns=st.none() | st.integers(1, 500),
        max_minutes=st.none() | st.floats(0.1, 1e6),
        verify_commands=st.none() | st.lists(st.sampled_from(["make test", "true"])).map(tuple),
    )
)
def test_a_layer_survives_being_stored(layer: ConfigLayer) -> None:
    assert ConfigLayer.of(layer.as_dict()) == layer


def test_an_unknown_kind_is_refused_with_the_ones_there_are() -> None:
    with pytest.raises(Invalid, match="TASK_IMPLEMENTATION"):
        kind_named("TASK_DREAMING")


JUDGE = KINDS[KindName.IDEA_REVIEW_PLAN]
USUAL = ConfigLayer(runtime="claude", model="sonnet")


@pytest.mark.parametrize(
    ("job", "product", "installation", "chosen"),
    [
        (None, USUAL, None, ("claude", "product", "sonnet", "product")),
        (None, replace(USUAL, review_model="opus"), None, ("claude", "product", "opus", "product")),
        (None, USUAL, ConfigLayer(review_model="opus"), ("claude", "product", "opus", "installation")),
        (None, USUAL, ConfigLayer(review_runtime="codex"), ("codex", "installation", None, "kind")),
        (
            None,
            replace(USUAL, review_runtime="codex", review_model="gpt"),
            ConfigLayer(review_runtime="patch", review_model="none"),
            ("codex", "product", "gpt", "product"),
        ),
        (
            ConfigLayer(runtime="claude", model="haiku"),
            replace(USUAL, review_runtime="codex", review_model="gpt"),
            None,
            ("claude", "job", "haiku", "job"),
        ),
        (
            ConfigLayer(model="haiku"),
            replace(USUAL, review_runtime="codex"),
            None,
            ("codex", "product", "haiku", "job"),
        ),
    ],
)
def test_a_judge_runs_with_what_is_named_for_reviews_unless_the_job_wishes_otherwise(
    job: ConfigLayer | None, product: ConfigLayer, installation: ConfigLayer | None, chosen: tuple[str | None, ...]
) -> None:
    config = resolve(JUDGE, job=job, product=product, installation=installation)
    assert (config.runtime, config.source["runtime"], config.model, config.source["model"]) == chosen


def test_only_a_judge_runs_with_what_is_named_for_reviews() -> None:
    for kind in KINDS.values():
        config = resolve(kind, product=replace(USUAL, review_runtime="codex", review_model="gpt"))
        judges = kind.name in {KindName.IDEA_REVIEW_PLAN, KindName.PR_REVIEW}
        assert (config.runtime == "codex") == kind.judges == judges
