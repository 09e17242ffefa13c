"""Claims per second at the store, beside the same database driven by bare SQL in the same run.

    python -m bench.claims [--rounds 7] [--claims 2000]

Every claim is durable (`synchronous = FULL`) on both sides. The bare side does the least that can be called a claim:
one table, one partial index, no lanes, labels, products or limits, and no record made of the row. With huey installed
its `dequeue` is measured too. A machine's noise moves all of them together: read the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.installation import PAYLOAD, RUNTIME, store_with_queue
from ploeg.domain.ids import AttemptId
from ploeg.domain.job import Job
from ploeg.store.claims import Offer
from ploeg.store.ids import new_id
from ploeg.store.sqlite import sqlite_module
from ploeg.store.store import Store
from ploeg.store.transaction import Transaction

CALLERS = 16
OFFER = Offer((RUNTIME,))

BARE_TABLE = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE jobs (id TEXT PRIMARY KEY, number INTEGER, rank INTEGER, status TEXT, attempt_id TEXT, payload TEXT);
CREATE INDEX queue ON jobs (rank, number) WHERE status = 'queued';
"""
BARE_CLAIM = """
UPDATE jobs SET status = 'claimed', attempt_id = 'att'
WHERE id = (SELECT id FROM jobs WHERE status = 'queued' ORDER BY rank, number LIMIT 1) RETURNING *
"""

#: Does that many claims.
Side = Callable[[int], None]


def main() -> None:
    parser = argparse.ArgumentParser(description="Claims per second at the store, beside bare SQL.")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--claims", type=int, default=2000, help="claims of each side in each round")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ploeg-bench-") as folder:
        report(measure(Path(folder), arguments.rounds, arguments.claims))


def measure(folder: Path, rounds: int, claims: int) -> dict[str, list[float]]:
    """Claims per second of each side, round by round; the sides take turns, so that noise hits them alike."""
    queued = (rounds + 1) * claims
    store = store_with_queue(folder / "ploeg.db", 2 * queued)
    sides: dict[str, Side] = {
        "bare SQL, 1 to a commit": bare(folder / "bare1.db", queued, 1),
        f"bare SQL, {CALLERS} to a commit": bare(folder / "bare16.db", queued, CALLERS),
        "ploeg, 1 caller": lambda count: asyncio.run(call(store, claim, 1, count)),
        f"ploeg, {CALLERS} callers": lambda count: asyncio.run(call(store, claim, CALLERS, count)),
    }
    if peer := huey(folder / "huey.db", queued):
        sides["huey's dequeue, 1 caller"] = peer
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for warm in [False] + [True] * rounds:
        for name, side in sides.items():
            begin = time.perf_counter()
            side(claims)
            if warm:
                rates[name].append(claims / (time.perf_counter() - begin))
    store.close()
    return rates


def report(rates: dict[str, list[float]]) -> None:
    floor = {"1 caller": "bare SQL, 1 to a commit", f"{CALLERS} callers": f"bare SQL, {CALLERS} to a commit"}
    print(f"{'':34}{'claims/s':>10}{'of its floor':>15}{'of huey':>10}")
    for name, measured in rates.items():
        beside = rates.get(floor.get(name.partition(", ")[2], ""))
        peer = rates.get("huey's dequeue, 1 caller")
        print(f"{name:34}{statistics.median(measured):>10,.0f}{ratio(measured, beside):>15}{ratio(measured, peer):>10}")


def ratio(ours: list[float], theirs: list[float] | None) -> str:
    """The median of the rounds' own ratios."""
    if theirs is None:
        return "–"
    return f"{statistics.median(a / b for a, b in zip(ours, theirs, strict=True)):.2f}"


def claim(tx: Transaction) -> Job | None:
    return tx.claims.take(OFFER, AttemptId("att_bench"), tx.now)


async def call(store: Store, verb: Callable[[Transaction], Any], callers: int, count: int) -> None:
    left = count

    async def caller() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            assert await store.write(verb) is not None

    await asyncio.gather(*(caller() for _ in range(callers)))


def bare(path: Path, queued: int, per_commit: int) -> Side:
    connection = sqlite_module().connect(path, isolation_level=None)
    connection.executescript(BARE_TABLE)
    rows = ((new_id("job"), number, 0, "queued", None, PAYLOAD) for number in range(queued))
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?)", rows)
    connection.execute("COMMIT")

    def claims(count: int) -> None:
        for _ in range(count // per_commit):
            connection.execute("BEGIN IMMEDIATE")
            for _ in range(per_commit):
                assert connection.execute(BARE_CLAIM).fetchone() is not None
            connection.execute("COMMIT")

    return claims


def huey(path: Path, queued: int) -> Side | None:
    """The peer's own storage, with the same durability; None where it is not installed."""
    try:
        from huey.storage import SqliteStorage
    except ImportError:
        return None
    storage = SqliteStorage(filename=str(path), fsync=True)
    for _ in range(queued):
        storage.enqueue(PAYLOAD.encode())

    def claims(count: int) -> None:
        for _ in range(count):
            assert storage.dequeue() is not None

    return claims


if __name__ == "__main__":
    main()
