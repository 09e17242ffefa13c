"""What was stored before a migration is there after it."""

from __future__ import annotations

from alembic import command
from sqlalchemy import text

from ploeg.domain.ids import ProductId
from ploeg.domain.search import read_query
from ploeg.store import migrate
from ploeg.store.store import Store
from tests.store.test_migrations import connected, two_empty_databases

__all__ = ["two_empty_databases"]

FIRST = (
    "INSERT INTO users (id, username, is_admin, is_demo) VALUES ('usr_1', 'ada', true, false)",
    "INSERT INTO products (id, owner_id, name, code, definition_of_done, created_at, config) "
    "VALUES ('prd_1', 'usr_1', 'Shop', 'shop', 'It works.', '2026-11-22T08:00:00.000000Z', '{}')",
    "INSERT INTO pbis (id, product_id, code, title, priority, sort_order, status, created_at) "
    "VALUES ('pbi_1', 'prd_1', 'PBI-1', 'Pay', 2, 1.0, 'READY', '2026-11-22T08:00:00.000000Z')",
)


def test_a_product_of_the_first_release_uses_every_folder_of_docs(two_empty_databases: tuple[str, str]) -> None:
    url, _ = two_empty_databases
    with connected(url) as connection:
        command.upgrade(migrate.configuration(connection), "0001")
        for statement in FIRST:
            connection.execute(text(statement))
        connection.commit()
    store = Store.open(url)
    try:
        product = store.read_blocking(lambda tx: tx.products.get(ProductId("prd_1")))
        assert product is not None
        assert (product.code, product.definition_of_done, product.enabled_doc_folders) == ("shop", "It works.", None)
        assert [user.min_quota_pct for user in store.read_blocking(lambda tx: tx.people.users())] == [20]
        (item,) = store.read_blocking(lambda tx: tx.backlog.pbis(product.id))
        assert store.read_blocking(lambda tx: tx.backlog.find(read_query("pay"), [product.id], 5)) == [item]
    finally:
        store.close()
