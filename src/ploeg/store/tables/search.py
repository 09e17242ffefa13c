"""The full-text indexes: each database's own kind of table, keyed by a number of the thing that is found."""

from __future__ import annotations

from sqlalchemy import Connection, MetaData, event

from ploeg.store.tables.base import metadata

#: Keyed by `product_docs.search_key`.
DOCS = "product_doc_search"
#: Keyed by `backlog_search_items.key`.
BACKLOG = "backlog_search"
INDEXES = (DOCS, BACKLOG)


def ddl(table: str, dialect: str) -> tuple[str, ...]:
    """What makes one index."""
    if dialect == "sqlite":
        return (f"CREATE VIRTUAL TABLE {table} USING fts5(title, body)",)
    return (
        f"CREATE TABLE {table} (search_key BIGINT NOT NULL, words TSVECTOR NOT NULL, "
        f"CONSTRAINT pk_{table} PRIMARY KEY (search_key))",
        f"CREATE INDEX ix_{table}_words ON {table} USING gin (words)",
    )


@event.listens_for(metadata, "after_create")
def _make_indexes(_metadata: MetaData, connection: Connection, **_: object) -> None:
    for table in INDEXES:
        for statement in ddl(table, connection.dialect.name):
            connection.exec_driver_sql(statement)


def in_metadata(name: str | None, kind: str, _parents: object) -> bool:
    """Whether Alembic is to compare it: it knows nothing of the full-text indexes and their shadow tables."""
    if kind != "table" or name is None:
        return True
    return not any(name == table or (name.startswith(f"{table}_") and name not in metadata.tables) for table in INDEXES)
