from __future__ import annotations

from datetime import timedelta

import pytest

from ploeg.domain.ids import AttemptId, ProductId
from ploeg.domain.job import JobStatus
from ploeg.store.claims import Offer
from ploeg.store.store import Store
from ploeg.store.transaction import Transaction
from tests.store.installation import START, Clock, Installation, product


@pytest.fixture
def here(store: Store) -> Installation:
    return Installation(store)


def test_an_empty_queue_gives_nothing(here: Installation) -> None:
    assert here.claim() is None


def test_the_claimed_job_is_the_one_that_the_domain_makes(here: Installation, clock: Clock) -> None:
    queued = here.queue(instruction="Keep it small.", overrides={"runtime": "patch"}, not_before=START)
    claimed = here.claim(attempt_id="att_1")
    assert claimed == queued.claim(AttemptId("att_1"), clock.now)
    assert here.read(queued) == claimed


def test_a_second_claim_keeps_the_moment_of_the_first(here: Installation, clock: Clock) -> None:
    queued = here.queue()
    first = here.claim()
    assert first is not None
    here.change(first.settle(JobStatus.QUEUED, clock.now))
    clock.advance(minutes=3)
    second = here.claim()
    assert second is not None
    assert (second.id, second.attempts, second.claimed_at) == (queued.id, 2, START)


def test_the_oldest_job_goes_first(here: Installation) -> None:
    codes = [here.queue().code for _ in range(3)]
    assert [job.code for job in (here.claim(), here.claim(), here.claim()) if job] == codes
    assert here.claim() is None


def test_a_job_that_was_moved_up_goes_before_older_ones(here: Installation) -> None:
    here.queue()
    moved = here.queue(rank=-1)
    claimed = here.claim()
    assert claimed is not None
    assert claimed.id == moved.id


@pytest.mark.parametrize("status", [status for status in JobStatus if status is not JobStatus.QUEUED])
def test_only_a_queued_job_is_given_out(here: Installation, status: JobStatus) -> None:
    here.queue(status=status)
    assert here.claim() is None


def test_a_job_that_is_being_cancelled_is_not_given_out(here: Installation) -> None:
    here.queue(cancel_requested=True)
    assert here.claim() is None


def test_a_delayed_job_waits_until_its_moment(here: Installation, clock: Clock) -> None:
    here.queue(not_before=START + timedelta(seconds=10))
    assert here.claim() is None
    clock.advance(seconds=10)
    assert here.claim() is not None


def test_a_delayed_job_does_not_hold_up_those_behind_it(here: Installation) -> None:
    here.queue(not_before=START + timedelta(hours=5))
    second = here.queue()
    claimed = here.claim()
    assert claimed is not None
    assert claimed.id == second.id


def test_a_job_goes_to_a_worker_with_its_runtime(here: Installation) -> None:
    here.queue(runtime="claude")
    assert here.claim(offer=Offer(("patch", "codex"))) is None
    assert here.claim(offer=Offer(("patch", "claude"))) is not None


def test_a_worker_without_runtimes_gets_nothing(here: Installation) -> None:
    here.queue()
    assert here.claim(offer=Offer(())) is None


def test_a_job_needs_every_one_of_its_labels_offered(here: Installation) -> None:
    here.queue(labels=("gpu", "big"))
    assert here.claim() is None
    assert here.claim(offer=Offer(("patch",), ("gpu",))) is None
    assert here.claim(offer=Offer(("patch",), ("small", "big", "gpu"))) is not None


def test_names_with_quotes_are_only_names(here: Installation) -> None:
    odd = """a"b'c\\d%s:now"""
    here.queue(runtime=odd, labels=(odd,))
    assert here.claim(offer=Offer((odd,), (odd,), (ProductId(odd),))) is None
    assert here.claim(offer=Offer((odd,), (odd,))) is not None


def test_a_worker_gets_jobs_of_its_own_products_only(here: Installation) -> None:
    here.queue()
    assert here.claim(offer=Offer(("patch",), product_ids=())) is None
    assert here.claim(offer=Offer(("patch",), product_ids=(ProductId("prd_other"),))) is None
    assert here.claim(offer=Offer(("patch",), product_ids=(ProductId("prd_other"), here.product.id))) is not None


def test_an_archived_product_gives_out_no_jobs(here: Installation) -> None:
    here.queue()
    here.store.write_blocking(lambda tx: tx.products.update(here.product.evolve(archived_at=START)))
    assert here.claim() is None


