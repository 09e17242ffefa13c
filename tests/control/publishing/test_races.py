"""What two servers that act at the same moment must not do twice, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ploeg.control.installation import Installation
from ploeg.control.people import people
from ploeg.control.publishing import promotion
from ploeg.domain.errors import Conflict
from ploeg.domain.forge_action import ForgeAction
from ploeg.store.store import Store
from ploeg.store.transaction import Transaction
from tests.control.house import Clock, House
from tests.store.conftest import database_url, migrated_file, postgres_cluster

__all__ = ["database_url", "migrated_file", "postgres_cluster"]

#: Seconds for the second to get through, which it must not.
MEANWHILE = 0.3


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    store = Store.open(database_url)
    made = store.write_blocking(lambda tx: people.sign_in_this_machine(tx, "admin"))
    admin = store.read_blocking(lambda tx: people.person(tx, made.token))
    yield House(store, Clock(), tmp_path, Installation(), admin, made.token, made.worker_token)
    store.close()


def test_two_people_at_once_promote_a_product_once(house: House) -> None:
    house.product(promote_workflow="promote.yml")
    asked, over = threading.Event(), threading.Event()

    def first(tx: Transaction) -> ForgeAction:
        action = promotion.promote(tx, house.admin, "demo")
        asked.set()
        over.wait(MEANWHILE)
        return action

    def second() -> None:
        asked.wait(10)
        try:
            house.write(promotion.promote, house.admin, "demo")
        finally:
            over.set()

    with ThreadPoolExecutor(2) as threads:
        one, other = threads.submit(house.write, first), threads.submit(second)
        one.result()
        with pytest.raises(Conflict, match="under way"):
            other.result()
