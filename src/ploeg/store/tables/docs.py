"""Product docs with their revisions, what is derived from the current one, and the backlog items that lean on them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from ploeg.domain.doc import DocStatus, Folder, PbiDocRole
from ploeg.store.tables.base import metadata
from ploeg.store.tables.types import Prose, Utc, Word

product_docs = Table(
    "product_docs",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("product_id", Prose, ForeignKey("products.id"), nullable=False),
    Column("folder", Word(Folder), nullable=False),
    Column("slug", Prose, nullable=False),
    Column("title", Prose, nullable=False),
    Column("status", Word(DocStatus), nullable=False),
    Column("created_by", Prose, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Column("revision_id", Prose, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("content_hash", Prose, nullable=False),
    Column("byte_size", Integer, nullable=False),
    Column("search_key", BigInteger, nullable=False, unique=True),
    UniqueConstraint("product_id", "folder", "slug"),
)

product_doc_revisions = Table(
    "product_doc_revisions",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("doc_id", Prose, ForeignKey("product_docs.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("content_md", Prose, nullable=False),
    Column("content_hash", Prose, nullable=False),
    Column("created_by", Prose, nullable=False),
    Column("created_at", Utc, nullable=False),
    UniqueConstraint("doc_id", "number"),
)

product_doc_sections = Table(
    "product_doc_sections",
    metadata,
    Column("doc_id", Prose, ForeignKey("product_docs.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("level", Integer, nullable=False),
    Column("heading", Prose, nullable=False),
    Column("anchor", Prose, nullable=False),
    PrimaryKeyConstraint("doc_id", "position"),
)

product_doc_links = Table(
    "product_doc_links",
    metadata,
    Column("doc_id", Prose, ForeignKey("product_docs.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("href", Prose, nullable=False),
    Column("folder", Prose),
    Column("slug", Prose, nullable=False),
    Column("anchor", Prose, nullable=False),
    PrimaryKeyConstraint("doc_id", "position"),
    Index(None, "slug"),
)

pbi_docs = Table(
    "pbi_docs",
    metadata,
    Column("pbi_id", Prose, ForeignKey("pbis.id"), nullable=False),
    Column("revision_id", Prose, ForeignKey("product_doc_revisions.id"), nullable=False),
    Column("role", Word(PbiDocRole), nullable=False),
    Column("created_by", Prose, nullable=False),
    Column("created_at", Utc, nullable=False),
    PrimaryKeyConstraint("pbi_id", "revision_id", "role"),
    Index(None, "revision_id"),
)
