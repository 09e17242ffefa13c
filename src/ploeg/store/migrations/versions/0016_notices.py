"""Notices, where they go, and up to which event they were made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TEXT = sa.Text()
NUMBER = sa.Integer()
MOMENT = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "notice_receivers",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("user_id", TEXT),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("shown", TEXT, nullable=False),
        sa.Column("topics", DOCUMENT, nullable=False),
        sa.Column("quiet", TEXT),
        sa.Column("time_zone", TEXT, nullable=False),
        sa.Column("digest_minutes", NUMBER, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("held_until", MOMENT),
        sa.Column("taken", NUMBER, nullable=False),
        sa.Column("tries", NUMBER, nullable=False),
        sa.Column("trouble", TEXT),
        sa.Column("reason", TEXT),
        sa.Column("sent_at", MOMENT),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_notice_receivers_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_notice_receivers"),
        sa.UniqueConstraint("user_id", "name", name="uq_notice_receivers_user_id_name"),
    )
    owed = sa.text("due_at IS NOT NULL")
    op.create_index(
        "ix_notice_receivers_due_at", "notice_receivers", ["due_at"], sqlite_where=owed, postgresql_where=owed
    )
    op.create_table(
        "notices",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("receiver_id", TEXT, nullable=False),
        sa.Column("topic", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("link", TEXT),
        sa.Column("urgency", NUMBER, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("settled_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["receiver_id"], ["notice_receivers.id"], name="fk_notices_receiver_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
    )
    op.create_index("ix_notices_receiver_id_subject_id", "notices", ["receiver_id", "subject", "id"])
    op.create_index("ix_notices_settled_at", "notices", ["settled_at"])
    waiting = sa.text("settled_at IS NULL")
    op.create_index(
        "ix_notices_receiver_id_due_at",
        "notices",
        ["receiver_id", "due_at"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_table(
        "notice_cursor",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notice_cursor"),
    )
