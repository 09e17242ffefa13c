"""Alembic's entry: runs the migrations on the connection that `ploeg.store.migrate` gives."""

from __future__ import annotations

from alembic import context

from ploeg.store.tables import metadata
from ploeg.store.tables.search import in_metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_name=in_metadata,
    render_as_batch=True,
    transaction_per_migration=True,
    # SQLite can undo DDL too, which Alembic does not assume: a killed migration leaves nothing behind.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
