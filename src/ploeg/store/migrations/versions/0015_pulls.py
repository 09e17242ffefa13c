"""Pull requests that are followed, what was said about them, and what a product makes of that."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TEXT = sa.Text()
NUMBER = sa.Integer()
FLAG = sa.Boolean()
MOMENT = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    rebuild: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("products", recreate=rebuild) as products:
        products.add_column(sa.Column("follow_ups", TEXT, nullable=False, server_default="ask"))
    _pulls()
    _remarks()


def _pulls() -> None:
    op.create_table(
        "pulls",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("product_id", TEXT, nullable=False),
        sa.Column("repo_url", TEXT, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("delivery_id", TEXT),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("branch", TEXT, nullable=False),
        sa.Column("head_sha", TEXT, nullable=False),
        sa.Column("base", TEXT, nullable=False),
        sa.Column("status", TEXT),
        sa.Column("draft", FLAG, nullable=False),
        sa.Column("mergeable", FLAG),
        sa.Column("checks", TEXT, nullable=False),
        sa.Column("merged_sha", TEXT),
        sa.Column("looked_at", MOMENT),
        sa.Column("changed_at", MOMENT),
        sa.Column("look_at", MOMENT),
        sa.Column("held_until", MOMENT),
        sa.Column("asked", NUMBER, nullable=False),
        sa.Column("taken", NUMBER, nullable=False),
        sa.Column("tries", NUMBER, nullable=False),
        sa.Column("trouble", TEXT),
        sa.Column("reason", TEXT),
        sa.Column("rounds", NUMBER, nullable=False),
        sa.Column("waits", TEXT),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_pulls_product_id"),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name="fk_pulls_delivery_id"),
        sa.PrimaryKeyConstraint("id", name="pk_pulls"),
        sa.UniqueConstraint("product_id", "repo_url", "number", name="uq_pulls_product_id_repo_url_number"),
    )
    op.create_index("ix_pulls_delivery_id", "pulls", ["delivery_id"])
    due = sa.text("look_at IS NOT NULL")
    op.create_index("ix_pulls_look_at", "pulls", ["look_at"], sqlite_where=due, postgresql_where=due)


def _remarks() -> None:
    op.create_table(
        "remarks",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("pull_id", TEXT, nullable=False),
        sa.Column("product_id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("said_at", MOMENT, nullable=False),
        sa.Column("noted_at", MOMENT, nullable=False),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("trusted", FLAG, nullable=False),
        sa.Column("verdict", TEXT),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("path", TEXT),
        sa.Column("line", NUMBER),
        sa.Column("sha", TEXT),
        sa.Column("job_id", TEXT),
        sa.ForeignKeyConstraint(["pull_id"], ["pulls.id"], name="fk_remarks_pull_id"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_remarks_product_id"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_remarks_job_id"),
        sa.PrimaryKeyConstraint("id", name="pk_remarks"),
        sa.UniqueConstraint("pull_id", "key", name="uq_remarks_pull_id_key"),
    )
    op.create_index("ix_remarks_job_id", "remarks", ["job_id"])
    still_open = sa.text("state = 'open'")
    op.create_index("ix_remarks_open", "remarks", ["product_id"], sqlite_where=still_open, postgresql_where=still_open)
