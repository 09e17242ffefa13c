"""Which queued jobs are free to go: everything between a job and its claim but the worker's own offer, in SQL.

The claim takes the first of them that fits an offer, the depth of the queue counts them.
"""

from __future__ import annotations

from ploeg.domain.config import MECHANICAL
from ploeg.store.dialects import SQLITE

#: Conditions on `job`, the moment `:now` and the name of its `:month`; each is cheap where its rule is not in use.
FREE = """
    job.status = 'queued' AND NOT job.cancel_requested
      AND (job.not_before IS NULL OR job.not_before <= :now)
      AND (job.lane IS NULL OR (
            NOT EXISTS (
              SELECT 1 FROM jobs AS holder
              WHERE holder.lane = job.lane AND holder.status IN ('claimed', 'running'))
            AND NOT EXISTS (
              SELECT 1 FROM jobs AS earlier
              WHERE earlier.lane = job.lane AND earlier.sequence < job.sequence
                AND earlier.status IN ('claimed', 'queued', 'running', 'waiting'))))
      AND (job.sprint_run_id IS NULL OR EXISTS (
            SELECT 1 FROM sprint_runs AS run
            WHERE run.id = job.sprint_run_id AND run.status IN ('QUEUED', 'RUNNING')))
      AND NOT EXISTS (
            SELECT 1 FROM task_dependencies AS need JOIN tasks AS first ON first.id = need.prerequisite_id
            WHERE need.task_id = job.task_id
              AND first.status NOT IN ('DONE', 'EXCLUDED') AND first.archived_at IS NULL)
      AND NOT EXISTS (
            SELECT 1 FROM story_dependencies AS need JOIN stories AS first ON first.id = need.prerequisite_id
            WHERE need.story_id = job.story_id AND first.status <> 'DONE' AND first.archived_at IS NULL)
      AND EXISTS (
            SELECT 1 FROM products
            WHERE products.id = job.product_id AND products.archived_at IS NULL
              AND (job.runtime = '{mechanical}'
                OR (products.max_cost_usd_per_month IS NULL AND products.max_tokens_per_month IS NULL)
                OR NOT EXISTS (
                SELECT 1 FROM spending AS spent
                WHERE spent.scope = products.id AND spent.period = :month
                  AND (spent.micro_usd + 0.5 >= products.max_cost_usd_per_month * 1000000
                    OR spent.tokens >= products.max_tokens_per_month)))
              AND (products.open_until IS NULL OR (products.open_from <= :now AND products.open_until > :now))
              AND (products.max_concurrent_jobs IS NULL OR products.max_concurrent_jobs > (
                SELECT count(*) FROM jobs AS other {active}
                WHERE other.product_id = job.product_id AND other.status IN ('claimed', 'running')))
              AND (products.max_jobs_by_runtime ->> job.runtime IS NULL
                OR CAST(products.max_jobs_by_runtime ->> job.runtime AS INTEGER) > (
                SELECT count(*) FROM jobs AS peer {active}
                WHERE peer.product_id = job.product_id AND peer.runtime = job.runtime
                  AND peer.status IN ('claimed', 'running')))
              AND (products.max_in_review IS NULL
                OR (job.task_id IS NULL AND job.sprint_run_id IS NULL) OR job.attempts > 0
                OR job.follow_up_of IS NOT NULL OR job.retry_of IS NOT NULL
                OR products.max_in_review > (
                SELECT count(*) FROM tasks AS reviewed
                WHERE reviewed.product_id = job.product_id AND reviewed.status = 'REVIEW'
                  AND reviewed.archived_at IS NULL) + (
                SELECT count(*) FROM pbis AS unmerged
                WHERE unmerged.product_id = job.product_id AND unmerged.archived_at IS NULL
                  AND unmerged.pr_url IS NOT NULL AND unmerged.pr_merged_at IS NULL)))
"""

_SQLITE_WORDS = {
    "mechanical": MECHANICAL,
    "row": "rowid",
    # Left to itself SQLite sorts the whole queue for each claim, and counts through every finished job of a product.
    "queue": "INDEXED BY ix_jobs_queue",
    "active": "INDEXED BY ix_jobs_active_of_product",
    "elements": "json_each",
}
_POSTGRESQL_WORDS = {
    "mechanical": MECHANICAL,
    "row": "id",
    "queue": "",
    "active": "",
    "elements": "jsonb_array_elements_text",
}


def words(dialect: str) -> dict[str, str]:
    """What the two databases call differently, for a template that holds `FREE`."""
    return _SQLITE_WORDS if dialect == SQLITE else _POSTGRESQL_WORDS
