"""Which runtimes of a worker may take a job."""

from __future__ import annotations

from datetime import timedelta

from ploeg.domain.ids import TokenId, UserId, WorkerId
from ploeg.domain.worker import RuntimeBlock, WorkerRecord
from tests.domain.making import NOW


def a_worker(**blocks: RuntimeBlock) -> WorkerRecord:
    return WorkerRecord(
        id=WorkerId("wrk_1"),
        user_id=UserId("usr_1"),
        token_id=TokenId("tok_1"),
        instance="nas",
        hostname="nas",
        pid=1,
        version="0.1.0",
        slots=1,
        runtimes=("claude", "patch"),
        seen_at=NOW,
        created_at=NOW,
        runtime_blocks=blocks,
    )


def test_a_worker_offers_all_its_runtimes() -> None:
    assert a_worker().offered(NOW, 0) == ("claude", "patch")


def test_a_runtime_behind_a_quota_wall_is_offered_again_when_it_opens() -> None:
    worker = a_worker(claude=RuntimeBlock(reason="quota", until=NOW + timedelta(hours=1)))
    assert worker.offered(NOW, 0) == ("patch",)
    assert worker.offered(NOW + timedelta(hours=1), 0) == ("claude", "patch")


def test_a_runtime_that_needs_a_sign_in_waits_for_a_person() -> None:
    worker = a_worker(claude=RuntimeBlock(reason="401", sign_in=True))
    assert worker.offered(NOW + timedelta(days=365), 0) == ("patch",)
