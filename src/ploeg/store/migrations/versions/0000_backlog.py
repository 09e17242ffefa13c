"""People, products and their backlogs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0000"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text()
MOMENT = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    make_users()
    make_tokens()
    make_products()
    make_members()
    make_counters()
    make_pbis()
    make_stories()
    make_tasks()
    make_story_logs()


def make_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("username", TEXT, nullable=False),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("username", name="uq_users_username"),
    )


def make_tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("scopes", DOCUMENT, nullable=False),
        sa.Column("hint", TEXT, nullable=False),
        sa.Column("secret_sha256", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.Column("revoked_at", MOMENT),
        sa.Column("last_used_at", MOMENT),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_tokens_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("secret_sha256", name="uq_tokens_secret_sha256"),
    )
    op.create_index("ix_tokens_user_id", "tokens", ["user_id"])


def make_products() -> None:
    op.create_table(
        "products",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("owner_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("repo_url", TEXT),
        sa.Column("definition_of_done", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("description", TEXT),
        sa.Column("max_concurrent_jobs", sa.Integer()),
        sa.Column("config", DOCUMENT, nullable=False),
        sa.Column("archived_at", MOMENT),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_products_owner_id"),
        sa.PrimaryKeyConstraint("id", name="pk_products"),
        sa.UniqueConstraint("code", name="uq_products_code"),
    )
    op.create_index("ix_products_owner_id", "products", ["owner_id"])


def make_members() -> None:
    op.create_table(
        "members",
        sa.Column("product_id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_members_product_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_members_user_id"),
        sa.PrimaryKeyConstraint("product_id", "user_id", name="pk_members"),
    )
    op.create_index("ix_members_user_id", "members", ["user_id"])


def make_counters() -> None:
    op.create_table(
        "counters",
        sa.Column("scope", TEXT, nullable=False),
        sa.Column("series", TEXT, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "series", name="pk_counters"),
    )


def make_pbis() -> None:
    op.create_table(
        "pbis",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("product_id", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("description", TEXT),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("sort_order", sa.Double(), nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_pbis_product_id"),
        sa.PrimaryKeyConstraint("id", name="pk_pbis"),
        sa.UniqueConstraint("product_id", "code", name="uq_pbis_product_id_code"),
    )


def make_stories() -> None:
    op.create_table(
        "stories",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("pbi_id", TEXT, nullable=False),
        sa.Column("product_id", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("description", TEXT),
        sa.Column("acceptance_criteria", TEXT),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("sort_order", sa.Double(), nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["pbi_id"], ["pbis.id"], name="fk_stories_pbi_id"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_stories_product_id"),
        sa.PrimaryKeyConstraint("id", name="pk_stories"),
        sa.UniqueConstraint("product_id", "code", name="uq_stories_product_id_code"),
    )
    op.create_index("ix_stories_pbi_id", "stories", ["pbi_id"])


def make_tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("story_id", TEXT, nullable=False),
        sa.Column("product_id", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("description", TEXT),
        sa.Column("implementation_plan", TEXT),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("sort_order", sa.Double(), nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("verify_only", sa.Boolean(), nullable=False),
        sa.Column("verify_required", TEXT, nullable=False),
        sa.Column("repo_url", TEXT),
        sa.Column("config", DOCUMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_tasks_product_id"),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_tasks_story_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tasks"),
        sa.UniqueConstraint("product_id", "code", name="uq_tasks_product_id_code"),
    )
    op.create_index("ix_tasks_story_id", "tasks", ["story_id"])


def make_story_logs() -> None:
    op.create_table(
        "story_logs",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("story_id", TEXT, nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("content", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("status", TEXT),
        sa.Column("commit_hash", TEXT),
        sa.Column("commit_message", TEXT),
        sa.Column("metadata", DOCUMENT),
        sa.Column("call_id", TEXT),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_story_logs_story_id"),
        sa.PrimaryKeyConstraint("id", name="pk_story_logs"),
        sa.UniqueConstraint("call_id", name="uq_story_logs_call_id"),
    )
    op.create_index("ix_story_logs_story_id", "story_logs", ["story_id"])
