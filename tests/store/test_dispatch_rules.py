"""What keeps a queued job from being claimed besides its lane: hours, limits of runtimes, and work in review."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from ploeg.domain.backlog import TaskStatus
from ploeg.domain.ids import TaskId
from ploeg.domain.job import Job, JobStatus
from ploeg.store.claims import Offer
from ploeg.store.store import Store
from tests.store.installation import START, Clock, Installation, pbi, product, story, task

BOTH = Offer(("patch", "claude"))


@pytest.fixture
def here(store: Store) -> Installation:
    return Installation(store)


def change_product(here: Installation, **changes: Any) -> None:
    here.store.write_blocking(lambda tx: tx.products.update(here.product.evolve(**changes)))


def claim_together(here: Installation, count: int, offer: Offer) -> list[Job]:
    with ThreadPoolExecutor(count) as threads:
        claimed = threads.map(lambda _: here.claim(offer=offer), range(count))
        return [job for job in claimed if job is not None]


def test_a_job_is_given_out_only_within_its_products_open_span(here: Installation, clock: Clock) -> None:
    change_product(here, open_from=START + timedelta(hours=1), open_until=START + timedelta(hours=2))
    here.queue()
    here.queue()
    assert here.claim() is None
    clock.advance(hours=1)
    assert here.claim() is not None
    clock.advance(hours=1)
    assert here.claim() is None, "a span that nobody moved on is over"


def test_a_closed_product_does_not_hold_up_another(here: Installation) -> None:
    change_product(here, open_from=START + timedelta(hours=1), open_until=START + timedelta(hours=2))
    other = product(here.owner)
    here.store.write_blocking(lambda tx: tx.products.add(other))
    here.queue()
    behind = here.queue(product_id=other.id)
    claimed = here.claim()
    assert claimed is not None
    assert claimed.id == behind.id


def test_a_product_limits_one_runtime_and_not_the_others(here: Installation, clock: Clock) -> None:
    change_product(here, max_jobs_by_runtime={"claude": 1, "x-y": 3})
    for runtime in ("claude", "claude", "patch"):
        here.queue(runtime=runtime)
    first, second = here.claim(offer=BOTH), here.claim(offer=BOTH)
    assert first is not None
    assert second is not None
    assert (first.runtime, second.runtime) == ("claude", "patch")
    assert here.claim(offer=BOTH) is None
    here.change(first.settle(JobStatus.DONE, clock.now))
    assert here.claim(offer=BOTH) is not None


def test_the_installation_limits_a_runtime_over_all_products(here: Installation) -> None:
    other = product(here.owner)
    here.store.write_blocking(lambda tx: tx.products.add(other))
    here.queue(runtime="claude")
    here.queue(runtime="claude", product_id=other.id)
    here.queue(runtime="patch")
    offer = Offer(("patch", "claude"), limits=(("claude", 1),))
    claimed = [here.claim(offer=offer) for _ in range(3)]
    assert [job.runtime if job else None for job in claimed] == ["claude", "patch", None]


@pytest.mark.parametrize("by", ["product", "installation"])
def test_claims_at_the_same_moment_do_not_overshoot_a_runtimes_limit(here: Installation, by: str) -> None:
    offer = BOTH
    if by == "product":
        change_product(here, max_jobs_by_runtime={"claude": 3})
    else:
        offer = Offer(BOTH.runtimes, limits=(("claude", 3),))
    for _ in range(20):
        here.queue(runtime="claude")
    assert len(claim_together(here, 24, offer)) == 3


def review(here: Installation, **of_item: Any) -> TaskId:
    """A task in review, and another one that could be begun: its id."""
    item = pbi(here.product, **of_item)
    of = story(item)
    waiting = task(of, code="T-2")
    here.keep(item, of, task(of, status=TaskStatus.REVIEW), waiting)
    return waiting.id


def test_nothing_new_begins_while_as_much_as_the_product_allows_waits_for_review(here: Installation) -> None:
    here.queue(task_id=review(here, pr_url="https://git.example/shop/pulls/7"))
    change_product(here, max_in_review=2)
    assert here.claim() is None
    change_product(here, max_in_review=3)
    assert here.claim() is not None


def test_a_merged_or_archived_item_does_not_wait_for_review(here: Installation) -> None:
    merged = {"pr_url": "https://git.example/shop/pulls/7", "pr_merged_at": START}
    here.keep(pbi(here.product, **merged), pbi(here.product, code="PBI-2", pr_url="https://x/8", archived_at=START))
    here.queue()
    change_product(here, max_in_review=1)
    assert here.claim() is not None


def test_work_that_has_begun_goes_on_while_no_new_work_may_begin(here: Installation) -> None:
    new = review(here)
    old = here.queue(status=JobStatus.FAILED)
    here.queue(task_id=new)
    change_product(here, max_in_review=1)
    going_on = [here.queue(**fields) for fields in ({"retry_of": old.id}, {"follow_up_of": old.id}, {"attempts": 1})]
    claimed = [here.claim() for _ in range(4)]
    assert [job.id if job else None for job in claimed] == [*(job.id for job in going_on), None]
