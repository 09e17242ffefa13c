"""Product docs, and the folders of them that a product uses."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.Text()
MOMENT = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    make_docs()
    make_revisions()
    make_derived()
    make_search()
    rebuild: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("products", recreate=rebuild) as products:
        products.add_column(sa.Column("enabled_doc_folders", DOCUMENT))


def make_docs() -> None:
    op.create_table(
        "product_docs",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("product_id", TEXT, nullable=False),
        sa.Column("folder", TEXT, nullable=False),
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("revision_id", TEXT, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content_hash", TEXT, nullable=False),
        sa.Column("byte_size", sa.Integer(), nullable=False),
        sa.Column("search_key", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_product_docs_product_id"),
        sa.PrimaryKeyConstraint("id", name="pk_product_docs"),
        sa.UniqueConstraint("product_id", "folder", "slug", name="uq_product_docs_product_id_folder_slug"),
        sa.UniqueConstraint("search_key", name="uq_product_docs_search_key"),
    )


def make_revisions() -> None:
    op.create_table(
        "product_doc_revisions",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("doc_id", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content_md", TEXT, nullable=False),
        sa.Column("content_hash", TEXT, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["doc_id"], ["product_docs.id"], name="fk_product_doc_revisions_doc_id"),
        sa.PrimaryKeyConstraint("id", name="pk_product_doc_revisions"),
        sa.UniqueConstraint("doc_id", "number", name="uq_product_doc_revisions_doc_id_number"),
    )
    op.create_table(
        "pbi_docs",
        sa.Column("pbi_id", TEXT, nullable=False),
        sa.Column("revision_id", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["pbi_id"], ["pbis.id"], name="fk_pbi_docs_pbi_id"),
        sa.ForeignKeyConstraint(["revision_id"], ["product_doc_revisions.id"], name="fk_pbi_docs_revision_id"),
        sa.PrimaryKeyConstraint("pbi_id", "revision_id", "role", name="pk_pbi_docs"),
    )
    op.create_index("ix_pbi_docs_revision_id", "pbi_docs", ["revision_id"])


def make_derived() -> None:
    op.create_table(
        "product_doc_sections",
        sa.Column("doc_id", TEXT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("heading", TEXT, nullable=False),
        sa.Column("anchor", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["doc_id"], ["product_docs.id"], name="fk_product_doc_sections_doc_id"),
        sa.PrimaryKeyConstraint("doc_id", "position", name="pk_product_doc_sections"),
    )
    op.create_table(
        "product_doc_links",
        sa.Column("doc_id", TEXT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("href", TEXT, nullable=False),
        sa.Column("folder", TEXT),
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("anchor", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["doc_id"], ["product_docs.id"], name="fk_product_doc_links_doc_id"),
        sa.PrimaryKeyConstraint("doc_id", "position", name="pk_product_doc_links"),
    )
    op.create_index("ix_product_doc_links_slug", "product_doc_links", ["slug"])


def make_search() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE product_doc_search USING fts5(title, body)")
        return
    op.create_table(
        "product_doc_search",
        sa.Column("search_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.PrimaryKeyConstraint("search_key", name="pk_product_doc_search"),
    )
    op.create_index("ix_product_doc_search_words", "product_doc_search", ["words"], postgresql_using="gin")
