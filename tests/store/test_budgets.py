"""What was spent, how windows went and what past jobs took, on both databases; and what a claim makes of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from ploeg.domain.budget import MICRO, Spent
from ploeg.domain.forecast import PastRun
from ploeg.domain.quota import QuotaUse
from ploeg.store.claims import Offer
from ploeg.store.past_runs import Alike
from ploeg.store.spending import INSTALLATION, Ledger
from ploeg.store.store import Store
from tests.store.installation import START, Installation

MONTH = "2026-11"
BOTH = Offer(("claude", "patch"), month=MONTH)


@pytest.fixture
def here(store: Store) -> Installation:
    return Installation(store)


def spend(here: Installation, more: Spent, month: str = MONTH) -> Ledger:
    return here.store.write_blocking(lambda tx: tx.spending.add(here.product.id, month, more))


def limit(here: Installation, cost: float | None = None, tokens: int | None = None) -> None:
    limits = {"max_cost_usd_per_month": cost, "max_tokens_per_month": tokens}
    here.store.write_blocking(lambda tx: tx.products.update(here.product.evolve(**limits)))


def use(used: float, minutes: int = 0) -> QuotaUse:
    seen_at = START + timedelta(minutes=minutes)
    told = {"runtime": "claude", "account": "main", "window": "five_hour", "status": "allowed"}
    return QuotaUse(**told, utilization=used, seen_at=seen_at, over_at=seen_at)


def test_what_is_spent_adds_up_and_may_be_corrected(here: Installation) -> None:
    assert spend(here, Spent(micro_usd=5, tokens=7)).spent == Spent(micro_usd=5, tokens=7)
    assert spend(here, Spent(micro_usd=-2, tokens=1)).spent == Spent(micro_usd=3, tokens=8)
    here.store.write_blocking(lambda tx: tx.spending.reached(here.product.id, MONTH, START))
    assert here.store.read_blocking(lambda tx: tx.spending.of(here.product.id, MONTH)) == Ledger(
        Spent(micro_usd=3, tokens=8), START
    )
    assert here.store.read_blocking(lambda tx: tx.spending.of(INSTALLATION, MONTH)) == Ledger()


def test_nothing_is_lost_where_many_spend_at_once(here: Installation) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: spend(here, Spent(micro_usd=1, tokens=2)), range(40)))
    ledger = here.store.read_blocking(lambda tx: tx.spending.of(here.product.id, MONTH))
    assert ledger.spent == Spent(micro_usd=40, tokens=80)


@pytest.mark.parametrize(
    ("cost", "tokens", "spent", "held"),
    [
        (1.1, None, Spent(micro_usd=1_100_000), True),
        (1.1, None, Spent(micro_usd=1_099_999), False),
        (None, 10, Spent(micro_usd=99 * MICRO, tokens=10), True),
        (None, 10, Spent(micro_usd=99 * MICRO, tokens=9), False),
        (None, None, Spent(micro_usd=99 * MICRO, tokens=99), False),
    ],
)
def test_a_claim_goes_by_the_product_s_month(
    here: Installation, cost: float | None, tokens: int | None, spent: Spent, held: bool
) -> None:
    limit(here, cost, tokens)
    here.queue(runtime="claude")
    spend(here, spent)
    piles = here.store.read_blocking(lambda tx: tx.queue.free(tx.now, MONTH))
    assert bool(piles) is not held
    assert (here.claim(offer=BOTH) is None) is held
    if held:
        assert here.claim(offer=Offer(("claude",), month="2026-12")) is not None


def test_a_job_that_costs_nothing_is_claimed_all_the_same(here: Installation) -> None:
    limit(here, tokens=1)
    spend(here, Spent(tokens=1))
    here.queue(runtime="claude")
    free = here.queue(runtime="patch")
    claimed = here.claim(offer=BOTH)
    assert claimed is not None
    assert claimed.id == free.id


def test_jobs_that_may_not_fit_are_passed_over(here: Installation) -> None:
    here.queue(runtime="claude")
    other = here.queue(runtime="claude", kind="IDEA_CHAT")
    unfit = ((here.product.id, "TASK_IMPLEMENTATION", "claude"),)
    claimed = here.claim(offer=Offer(("claude",), unfit=unfit, product_ids=(here.product.id,)))
    assert claimed is not None
    assert claimed.id == other.id
    assert here.claim(offer=Offer(("claude",), unfit=unfit)) is None
    assert here.claim(offer=Offer(("claude",))) is not None


def test_the_course_of_a_window_is_read_newest_first_and_forgotten_oldest_first(here: Installation) -> None:
    course = [use(0.1), use(0.2, 1), use(0.3, 2)]
    here.store.write_blocking(lambda tx: tx.quota_history.add(here.worker.id, course))
    since = START + timedelta(minutes=1)
    assert here.store.read_blocking(lambda tx: tx.quota_history.since(here.worker.id, since, 10)) == course[:0:-1]
    assert here.store.read_blocking(lambda tx: tx.quota_history.oldest()) == START
    assert here.store.write_blocking(lambda tx: tx.quota_history.prune(START + timedelta(hours=1), 2)) == 2
    assert here.store.read_blocking(lambda tx: tx.quota_history.since(here.worker.id, START, 10)) == [course[2]]


def test_what_past_jobs_took_is_kept_by_product_kind_and_runtime(here: Installation) -> None:
    runs = (PastRun(minutes=3.5, quota={"five_hour": 0.02}), PastRun(minutes=1.0))
    alike = Alike(here.product.id, "IDEA_CHAT", "claude", runs)
    here.store.write_blocking(lambda tx: tx.past_runs.put(alike))
    assert (
        here.store.write_blocking(lambda tx: tx.past_runs.of(here.product.id, "IDEA_CHAT", "claude", lock=True)) == runs
    )
    assert here.store.read_blocking(lambda tx: tx.past_runs.of(here.product.id, "IDEA_CHAT", "codex")) == ()
    fewer = Alike(here.product.id, "IDEA_CHAT", "claude", runs[1:])
    here.store.write_blocking(lambda tx: tx.past_runs.put(fewer))
    assert here.store.read_blocking(lambda tx: tx.past_runs.of_runtimes(["claude", "patch"])) == [fewer]
