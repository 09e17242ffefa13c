from __future__ import annotations

import pytest

from ploeg.domain.attempt import Outcome, Phase, Usage
from ploeg.domain.errors import Conflict
from ploeg.domain.ids import AttemptId, WorkerId
from ploeg.store.store import Store
from ploeg.store.transaction import Transaction
from tests.store.installation import START, Installation


@pytest.fixture
def here(store: Store) -> Installation:
    return Installation(store)


def test_an_attempt_is_read_as_it_was_written(here: Installation) -> None:
    full = here.attempt(
        here.queue(),
        phase=Phase.VERIFY,
        lease_until=None,
        frozen={"config": {"runtime": "patch"}, "plan": "p" * 65_536},
        claim_key="key",
        started_at=START,
        ended_at=START,
        outcome=Outcome.GATE_REFUSED,
        reason="make test: 1",
        summary="tried",
        model="m",
        session_id="s",
        usage=Usage(input_tokens=2**40, cost_usd=0.1),
        branch="b",
        base_sha="1",
        head_sha="2",
        pushed_at=START,
        kept_ref="refs/ploeg/J-1/1",
        receipt={"gates": []},
        next_chunk=7,
        transcript_bytes=2**40,
    )
    here.store.write_blocking(lambda tx: tx.attempts.add(full))
    assert here.store.read_blocking(lambda tx: tx.attempts.get(full.id)) == full
    assert here.store.write_blocking(lambda tx: tx.attempts.get(full.id, lock=True)) == full
    assert here.store.read_blocking(lambda tx: tx.attempts.get(AttemptId("att_x"))) is None


def test_an_update_that_saw_the_row_writes_only_what_differs(here: Installation) -> None:
    attempt = here.attempt(here.queue())
    here.store.write_blocking(lambda tx: tx.attempts.add(attempt))

    def overlapping(tx: Transaction) -> None:
        seen = tx.attempts.get(attempt.id)
        assert seen is not None
        tx.connection.exec_driver_sql("UPDATE attempts SET summary = 'from elsewhere'")
        tx.attempts.update(seen.evolve(phase=Phase.AGENT))
        tx.attempts.update(seen.evolve(phase=Phase.AGENT))

    here.store.write_blocking(overlapping)
    found = here.store.read_blocking(lambda tx: tx.attempts.get(attempt.id))
    assert found == attempt.evolve(phase=Phase.AGENT, summary="from elsewhere")


def test_a_job_has_one_live_attempt(here: Installation) -> None:
    queued = here.queue()
    first = here.attempt(queued)
    second = here.attempt(queued, number=2)
    here.store.write_blocking(lambda tx: tx.attempts.add(first))
    with pytest.raises(Conflict, match="that job has a live attempt"):
        here.store.write_blocking(lambda tx: tx.attempts.add(second))
    ended = first.evolve(ended_at=START, lease_until=None, outcome=Outcome.WORKER_LOST)
    here.store.write_blocking(lambda tx: (tx.attempts.update(ended), tx.attempts.add(second)))
    assert here.store.read_blocking(lambda tx: tx.attempts.of_job(queued.id)) == [ended, second]


def test_a_workers_live_attempts_are_listed(here: Installation) -> None:
    live = here.attempt(here.queue())
    ended = here.attempt(here.queue(), ended_at=START)
    here.store.write_blocking(lambda tx: [tx.attempts.add(each) for each in (live, ended)])
    assert here.store.read_blocking(lambda tx: tx.attempts.active_of_worker(here.worker.id)) == [live]
    assert here.store.read_blocking(lambda tx: tx.attempts.active_of_worker(WorkerId("wrk_x"))) == []


def test_a_repeated_claim_finds_its_attempt(here: Installation) -> None:
    keyed = here.attempt(here.queue(), claim_key="wish 1")
    nameless = [here.attempt(here.queue()) for _ in range(2)]
    here.store.write_blocking(lambda tx: [tx.attempts.add(each) for each in (keyed, *nameless)])

    def found(worker_id: WorkerId, key: str) -> object:
        return here.store.read_blocking(lambda tx: tx.attempts.by_claim_key(worker_id, key))

    assert found(here.worker.id, "wish 1") == keyed
    assert found(here.worker.id, "wish 2") is None
    assert found(WorkerId("wrk_x"), "wish 1") is None
    assert found(here.worker.id, "") is None
    with pytest.raises(Conflict, match="that claim was made before"):
        here.store.write_blocking(lambda tx: tx.attempts.add(here.attempt(here.add(tx), claim_key="wish 1")))
