"""Users and their tokens."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table

from ploeg.domain.access import Scope, TokenKind
from ploeg.store.tables.base import metadata
from ploeg.store.tables.types import Document, Prose, Utc, Word

users = Table(
    "users",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("username", Prose, nullable=False, unique=True),
    Column("is_admin", Boolean, nullable=False),
    Column("is_demo", Boolean, nullable=False),
    Column("created_at", Utc),
    Column("min_quota_pct", Integer, nullable=False, server_default="20"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("user_id", Prose, ForeignKey("users.id"), nullable=False),
    Column("kind", Word(TokenKind), nullable=False),
    Column("label", Prose, nullable=False),
    Column("scopes", Document(frozenset[Scope]), nullable=False),
    Column("hint", Prose, nullable=False),
    Column("secret_sha256", Prose, nullable=False, unique=True),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc),
    Column("revoked_at", Utc),
    Column("last_used_at", Utc),
    Index(None, "user_id"),
)
