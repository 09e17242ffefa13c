"""What the store runs on: the SQLite in use, its plan for a claim, and PostgreSQL's connections."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ploeg.domain.errors import Unavailable
from ploeg.store.ids import new_id
from ploeg.store.info import sqlite_warnings
from ploeg.store.store import Store
from ploeg.store.transaction import Transaction
from tests.store import postgres
from tests.store.installation import Installation, user

WITHOUT_PYSQLITE3 = """
import json, sys
sys.modules["pysqlite3"] = None
from ploeg.store.store import Store
from tests.store.installation import Installation
store = Store.open(sys.argv[1])
here = Installation(store)
here.queue(labels=("gpu",), lane="a")
from ploeg.store.claims import Offer
claimed = here.claim(offer=Offer(("patch",), ("gpu",), (here.product.id,)))
info = store.engine_info()
store.close()
print(json.dumps([info.driver, info.version, list(info.warnings), claimed.status]))
"""


def test_the_standard_librarys_sqlite_serves_where_there_is_no_other(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_PYSQLITE3, f"sqlite:///{tmp_path / 'ploeg.db'}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    version = sqlite3.sqlite_version
    assert json.loads(done.stdout) == ["sqlite3", version, list(sqlite_warnings(version)), "claimed"]


@pytest.mark.parametrize("version", ["3.7.0", "3.40.1", "3.44.5", "3.45.0", "3.50.6", "3.51.2"])
def test_a_sqlite_with_the_wal_reset_bug_is_warned_of(version: str) -> None:
    (warning,) = sqlite_warnings(version)
    assert version in warning


@pytest.mark.parametrize("version", ["3.44.6", "3.44.10", "3.50.7", "3.51.3", "3.53.4", "4.0.0"])
def test_a_sqlite_without_it_is_not(version: str) -> None:
    assert sqlite_warnings(version) == ()


def test_ids_sort_by_the_moment_they_were_made_and_say_what_they_are() -> None:
    made = [new_id("job") for _ in range(1000)]
    assert made == sorted(made)
    assert len(set(made)) == 1000
    assert all(re.fullmatch(r"job_[0-7][0-9a-hjkmnp-tv-z]{25}", each) for each in made)


@pytest.fixture
def postgres_store(postgres_cluster: postgres.Cluster) -> Iterator[Store]:
    with postgres_cluster.database() as url:
        store = Store.open(url)
        yield store
        store.close()


def cut(tx: Transaction) -> None:
    """Ends this transaction's own connection, as a restarting server does."""
    backend = tx.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    with tx.connection.engine.connect() as other:
        other.exec_driver_sql(f"SELECT pg_terminate_backend({backend})")


def test_a_verb_whose_connection_breaks_is_run_again(postgres_store: Store) -> None:
    runs: list[int] = []

    def verb(tx: Transaction) -> int:
        runs.append(len(runs))
        tx.people.add_user(user())
        if len(runs) == 1:
            cut(tx)
        return len(tx.people.users())

    assert postgres_store.write_blocking(verb) == 1
    assert runs == [0, 1]


def test_connections_that_broke_while_idle_are_replaced(
    postgres_store: Store, postgres_cluster: postgres.Cluster
) -> None:
    postgres_store.write_blocking(lambda tx: tx.people.add_user(user()))
    postgres_store.read_blocking(lambda tx: tx.people.users())
    everybody = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ploeg'"
    postgres_cluster.execute(everybody)
    assert len(postgres_store.read_blocking(lambda tx: tx.people.users())) == 1
    postgres_store.write_blocking(lambda tx: tx.people.add_user(user()))


def test_a_claim_over_connections_that_broke_finds_a_new_one(
    postgres_store: Store, postgres_cluster: postgres.Cluster
) -> None:
    here = Installation(postgres_store)
    for _ in range(8):
        here.queue()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: here.claim(), range(7)))
    postgres_cluster.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ploeg'")
    assert here.claim() is not None


def test_a_commit_whose_answer_is_lost_is_not_repeated(postgres_store: Store) -> None:
    runs: list[int] = []

    def verb(tx: Transaction) -> None:
        runs.append(len(runs))
        tx.people.add_user(user())
        tx.events.flush = lambda: cut(tx)

    with pytest.raises(Unavailable):
        postgres_store.write_blocking(verb)
    assert runs == [0]
