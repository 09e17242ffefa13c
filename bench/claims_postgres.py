"""A claim and the finish of it on PostgreSQL, one at a time and durable, beside bare SQL in the same run.

    python -m bench.claims_postgres [--rounds 7] [--claims 500]

Starts a throw-away PostgreSQL of this machine's own. The bare side does two commits by psycopg: a claim from one table
by `SKIP LOCKED`, and an update that ends it; no lanes, labels, products, limits, checks of the state, or records.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import psycopg
from tests.store.postgres import LOCAL, cluster, programs

from bench.claims import OFFER, ratio
from bench.installation import PAYLOAD, fill
from ploeg.domain.ids import AttemptId
from ploeg.domain.job import Job, JobStatus
from ploeg.store.ids import new_id
from ploeg.store.store import Store
from ploeg.store.transaction import Transaction

BARE_TABLE = """
CREATE TABLE bare (id text PRIMARY KEY, number bigint, rank bigint, status text, attempt_id text, payload text);
CREATE INDEX bare_queue ON bare (rank, number) WHERE status = 'queued';
"""
BARE_CLAIM = """
UPDATE bare SET status = 'claimed', attempt_id = 'att' WHERE id = (
    SELECT id FROM bare WHERE status = 'queued' ORDER BY rank, number LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING *
"""
BARE_FINISH = "UPDATE bare SET status = 'done' WHERE id = %s AND status = 'claimed'"


def main() -> None:
    parser = argparse.ArgumentParser(description="Claim and finish on PostgreSQL, beside bare SQL.")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--claims", type=int, default=500, help="claims of each side in each round")
    arguments = parser.parse_args()
    found = programs()
    if found is None:
        raise SystemExit("PostgreSQL's initdb is not installed")
    with cluster(found, settings=LOCAL, place=None) as server, server.database() as url:
        report(measure(url, arguments.rounds, arguments.claims))


def measure(url: str, rounds: int, claims: int) -> dict[str, list[float]]:
    """Claims that were also finished, per second; the sides take turns."""
    queued = (rounds + 1) * claims
    store = Store.open(url)
    store.write_blocking(lambda tx: fill(tx, queued, 0, PAYLOAD))
    with psycopg.connect(url) as connection:
        prepare_bare(connection, queued)
        sides: dict[str, Callable[[], None]] = {
            "bare SQL, two commits": lambda: bare(connection),
            "ploeg": lambda: ours(store),
        }
        rates: dict[str, list[float]] = {name: [] for name in sides}
        for warm in [False] + [True] * rounds:
            for name, side in sides.items():
                begin = time.perf_counter()
                for _ in range(claims):
                    side()
                if warm:
                    rates[name].append(claims / (time.perf_counter() - begin))
    store.close()
    return rates


def report(rates: dict[str, list[float]]) -> None:
    floor = rates["bare SQL, two commits"]
    print(f"{'claim and finish':34}{'pairs/s':>10}{'of its floor':>15}")
    for name, measured in rates.items():
        print(f"{name:34}{statistics.median(measured):>10,.0f}{ratio(measured, floor):>15}")


def prepare_bare(connection: psycopg.Connection, queued: int) -> None:
    connection.execute(BARE_TABLE)
    rows = [(new_id("job"), number, 0, "queued", None, PAYLOAD) for number in range(queued)]
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO bare VALUES (%s, %s, %s, %s, %s, %s)", rows)
    connection.commit()


def bare(connection: psycopg.Connection) -> None:
    row = connection.execute(BARE_CLAIM).fetchone()
    connection.commit()
    assert row is not None
    connection.execute(BARE_FINISH, (row[0],))
    connection.commit()


def ours(store: Store) -> None:
    job = store.write_blocking(lambda tx: tx.claims.take(OFFER, AttemptId("att_bench"), tx.now))
    assert job is not None
    store.write_blocking(lambda tx: finish(tx, job))


def finish(tx: Transaction, claimed: Job) -> None:
    job = tx.jobs.get(claimed.id, lock=True)
    assert job is not None
    tx.jobs.update(job.settle(JobStatus.DONE, tx.now))


if __name__ == "__main__":
    main()
