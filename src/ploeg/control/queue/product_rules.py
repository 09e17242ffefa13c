"""What a product and the installation allow, where it keeps a queued job from beginning; as the claim decides it."""

from __future__ import annotations

from ploeg.control.installation import Installation
from ploeg.control.queue.hold import By, Hold, clock
from ploeg.control.work import budgets
from ploeg.domain.config import MECHANICAL
from ploeg.domain.job import ACTIVE, Job
from ploeg.domain.product import Product
from ploeg.store.transaction import Transaction


def hold(tx: Transaction, installation: Installation, job: Job) -> Hold | None:
    product = tx.products.get(job.product_id)
    if product is None or product.archived:
        return Hold(By.ARCHIVED, "its product, which is archived")
    return (
        _hours(tx, product)
        or _budget(tx, installation, product, job)
        or _limit(tx, product, job)
        or _runtime(tx, installation, job)
        or _review(tx, product, job)
    )


def _hours(tx: Transaction, product: Product) -> Hold | None:
    hours = product.active_hours
    if hours is None or hours.open_at(tx.now):
        return None
    opens = hours.span_from(tx.now).start
    return Hold(By.HOURS, f"the active hours of product {product.code} ({hours}), which begin at {clock(opens)}")


def _budget(tx: Transaction, installation: Installation, product: Product, job: Job) -> Hold | None:
    if job.runtime == MECHANICAL:
        return None
    views = budgets.of_month(tx, installation, product), budgets.of_day(tx, installation)
    for view in views:
        if view.reached is not None:
            whose = f"product {view.product}" if view.product is not None else "the installation"
            text = f"the next {view.period}, which begins at {clock(view.until)}: {whose} used {view.reached}"
            return Hold(By.BUDGET, text)
    return None


def _limit(tx: Transaction, product: Product, job: Job) -> Hold | None:
    if product.max_concurrent_jobs is None and not product.max_jobs_by_runtime:
        return None
    running = [active.runtime for active in tx.jobs.of_products([product.id], statuses=ACTIVE, limit=1000)]
    allowed = product.max_concurrent_jobs
    if allowed is not None and len(running) >= allowed:
        text = f"one of the {allowed} jobs that product {product.code} may have at work at the same time"
        return Hold(By.PRODUCT_LIMIT, text)
    allowed = (product.max_jobs_by_runtime or {}).get(job.runtime)
    if allowed is not None and running.count(job.runtime) >= allowed:
        text = f"one of the {allowed} {job.runtime} jobs that product {product.code} may have at work at the same time"
        return Hold(By.RUNTIME_LIMIT, text)
    return None


def _runtime(tx: Transaction, installation: Installation, job: Job) -> Hold | None:
    allowed = installation.max_jobs_by_runtime.get(job.runtime)
    if allowed is None or tx.claims.active_by_runtime().get(job.runtime, 0) < allowed:
        return None
    return Hold(By.RUNTIME_LIMIT, f"one of the {allowed} {job.runtime} jobs that may be at work at the same time")


def _review(tx: Transaction, product: Product, job: Job) -> Hold | None:
    allowed = product.max_in_review
    if allowed is None or not job.begins_new_work:
        return None
    waiting = tx.products.in_review(product.id)
    if waiting < allowed:
        return None
    return Hold(By.REVIEW_LIMIT, f"people's review of {product.code}: {waiting} wait for it, and it allows {allowed}")
