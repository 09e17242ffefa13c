"""A worker on which everything fails says so, takes its time, and is well again once something does not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from ploeg.domain.attempt import Outcome
from ploeg.worker import fitness
from ploeg.worker.end import End
from ploeg.worker.fitness import Fitness
from tests.worker.rig import LONG, Rig


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


CRASHED = End(outcome=Outcome.AGENT_CRASHED, reason="exit code 1")
DONE = End(outcome=Outcome.DONE)


def test_failures_of_more_than_one_job_in_a_row_make_it_unwell() -> None:
    fit = Fitness(3)
    for job in ("J-1", "J-1"):
        fit.note(job, CRASHED)
    assert fit.unwell is None
    fit.note("J-2", CRASHED)
    assert fit.unwell == "3 attempts in a row failed on this worker, last J-2 (agent_crashed): exit code 1"


def test_one_job_that_fails_again_and_again_says_nothing_of_the_worker() -> None:
    fit = Fitness(3)
    for _ in range(9):
        fit.note("J-1", CRASHED)
    assert (fit.unwell, fit.rest) == (None, 0.0)


def test_each_further_failure_doubles_the_rest_and_its_length_varies() -> None:
    clock = Clock()
    fit = Fitness(1, clock)
    fit.note("J-1", CRASHED)
    for number, whole in enumerate((10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0), 2):
        fit.note(f"J-{number}", CRASHED)
        assert whole / 2 <= fit.rest <= whole
    clock.now += 301
    assert fit.rest == 0
    assert fit.unwell is not None


@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.GATE_REFUSED, Outcome.TIMED_OUT])
def test_a_job_that_its_agent_could_work_on_makes_it_well(outcome: Outcome) -> None:
    fit = Fitness(2)
    for job in ("J-1", "J-2"):
        fit.note(job, CRASHED)
    fit.note("J-3", End(outcome=outcome))
    assert (fit.unwell, fit.rest, fit.failures) == (None, 0.0, 0)


@pytest.mark.parametrize("outcome", [Outcome.CANCELLED, Outcome.QUOTA_EXHAUSTED, Outcome.LEASE_LOST])
def test_what_says_nothing_of_the_worker_changes_nothing(outcome: Outcome) -> None:
    fit = Fitness(2)
    for job in ("J-1", "J-2"):
        fit.note(job, CRASHED)
    fit.note("J-3", End(outcome=outcome))
    assert fit.unwell is not None


@pytest.mark.anyio
async def test_an_unhealthy_worker_says_why_and_recovers_by_itself(
    new_rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitness, "FIRST_REST", 0.1)
    rig = new_rig(unhealthy_after=2)
    stop = asyncio.Event()
    async with asyncio.timeout(LONG), asyncio.TaskGroup() as group:
        group.create_task(rig.serve("start(); sys.exit(7)", stop))
        for number in (1, 2):
            await rig.far_end.offer(rig.job(number=number))
            await rig.far_end.until(lambda wanted=number: len(rig.far_end.finished) == wanted)  # type: ignore[misc]
        await rig.far_end.until(lambda: rig.far_end.presences[-1].state == "unhealthy")
        assert "last J-2 (agent_crashed): exit code 7" in str(rig.far_end.presences[-1].reason)
        rig.runtime.script = "start(); commit(); report(); finish()"
        await rig.far_end.offer(rig.job(number=3))
        await rig.far_end.until(lambda: rig.far_end.presences[-1].state == "idle")
        stop.set()
    assert rig.report(rig.job(number=3)).outcome == "done"
