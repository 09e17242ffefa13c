"""A reader sees one moment: what it has read once it need not read again. A writer reads what is there now."""

from __future__ import annotations

import pytest

from ploeg.store.store import Store
from ploeg.store.tables.work import workers
from ploeg.store.transaction import Transaction
from tests.store.installation import Installation


@pytest.fixture
def here(store: Store) -> Installation:
    return Installation(store)


def test_a_reader_reads_each_record_once(here: Installation) -> None:
    def twice(tx: Transaction) -> bool:
        return tx.workers.get(here.worker.id) is tx.workers.get(here.worker.id)

    assert here.store.read_blocking(twice)
    assert not here.store.write_blocking(twice)


def test_a_writer_reads_what_it_has_changed_by_any_statement(here: Installation) -> None:
    def change(tx: Transaction) -> str | None:
        assert tx.workers.get(here.worker.id) == here.worker
        tx.connection.execute(workers.update().values(hostname="renamed"))
        changed = tx.workers.get(here.worker.id)
        return changed.hostname if changed is not None else None

    assert here.store.write_blocking(change) == "renamed"
