"""The worker's own door: whether it is well, and its numbers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from datetime import UTC, datetime

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families as families

from ploeg.domain.attempt import Outcome
from ploeg.domain.errors import Invalid
from ploeg.domain.worker import WorkerState
from ploeg.wire import metrics
from ploeg.wire.work import Presence, WorkerInfo
from ploeg.worker.listener import Door, listening
from ploeg.worker.vitals import Vitals
from tests.worker.rig import Rig

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def shown(state: WorkerState, reason: str | None = None, until: datetime | None = None) -> Presence:
    info = WorkerInfo(instance="one", hostname="one", pid=1, version="1", runtimes=["patch"])
    return Presence(worker=info, state=state, reason=reason, until=until)


def vitals(state: WorkerState = WorkerState.IDLE, reason: str | None = None, until: datetime | None = None) -> Vitals:
    return Vitals(2, lambda: shown(state, reason, until), NOW)


async def ask(worker: Vitals, path: str, method: str = "GET") -> httpx2.Response:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(Door(worker)), base_url="http://worker") as client:
        return await client.request(method, path)


@pytest.mark.parametrize(
    ("state", "health", "ready"),
    [
        (WorkerState.IDLE, 200, 200),
        (WorkerState.WORKING, 200, 200),
        (WorkerState.STAND_BY, 200, 200),
        (WorkerState.SIGN_IN_NEEDED, 503, 503),
        (WorkerState.UNHEALTHY, 503, 503),
        (WorkerState.DRAINING, 200, 503),
        (WorkerState.OFFLINE, 200, 503),
    ],
)
async def test_health_is_refused_where_somebody_must_act(state: WorkerState, health: int, ready: int) -> None:
    worker = vitals(state)
    assert (await ask(worker, "/health")).status_code == health
    assert (await ask(worker, "/health/ready")).status_code == ready
    assert (await ask(worker, "/health/live")).status_code == 200


async def test_health_says_why_and_until_when() -> None:
    said = (await ask(vitals(WorkerState.STAND_BY, "claude: used up", NOW), "/health")).json()
    assert (said["status"], said["reasons"]) == ("stand_by", ["claude: used up, until 2026-05-01T12:00:00+00:00"])
    said = (await ask(vitals(WorkerState.SIGN_IN_NEEDED, "claude: run `claude setup-token`"), "/health")).json()
    assert said["reasons"] == ["claude: run `claude setup-token`"]


async def test_a_worker_that_has_not_reached_its_server_yet_is_starting() -> None:
    worker = Vitals(2, lambda: None, NOW)
    response = await ask(worker, "/health")
    assert (response.status_code, response.json()["status"]) == (200, "starting")
    assert (await ask(worker, "/health/ready")).status_code == 503
    assert "ploeg_ready 0.0" in (await ask(worker, "/metrics")).text


async def test_a_server_that_is_away_is_told_and_keeps_it_well() -> None:
    worker = vitals()
    worker.server_away = "no answer"
    response = await ask(worker, "/health")
    assert (response.status_code, response.json()["ready"]) == (200, False)
    assert response.json()["reasons"] == ["the server is away: no answer"]


async def test_metrics_are_those_declared_and_count_what_ended() -> None:
    worker = vitals(WorkerState.WORKING)
    worker.running = 1
    worker.ended(Outcome.DONE, 0)
    worker.ended(Outcome.AGENT_CRASHED, 1)
    response = await ask(worker, "/metrics")
    assert response.headers["content-type"] == metrics.MEDIA_TYPE
    told = {sample.name: sample for family in families(response.text) for sample in family.samples}
    assert {name for name in told if name.startswith("ploeg_")} == {metric.name for metric in metrics.WORKER}
    assert 'ploeg_worker_attempts_total{outcome="agent_crashed"} 1.0' in response.text
    assert 'ploeg_worker_state{state="working"} 1.0' in response.text
    assert 'ploeg_worker_state{state="idle"} 0.0' in response.text
    assert told["ploeg_failures_in_a_row"].value == 1
    assert told["ploeg_running_jobs"].value == 1


async def test_there_is_nothing_else_behind_the_door() -> None:
    assert (await ask(vitals(), "/")).status_code == 404
    assert (await ask(vitals(), "/health", "POST")).status_code == 405


@pytest.mark.parametrize("address", ["7461", "localhost:", "localhost:http", "localhost:99999", "198.51.100.1:7461"])
async def test_an_address_that_cannot_be_listened_on_is_named(address: str) -> None:
    with pytest.raises(Invalid, match="worker_listen"):
        async with listening(address, vitals()):
            pass


async def test_a_running_worker_answers_until_it_has_ended(new_rig: Callable[..., Rig]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    rig, stop = new_rig(worker_listen=address), asyncio.Event()
    running = asyncio.create_task(rig.serve("", stop))
    await rig.far_end.until(lambda: "claims" in rig.far_end.requests)
    async with httpx2.AsyncClient(base_url=f"http://{address}") as client:
        said = (await client.get("/health")).json()
        assert (said["live"], said["ready"]) == (True, True)
        stop.set()
        assert await running == 0
        with pytest.raises(httpx2.ConnectError):
            await client.get("/health")
