"""What tasks and stories need done first, their archive and estimates, todos, search, imports, a story's events."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from ploeg.domain.search import words
from ploeg.store.search import vector

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TEXT = sa.Text()
MOMENT = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
#: The items that stand in the index, and which of their texts.
ITEMS = {
    "pbis": ("description",),
    "stories": ("description", "acceptance_criteria"),
    "tasks": ("description", "implementation_plan"),
}


def upgrade() -> None:
    _columns()
    _dependencies("task_dependencies", "task_id", "tasks")
    _dependencies("story_dependencies", "story_id", "stories")
    _todos()
    _imports()
    _search()
    for table, texts in ITEMS.items():
        _index(table, texts)


def _columns() -> None:
    rebuild: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("pbis", recreate=rebuild) as pbis:
        pbis.add_column(sa.Column("archived_at", MOMENT))
    with op.batch_alter_table("stories", recreate=rebuild) as stories:
        stories.add_column(sa.Column("assignee_id", TEXT))
        stories.add_column(sa.Column("estimate", sa.Double()))
        stories.add_column(sa.Column("archived_at", MOMENT))
        stories.create_foreign_key("fk_stories_assignee_id", "users", ["assignee_id"], ["id"])
    with op.batch_alter_table("tasks", recreate=rebuild) as tasks:
        tasks.add_column(sa.Column("estimate", sa.Double()))
        tasks.add_column(sa.Column("archived_at", MOMENT))
    with op.batch_alter_table("events", recreate=rebuild, table_kwargs={"sqlite_autoincrement": True}) as events:
        events.add_column(sa.Column("story_id", TEXT))
    known = sa.text("story_id IS NOT NULL")
    op.create_index("ix_events_story_id_id", "events", ["story_id", "id"], sqlite_where=known, postgresql_where=known)


def _dependencies(name: str, column: str, items: str) -> None:
    op.create_table(
        name,
        sa.Column(column, TEXT, nullable=False),
        sa.Column("prerequisite_id", TEXT, nullable=False),
        sa.ForeignKeyConstraint([column], [f"{items}.id"], name=f"fk_{name}_{column}"),
        sa.ForeignKeyConstraint(["prerequisite_id"], [f"{items}.id"], name=f"fk_{name}_prerequisite_id"),
        sa.PrimaryKeyConstraint(column, "prerequisite_id", name=f"pk_{name}"),
    )
    op.create_index(f"ix_{name}_prerequisite_id", name, ["prerequisite_id"])


def _todos() -> None:
    op.create_table(
        "todos",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("description", TEXT),
        sa.Column("product_id", TEXT),
        sa.Column("done_at", MOMENT),
        sa.Column("archived_at", MOMENT),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_todos_user_id"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_todos_product_id"),
        sa.PrimaryKeyConstraint("id", name="pk_todos"),
        sa.UniqueConstraint("user_id", "code", name="uq_todos_user_id_code"),
    )


def _imports() -> None:
    op.create_table(
        "imports",
        sa.Column("product_id", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("item_id", TEXT, nullable=False),
        sa.Column("content_hash", TEXT, nullable=False),
        sa.Column("imported_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_imports_product_id"),
        sa.PrimaryKeyConstraint("product_id", "source", name="pk_imports"),
    )


def _search() -> None:
    op.create_table(
        "backlog_search_items",
        sa.Column("key", KEY, autoincrement=True, nullable=False),
        sa.Column("item_id", TEXT, nullable=False),
        sa.Column("product_id", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_backlog_search_items_product_id"),
        sa.PrimaryKeyConstraint("key", name="pk_backlog_search_items"),
        sa.UniqueConstraint("item_id", name="uq_backlog_search_items_item_id"),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE backlog_search USING fts5(title, body)")
        return
    op.create_table(
        "backlog_search",
        sa.Column("search_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.PrimaryKeyConstraint("search_key", name="pk_backlog_search"),
    )
    op.create_index("ix_backlog_search_words", "backlog_search", ["words"], postgresql_using="gin")


def _index(table: str, texts: tuple[str, ...]) -> None:
    """What is in the backlog already can be found, too."""
    bind = op.get_bind()
    on_sqlite = bind.dialect.name == "sqlite"
    add = sa.text("INSERT INTO backlog_search_items (item_id, product_id) VALUES (:item, :product) RETURNING key")
    put = sa.text(
        "INSERT INTO backlog_search (rowid, title, body) VALUES (:key, :title, :body)"
        if on_sqlite
        else "INSERT INTO backlog_search (search_key, words) VALUES (:key, CAST(:vector AS tsvector))"
    )
    columns: list[sa.ColumnClause[str]] = [sa.column(name) for name in ("id", "product_id", "code", "title", *texts)]
    items = bind.execute(sa.select(*columns).select_from(sa.table(table))).all()
    for item, product, code, title, *prose in items:
        of_title, of_body = words(f"{code} {title}"), words("\n".join(text for text in prose if text))
        key = bind.execute(add, {"item": item, "product": product}).scalar_one()
        told = {"title": " ".join(of_title), "body": " ".join(of_body)} if on_sqlite else {}
        bind.execute(put, {"key": key, **(told or {"vector": vector(of_title, of_body)})})