def test_a_product_at_its_limit_gives_out_no_more(here: Installation, clock: Clock) -> None:
    here.store.write_blocking(lambda tx: tx.products.update(here.product.evolve(max_concurrent_jobs=2)))
    for _ in range(3):
        here.queue()
    first, second = here.claim(), here.claim()
    assert first is not None
    assert second is not None
    assert here.claim() is None
    here.change(first.settle(JobStatus.DONE, clock.now))
    assert here.claim() is not None


def test_a_product_at_its_limit_does_not_hold_up_another(here: Installation) -> None:
    other = product(here.owner)
    here.store.write_blocking(lambda tx: tx.products.add(other))
    here.store.write_blocking(lambda tx: tx.products.update(here.product.evolve(max_concurrent_jobs=0)))
    here.queue()
    behind = here.queue(product_id=other.id)
    claimed = here.claim()
    assert claimed is not None
    assert claimed.id == behind.id


def test_a_lane_has_one_active_job(here: Installation, clock: Clock) -> None:
    here.queue(lane="shop/st-001")
    second = here.queue(lane="shop/st-001")
    first = here.claim()
    assert first is not None
    assert here.claim() is None
    here.change(first.settle(JobStatus.DONE, clock.now))
    claimed = here.claim()
    assert claimed is not None
    assert claimed.id == second.id


def test_a_waiting_job_leaves_its_lane_to_others(here: Installation, clock: Clock) -> None:
    here.queue(lane="shop/st-001")
    here.queue(lane="shop/st-001")
    first = here.claim()
    assert first is not None
    here.change(first.settle(JobStatus.WAITING, clock.now))
    assert here.claim() is not None


@pytest.mark.parametrize("status", [JobStatus.QUEUED, JobStatus.WAITING])
def test_an_unfinished_job_holds_up_the_later_ones_of_its_sequence(here: Installation, status: JobStatus) -> None:
    first = here.queue(lane="shop/st-001", sequence=1, not_before=START + timedelta(hours=1), status=status)
    second = here.queue(lane="shop/st-001", sequence=2)
    assert here.claim() is None
    here.change(first.cancel("not needed", START))
    claimed = here.claim()
    assert claimed is not None
    assert claimed.id == second.id


def test_a_failed_job_does_not_hold_up_the_later_ones(here: Installation) -> None:
    here.queue(lane="shop/st-001", sequence=1, status=JobStatus.FAILED)
    here.queue(lane="shop/st-001", sequence=2)
    assert here.claim() is not None


def test_sequences_of_different_lanes_do_not_meet(here: Installation) -> None:
    here.queue(lane="shop/st-001", sequence=1, status=JobStatus.WAITING)
    here.queue(lane="shop/st-002", sequence=2)
    assert here.claim() is not None


def test_a_claim_that_fails_later_in_its_verb_gives_the_job_back(here: Installation) -> None:
    queued = here.queue()

    def claim_and_stumble(tx: Transaction) -> None:
        assert tx.claims.take(Offer(("patch",)), AttemptId("att_1"), tx.now) is not None
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        here.store.write_blocking(claim_and_stumble)
    assert here.read(queued) == queued


def test_an_expired_lease_is_found_by_its_age(here: Installation, clock: Clock) -> None:
    older, newer = (here.attempt(here.queue(), lease_until=START + timedelta(seconds=s)) for s in (5, 9))
    here.store.write_blocking(lambda tx: [tx.attempts.add(newer), tx.attempts.add(older)])
    assert here.store.read_blocking(lambda tx: tx.claims.expired(tx.now)) == []
    clock.advance(seconds=9)
    assert here.store.read_blocking(lambda tx: tx.claims.expired(tx.now)) == [older, newer]
    assert here.store.read_blocking(lambda tx: tx.claims.expired(tx.now, limit=1)) == [older]


def test_an_ended_attempt_has_no_lease_to_lose(here: Installation, clock: Clock) -> None:
    ended = here.attempt(here.queue(), ended_at=START, lease_until=START)
    here.store.write_blocking(lambda tx: tx.attempts.add(ended))
    clock.advance(hours=1)
    assert here.store.read_blocking(lambda tx: tx.claims.expired(tx.now)) == []


def test_the_next_due_moment_is_the_earliest_delay_or_lease(here: Installation, clock: Clock) -> None:
    def next_due() -> object:
        return here.store.read_blocking(lambda tx: tx.claims.next_due(tx.now))

    assert next_due() is None
    here.queue(not_before=START)
    assert next_due() is None, "what is due already is due by no clock"
    here.queue(not_before=START + timedelta(hours=2))
    assert next_due() == START + timedelta(hours=2)
    held = here.attempt(here.queue(), lease_until=START + timedelta(hours=1))
    here.store.write_blocking(lambda tx: tx.attempts.add(held))
    assert next_due() == START + timedelta(hours=1)
