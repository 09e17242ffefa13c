"""What watches over the server: its health and its metrics."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest
from prometheus_client.parser import text_string_to_metric_families as families

from ploeg.control.people import people
from ploeg.domain.disk import DiskUse
from ploeg.domain.worker import WorkerRecord
from ploeg.store.transaction import Transaction
from ploeg.wire import metrics
from tests.api.conftest import Api

pytestmark = pytest.mark.anyio


async def scraped(api: Api) -> dict[str, float]:
    """Samples as Prometheus shows them, e.g. `ploeg_jobs{runtime="patch",state="ready"}`."""
    response = await api.client.get("/metrics", headers={"Authorization": f"Bearer {api.house.secret}"})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == metrics.MEDIA_TYPE
    found = {}
    for family in families(response.text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[sample.name + (f"{{{labels}}}" if labels else "")] = sample.value
    return found


def metrics_are(api: Api, mode: Literal["token", "open", "off"]) -> None:
    api.house.plane.installation = replace(api.house.plane.installation, metrics=mode)


async def test_a_server_that_is_well_is_live_and_ready(api: Api) -> None:
    for path in ("/health", "/health/live", "/health/ready"):
        said = await api.ok("GET", path, token=None)
        assert (said["status"], said["live"], said["ready"], said["reasons"]) == ("ok", True, True, [])


async def test_a_server_without_its_database_is_live_and_not_ready(api: Api) -> None:
    api.house.store.close()
    said = await api.ok("GET", "/health/live", token=None)
    assert (said["status"], said["ready"]) == ("unhealthy", False)
    assert said["reasons"][0].startswith("database: ")
    assert (await api("GET", "/health/ready", token=None)).status_code == 503
    assert (await api("GET", "/health", token=None)).status_code == 503


async def test_a_stopping_server_is_live_and_takes_nothing_more(api: Api) -> None:
    api.house.plane.watch.stop()
    assert (await api.ok("GET", "/health/live", token=None))["status"] == "stopping"
    assert (await api("GET", "/health/ready", token=None)).status_code == 503


async def test_a_server_whose_sweep_failed_asks_to_be_started_anew(api: Api) -> None:
    async def fail() -> None:
        raise RuntimeError("out of luck")

    sweep, over = asyncio.create_task(fail(), name="Sweeper"), asyncio.create_task(asyncio.sleep(0))
    await asyncio.wait({sweep, over})
    api.house.plane.beside = [over]
    assert (await api.ok("GET", "/health/live", token=None))["live"]
    api.house.plane.beside = [sweep, over]
    response = await api("GET", "/health/live", token=None)
    assert response.status_code == 503
    assert response.json()["reasons"] == ["Sweeper failed; start the server anew"]


async def test_metrics_are_for_administrators(api: Api) -> None:
    assert (await api.client.get("/metrics")).status_code == 401
    api.house.write(people.add_user, api.house.admin, "elf")
    token = api.house.write(people.make_token, api.house.admin, "elf's", scopes=["read"], username="elf")
    refused = await api.client.get("/metrics", headers={"Authorization": f"Bearer {token.secret}"})
    assert refused.status_code == 403
    assert "administrator" in refused.json()["error"]["message"]


async def test_metrics_are_open_or_off_where_the_settings_say_so(api: Api) -> None:
    metrics_are(api, "open")
    assert (await api.client.get("/metrics")).status_code == 200
    metrics_are(api, "off")
    assert (await api.client.get("/metrics")).status_code == 401
    signed = {"Authorization": f"Bearer {api.house.secret}"}
    assert (await api.client.get("/metrics", headers=signed)).status_code == 404


async def test_jobs_are_told_by_what_they_wait_for(api: Api) -> None:
    house = api.house
    for code in ("one", "two", "three"):
        house.run(house.a_task(code))
    house.hand().take()
    found = await scraped(api)
    assert found['ploeg_jobs{runtime="patch",state="running"}'] == 1
    assert sum(found[f'ploeg_jobs{{runtime="patch",state="{state}"}}'] for state in ("ready", "held")) == 2
    assert found['ploeg_workers{state="idle"}'] == 1
    assert found['ploeg_workers{state="unhealthy"}'] == 0
    assert found['ploeg_worker_jobs{worker="one"}'] == 1
    assert found["ploeg_ready"] == 1
    assert found['ploeg_events_total{type="disk.low"}'] == 0
    assert found["process_open_fds"] > 0


async def test_what_an_attempt_used_is_counted_when_it_ends(api: Api) -> None:
    house = api.house
    house.run(house.a_task())
    hand, info = api.worker()
    claim = {"worker": info, "claim_key": "key", "wait_seconds": 0}
    got = await api.ok("POST", "/work/claims", token=hand.secret, json=claim)
    house.clock.turn(seconds=90)
    report = {
        "outcome": "reported_failed",
        "phase": "report",
        "usage": {"input_tokens": 100, "output_tokens": 20, "cost_usd": 0.5},
    }
    await api.ok("POST", f"/work/attempts/{got['attempt_id']}/finish", token=hand.secret, json=report)
    found = await scraped(api)
    assert found['ploeg_attempts_ended_total{outcome="reported_failed",runtime="patch"}'] == 1
    assert found['ploeg_attempt_seconds_total{runtime="patch"}'] == 90
    assert found['ploeg_tokens_total{direction="input",runtime="patch"}'] == 100
    assert found['ploeg_cost_usd_total{runtime="patch"}'] == 0.5
    assert found['ploeg_jobs_ended_total{status="failed"}'] == 1
    assert found['ploeg_events_total{type="attempt.ended"}'] == 1
    assert found['ploeg_requests_total{code="2xx",door="work"}'] == 2


async def test_a_worker_s_disk_is_told_part_by_part(api: Api) -> None:
    house = api.house
    house.hand().claim()
    soon = house.clock() + timedelta(days=2)

    def weigh(tx: Transaction) -> WorkerRecord:
        (worker,) = tx.workers.all()
        disk = DiskUse(at=tx.now, free=5, size=100, parts={"mirrors": 30}, full_at=soon, low="too little")
        return tx.workers.upsert(worker.evolve(disk=disk))

    house.write(weigh)
    found = await scraped(api)
    assert found['ploeg_disk_free_bytes{worker="one"}'] == 5
    assert found['ploeg_disk_used_bytes{part="mirrors",worker="one"}'] == 30
    assert found['ploeg_disk_low{worker="one"}'] == 1
    assert found['ploeg_disk_full_time_seconds{worker="one"}'] == soon.timestamp()


async def test_every_metric_told_is_declared(api: Api) -> None:
    api.house.run(api.house.a_task())
    declared = {metric.name for metric in metrics.SERVER}
    told = {name.split("{")[0] for name in await scraped(api)}
    assert {name for name in told if name.startswith("ploeg_")} <= declared
