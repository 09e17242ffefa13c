"""Run as a process of its own: a store whose disk fills up under its writers, and is then freed.

    python -m tests.store.full_disk limit|tmpfs FOLDER

`limit` stands for the disk by the largest file that the process may write; `tmpfs` expects a small file system mounted
at the folder. Prints what was found as JSON.
"""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from ploeg.domain.errors import Unavailable
from ploeg.store.ids import new_id
from ploeg.store.store import Store
from ploeg.store.transaction import Transaction
from tests.store.installation import user

CALLERS = 8


def main() -> None:
    way, folder = sys.argv[1], Path(sys.argv[2])
    path = folder / "ploeg.db"
    store = Store.open(f"sqlite:///{path}")
    free = limited(path) if way == "limit" else ballasted(folder)
    acknowledged, refusal = asyncio.run(fill(store))
    acknowledged, again = insist(store, acknowledged)
    read_while_full = len(store.read_blocking(lambda tx: tx.people.users()))
    free()
    after = [add(store) for _ in range(20)]
    stored = {person.id for person in store.read_blocking(lambda tx: tx.people.users())}
    integrity = store.read_blocking(lambda tx: tx.connection.exec_driver_sql("PRAGMA integrity_check").scalar())
    store.close()
    found = {
        "acknowledged": len(acknowledged),
        "refusal": refusal,
        "refused_again": again,
        "read_while_full": read_while_full,
        "lost": len({*acknowledged, *after} - stored),
        "surplus": len(stored - {*acknowledged, *after}),
        "integrity": integrity,
    }
    sys.stdout.write(json.dumps(found))


def limited(path: Path) -> Callable[[], None]:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    most = path.stat().st_size + 300_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def ballasted(folder: Path) -> Callable[[], None]:
    ballast = folder / "ballast"
    ballast.write_bytes(b"x" * 1_500_000)
    return ballast.unlink


async def fill(store: Store) -> tuple[list[str], str]:
    """Ids that were acknowledged, and the first refusal; every caller goes on until it is refused."""
    acknowledged: list[str] = []
    refusals: list[str] = []

    async def caller() -> None:
        while not refusals:
            name = new_id("name")
            try:
                await store.write(lambda tx, name=name: add_named(tx, name))
            except Unavailable as refusal:
                refusals.append(str(refusal))
            else:
                acknowledged.append(name)

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return acknowledged, refusals[0]


def insist(store: Store, acknowledged: list[str]) -> tuple[list[str], bool]:
    """Fills the last corners; whether there came a refusal again."""
    try:
        for _ in range(500):
            acknowledged = [*acknowledged, add(store)]
    except Unavailable:
        return acknowledged, True
    return acknowledged, False


def add(store: Store) -> str:
    name = new_id("name")
    store.write_blocking(lambda tx: add_named(tx, name))
    return name


def add_named(tx: Transaction, name: str) -> None:
    tx.people.add_user(user(id=name, username=name * 100))


if __name__ == "__main__":
    main()
