"""The lease is renewed from the claim on, obeyed at once, and given up before it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ploeg.domain.attempt import Outcome, Phase, Usage
from ploeg.domain.limits import Breach
from ploeg.wire.work import Order
from ploeg.worker import heartbeat
from ploeg.worker.client import WorkClient
from ploeg.worker.clock import Sleep, passing
from ploeg.worker.halt import Halt, Halted
from ploeg.worker.heartbeat import Lease
from ploeg.worker.progress import Progress
from tests.worker.assignments import assignment, attempt_id
from tests.worker.far_end import PATIENCE, FarEnd

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client(far_end: FarEnd) -> AsyncIterator[WorkClient]:
    async with WorkClient("http://server", "t", far_end.transport) as client:
        yield client


def lease(client: WorkClient, halt: Halt, progress: Progress | None = None, **changes: Any) -> Lease:
    progress = progress or Progress()
    return Lease(client, assignment(**changes), progress, halt, claimed_at=passing())


async def called(halt: Halt) -> Breach:
    async with asyncio.timeout(PATIENCE):
        return await halt.wait()


async def test_it_is_renewed_at_once_and_then_again_and_again(far_end: FarEnd, client: WorkClient) -> None:
    async with lease(client, Halt(), renew_seconds=0.01):
        await far_end.until(lambda: len(far_end.heartbeats) >= 3)
    assert {attempt for attempt, _ in far_end.heartbeats} == {attempt_id()}


async def test_a_change_of_phase_is_told_without_waiting_for_the_next_renewal(
    far_end: FarEnd, client: WorkClient
) -> None:
    progress = Progress()
    async with lease(client, Halt(), progress, renew_seconds=60):
        await far_end.until(lambda: len(far_end.heartbeats) == 1)
        progress.usage = Usage(turns=3)
        progress.enter(Phase.AGENT)
        await far_end.until(lambda: len(far_end.heartbeats) == 2)
    told = far_end.heartbeats[-1][1]
    assert told.phase == "agent"
    assert told.usage is not None
    assert told.usage.turns == 3


@pytest.mark.parametrize(
    ("order", "outcome"),
    [("cancel", Outcome.CANCELLED), ("pause", Outcome.WAITING), ("drain", Outcome.WORKER_STOPPED)],
)
async def test_an_order_stops_the_attempt_at_once(
    far_end: FarEnd, client: WorkClient, order: Order, outcome: Outcome
) -> None:
    far_end.orders.append(order)
    halt = Halt()
    async with lease(client, halt):
        assert (await called(halt)).outcome is outcome


async def test_a_refused_renewal_loses_the_lease(far_end: FarEnd, client: WorkClient) -> None:
    far_end.superseded.add(attempt_id())
    halt = Halt()
    async with lease(client, halt):
        assert (await called(halt)).outcome is Outcome.LEASE_LOST


async def test_a_revoked_token_loses_the_lease(far_end: FarEnd, client: WorkClient) -> None:
    far_end.revoked = True
    halt = Halt()
    async with lease(client, halt):
        breach = await called(halt)
    assert breach.outcome is Outcome.LEASE_LOST
    assert "revoked" in breach.reason


async def test_a_worker_that_cannot_renew_stops_before_the_lease_ends(far_end: FarEnd, client: WorkClient) -> None:
    far_end.away = True
    halt = Halt()
    started = time.monotonic()
    async with lease(client, halt, lease_seconds=3.0, renew_seconds=0.05):
        assert (await called(halt)).outcome is Outcome.LEASE_LOST
    assert time.monotonic() < started + 3.0


async def test_an_outage_shorter_than_the_lease_costs_nothing(far_end: FarEnd, client: WorkClient) -> None:
    far_end.away = True
    halt = Halt()
    async with lease(client, halt, renew_seconds=0.01):
        await far_end.until(lambda: len(far_end.requests) >= 3)
        far_end.away = False
        await far_end.until(lambda: len(far_end.heartbeats) >= 1)
    assert halt.breach is None


async def test_a_lease_counts_from_the_moment_the_renewal_was_sent(far_end: FarEnd, client: WorkClient) -> None:
    now = 1000.0
    held = Lease(client, assignment(lease_seconds=300), Progress(), Halt(), claimed_at=now - 100, clock=lambda: now)
    assert held.seconds_left == pytest.approx(300 - 30 - 100)


async def test_confirming_returns_only_after_a_renewal_sent_from_then_on(far_end: FarEnd, client: WorkClient) -> None:
    async with lease(client, Halt(), renew_seconds=60) as held:
        await far_end.until(lambda: len(far_end.heartbeats) == 1)
        async with asyncio.timeout(PATIENCE):
            await held.confirm()
    assert len(far_end.heartbeats) == 2


async def test_confirming_a_lease_that_was_taken_away_ends_in_a_halt(far_end: FarEnd, client: WorkClient) -> None:
    halt = Halt()
    async with lease(client, halt, renew_seconds=60) as held:
        await far_end.until(lambda: len(far_end.heartbeats) == 1)
        far_end.superseded.add(attempt_id())
        with pytest.raises(Halted) as halted:
            await halt.guard(held.confirm())
    assert halted.value.breach.outcome is Outcome.LEASE_LOST


class Laptop:
    """Two clocks: one that goes on while its lid is closed, and one that does not."""

    def __init__(self) -> None:
        self.slept = 0.0

    def passing(self) -> float:
        return time.monotonic() + self.slept

    def lease(self, client: WorkClient, halt: Halt, **changes: Any) -> Lease:
        given = assignment(**changes)
        sleep = Sleep(self.passing, time.monotonic)
        claimed_at = self.passing()
        return Lease(client, given, Progress(), halt, claimed_at=claimed_at, clock=self.passing, sleep=sleep)


async def test_after_a_sleep_the_lease_is_renewed_at_once_if_the_server_slept_too(
    far_end: FarEnd, client: WorkClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "STEP", 0.01)
    laptop, halt = Laptop(), Halt()
    async with laptop.lease(client, halt, renew_seconds=60):
        await far_end.until(lambda: len(far_end.heartbeats) == 1)
        laptop.slept += 8 * 3600
        await far_end.until(lambda: len(far_end.heartbeats) == 2)
    assert halt.breach is None


async def test_a_machine_that_slept_past_its_lease_hears_that_it_is_lost(
    far_end: FarEnd, client: WorkClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "STEP", 0.01)
    laptop, halt = Laptop(), Halt()
    async with laptop.lease(client, halt, renew_seconds=60) as held:
        await far_end.until(lambda: len(far_end.heartbeats) == 1)
        far_end.superseded.add(attempt_id())
        laptop.slept += 8 * 3600
        assert held.seconds_left < 0
        assert (await called(halt)).outcome is Outcome.LEASE_LOST
        assert held.refused


async def test_a_machine_that_wakes_where_no_server_answers_gives_its_lease_up_soon(
    far_end: FarEnd, client: WorkClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "STEP", 0.01)
    laptop, halt = Laptop(), Halt()
    async with laptop.lease(client, halt, renew_seconds=0.3):
        await far_end.until(lambda: len(far_end.heartbeats) == 1)
        far_end.away = True
        laptop.slept += 8 * 3600
        assert (await called(halt)).outcome is Outcome.LEASE_LOST
    assert len(far_end.requests) > 1


async def test_a_lost_lease_stands_above_an_earlier_reason(far_end: FarEnd) -> None:
    halt = Halt()
    halt.call(Outcome.TIMED_OUT, "too long")
    halt.call(Outcome.SILENT, "too quiet")
    assert halt.breach == Breach(Outcome.TIMED_OUT, "too long")
    halt.call(Outcome.LEASE_LOST, "gone")
    halt.call(Outcome.CANCELLED, "too late")
    assert halt.breach == Breach(Outcome.LEASE_LOST, "gone")


async def test_halted_work_is_cancelled_and_its_clean_up_awaited() -> None:
    halt = Halt()
    steps: list[str] = []

    async def work() -> None:
        try:
            halt.call(Outcome.CANCELLED, "stop")
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            steps.append("cleaned up")

    with pytest.raises(Halted):
        await halt.guard(work())
    assert steps == ["cleaned up"]
