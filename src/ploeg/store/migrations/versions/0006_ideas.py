"""Ideas, the further products that they touch, their logs, and what is said about them."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TEXT = sa.Text()
MOMENT = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    _ideas()
    _further_products()
    _logs()
    rebuild: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("jobs", recreate=rebuild) as jobs:
        jobs.add_column(sa.Column("idea_id", TEXT))
        jobs.add_column(sa.Column("private_to", TEXT))
        jobs.create_foreign_key("fk_jobs_idea_id", "ideas", ["idea_id"], ["id"])
        jobs.create_foreign_key("fk_jobs_private_to", "users", ["private_to"], ["id"])
        jobs.create_index("ix_jobs_idea_id_number", ["idea_id", "number"])
    with op.batch_alter_table("questions", recreate=rebuild) as questions:
        questions.create_foreign_key("fk_questions_idea_id", "ideas", ["idea_id"], ["id"])
    _messages()


def _ideas() -> None:
    op.create_table(
        "ideas",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("product_id", TEXT),
        sa.Column("description", TEXT),
        sa.Column("grill_md", TEXT),
        sa.Column("plan_md", TEXT),
        sa.Column("grill_doc_id", TEXT),
        sa.Column("plan_doc_id", TEXT),
        sa.Column("review_log", DOCUMENT),
        sa.Column("reviewed_at", MOMENT),
        sa.Column("pbi_id", TEXT),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("archived_at", MOMENT),
        sa.Column("was", TEXT),
        sa.Column("course", DOCUMENT),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_ideas_user_id"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_ideas_product_id"),
        sa.ForeignKeyConstraint(
            ["grill_doc_id"], ["product_docs.id"], name="fk_ideas_grill_doc_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["plan_doc_id"], ["product_docs.id"], name="fk_ideas_plan_doc_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["pbi_id"], ["pbis.id"], name="fk_ideas_pbi_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ideas"),
        sa.UniqueConstraint("user_id", "code", name="uq_ideas_user_id_code"),
        sa.UniqueConstraint("pbi_id", name="uq_ideas_pbi_id"),
    )
    op.create_index("ix_ideas_product_id", "ideas", ["product_id"])


def _further_products() -> None:
    op.create_table(
        "idea_products",
        sa.Column("idea_id", TEXT, nullable=False),
        sa.Column("product_id", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["idea_id"], ["ideas.id"], name="fk_idea_products_idea_id"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_idea_products_product_id"),
        sa.PrimaryKeyConstraint("idea_id", "product_id", name="pk_idea_products"),
    )


def _logs() -> None:
    op.create_table(
        "idea_logs",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("idea_id", TEXT, nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("content", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("metadata", DOCUMENT),
        sa.Column("call_id", TEXT),
        sa.ForeignKeyConstraint(["idea_id"], ["ideas.id"], name="fk_idea_logs_idea_id"),
        sa.PrimaryKeyConstraint("id", name="pk_idea_logs"),
        sa.UniqueConstraint("call_id", name="uq_idea_logs_call_id"),
    )
    op.create_index("ix_idea_logs_idea_id", "idea_logs", ["idea_id"])


def _messages() -> None:
    op.create_table(
        "idea_messages",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("idea_id", TEXT, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("user_id", TEXT),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("job_id", TEXT),
        sa.ForeignKeyConstraint(["idea_id"], ["ideas.id"], name="fk_idea_messages_idea_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_idea_messages_user_id"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_idea_messages_job_id"),
        sa.PrimaryKeyConstraint("id", name="pk_idea_messages"),
        sa.UniqueConstraint("idea_id", "number", name="uq_idea_messages_idea_id_number"),
    )
    op.create_index("ix_idea_messages_job_id", "idea_messages", ["job_id"])
