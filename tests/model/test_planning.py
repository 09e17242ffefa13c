"""Jobs, lanes, dependencies, sprint runs and roll-up against a second description of them; `make model` takes more
steps than this.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from ploeg.domain import job, sprint_run
from ploeg.domain.question import OnExpiry
from tests.control.house import House
from tests.model.machine import Planning
from tests.model.pair import Pair

STEPS_EACH = 50

LEGAL = {
    family: {(str(was), str(became)) for was, followers in transitions for became in followers}
    for family, transitions in (("job", job.TRANSITIONS.items()), ("run", sprint_run.TRANSITIONS.items()))
}


class Half:
    """In place of the module `random`: a failing example must go the same way again."""

    @staticmethod
    def random() -> float:
        return 0.5


@pytest.mark.timeout(900)
def test_planning_never_differs_from_its_second_description(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ploeg.control.work.settle.random", Half)
    wanted = int(os.environ.get("MODEL_STEPS", "1000"))
    house.installation = replace(house.installation, question_on_expiry=OnExpiry.FAIL)
    Pair.house = house
    rounds = 0
    while Pair.steps < wanted:
        run_state_machine_as_test(
            Planning,
            settings=settings(
                max_examples=max((wanted - Pair.steps) // STEPS_EACH, 5),
                stateful_step_count=STEPS_EACH,
                deadline=None,
                derandomize=not rounds,
                database=None,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.generate],
            ),
        )
        rounds += 1
    for family, edges in LEGAL.items():
        assert seen(family) <= edges
    sys.stdout.write(told())


def seen(family: str) -> set[tuple[str, str]]:
    return {(was, became) for each, was, became in Pair.edges if each == family}


def missing() -> list[str]:
    """Legal edges that no step has taken yet."""
    return [
        f"{family} {was} -> {became}" for family, edges in LEGAL.items() for was, became in sorted(edges - seen(family))
    ]


def told() -> str:
    """What the steps came to."""
    edges = [f"  {family} {was} -> {became}: {n}" for (family, was, became), n in sorted(Pair.edges.items())]
    head = f"steps {Pair.steps} divergences 0 refused by both {Pair.refusals.total()} edges not seen {missing() or 0}"
    return "\n".join(["", head, *edges, ""])
