"""Questions of agents to people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sa.Text()
MOMENT = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "questions",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("product_id", TEXT, nullable=False),
        sa.Column("story_id", TEXT),
        sa.Column("idea_id", TEXT),
        sa.Column("task_id", TEXT),
        sa.Column("job_id", TEXT, nullable=False),
        sa.Column("attempt_id", TEXT, nullable=False),
        sa.Column("question", TEXT, nullable=False),
        sa.Column("options", DOCUMENT, nullable=False),
        sa.Column("recommended", sa.Integer()),
        sa.Column("on_expiry", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("answer", TEXT),
        sa.Column("answered_by", TEXT),
        sa.Column("answered_at", MOMENT),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_questions_product_id"),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_questions_story_id"),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name="fk_questions_task_id"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_questions_job_id"),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name="fk_questions_attempt_id"),
        sa.ForeignKeyConstraint(["answered_by"], ["users.id"], name="fk_questions_answered_by"),
        sa.PrimaryKeyConstraint("id", name="pk_questions"),
        sa.UniqueConstraint("number", name="uq_questions_number"),
    )
    op.create_index("ix_questions_product_id_number", "questions", ["product_id", "number"])
    op.create_index("ix_questions_job_id_number", "questions", ["job_id", "number"])
    is_open = sa.text("status = 'open'")
    op.create_index(
        "ix_questions_deadline", "questions", ["expires_at"], sqlite_where=is_open, postgresql_where=is_open
    )
