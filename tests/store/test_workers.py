from __future__ import annotations

from datetime import timedelta

import pytest

from ploeg.domain.ids import UserId, WorkerId
from ploeg.domain.quota import QuotaUse
from ploeg.domain.worker import RuntimeBlock, WorkerState
from ploeg.store.store import Store
from tests.store.installation import START, Installation, token, user, worker

LATER = START + timedelta(minutes=1)


@pytest.fixture
def here(store: Store) -> Installation:
    return Installation(store)


def test_a_worker_that_comes_back_keeps_its_id_and_shows_its_new_self(here: Installation) -> None:
    blocks = {
        "claude": RuntimeBlock(reason="five-hour window", until=LATER),
        "codex": RuntimeBlock(reason="401", sign_in=True),
    }
    window = QuotaUse(
        runtime="claude", window="five_hour", status="allowed", utilization=0.83, seen_at=START, over_at=LATER
    )
    again = here.worker.evolve(
        id=WorkerId("wrk_new"),
        pid=8,
        labels=("gpu",),
        seen_at=LATER,
        created_at=LATER,
        runtime_blocks=blocks,
        quota=(window,),
        last_quota_pct=17.0,
        last_quota_check_at=START,
    )
    stored = here.store.write_blocking(lambda tx: tx.workers.upsert(again))
    assert stored == again.evolve(id=here.worker.id, created_at=START)
    assert here.store.read_blocking(lambda tx: tx.workers.get(here.worker.id)) == stored
    assert here.store.read_blocking(lambda tx: tx.workers.get(WorkerId("wrk_new"))) is None


def test_another_instance_or_token_is_another_worker(here: Installation) -> None:
    bob = user()
    his = token(bob)
    here.store.write_blocking(lambda tx: (tx.people.add_user(bob), tx.people.add_token(his, "hash")))
    second = here.store.write_blocking(
        lambda tx: tx.workers.upsert(here.worker.evolve(id=WorkerId("wrk_2"), instance="two", hostname="mini"))
    )
    third = here.store.write_blocking(lambda tx: tx.workers.upsert(worker(his)))
    assert here.store.read_blocking(lambda tx: tx.workers.all(here.owner.id)) == [second, here.worker]
    assert here.store.read_blocking(lambda tx: tx.workers.all(bob.id)) == [third]
    assert len(here.store.read_blocking(lambda tx: tx.workers.all())) == 3
    assert here.store.read_blocking(lambda tx: tx.workers.all(UserId("usr_x"))) == []


def test_a_worker_is_found_by_user_and_instance_and_handed_over_to_another_token(here: Installation) -> None:
    second = token(here.owner)
    here.store.write_blocking(lambda tx: tx.people.add_token(second, "second"))
    instance = here.worker.instance
    found = here.store.read_blocking(lambda tx: tx.workers.of_user(here.owner.id, instance))
    assert found == [here.worker]
    handed = here.store.write_blocking(
        lambda tx: tx.workers.hand_over(tx.workers.of_user(here.owner.id, instance)[0], second.id)
    )
    assert handed == here.worker.evolve(token_id=second.id)
    assert here.store.read_blocking(lambda tx: tx.workers.of_instance(second.id, instance)) == handed
    assert here.store.read_blocking(lambda tx: tx.workers.of_user(here.owner.id, "another")) == []


def test_a_worker_is_marked_with_its_state(here: Installation) -> None:
    here.store.write_blocking(
        lambda tx: tx.workers.mark(here.worker.id, WorkerState.STAND_BY, "quota", LATER, START + timedelta(seconds=2))
    )
    marked = here.store.read_blocking(lambda tx: tx.workers.get(here.worker.id))
    assert marked == here.worker.evolve(
        state=WorkerState.STAND_BY, reason="quota", until=LATER, seen_at=START + timedelta(seconds=2)
    )


def test_a_blocked_runtime_is_not_offered_until_its_moment(here: Installation) -> None:
    blocks = {"claude": RuntimeBlock(reason="quota", until=LATER), "codex": RuntimeBlock(reason="401", sign_in=True)}
    blocked = here.worker.evolve(runtimes=("patch", "claude", "codex"), runtime_blocks=blocks)
    assert blocked.offered(START, 0) == ("patch",)
    assert blocked.offered(LATER, 0) == ("patch", "claude")
