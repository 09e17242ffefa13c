"""A store with one user, one product and a queue, for the measurements."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import BigInteger, bindparam, text

from ploeg.domain.access import User
from ploeg.domain.ids import JobId, ProductId, UserId
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.product import Product
from ploeg.store.ids import new_id
from ploeg.store.store import Store
from ploeg.store.tables.work import jobs
from ploeg.store.transaction import Transaction

#: The same weight for a job of ours and for a row of the floor.
PAYLOAD = "x" * 2000
RUNTIME = "patch"


def store_with_queue(path: Path, queued: int, finished: int = 0, payload: str = PAYLOAD) -> Store:
    """A new SQLite store in that file: so many jobs finished, then so many queued."""
    store = Store.open(f"sqlite:///{path}")
    store.write_blocking(lambda tx: fill(tx, queued, finished, payload))
    return store


def fill(tx: Transaction, queued: int, finished: int, payload: str) -> None:
    """One user and one product; so many jobs finished, then so many queued."""
    now = datetime.now(UTC)
    user = User(id=UserId(new_id("usr")), username="bench", created_at=now)
    product = Product(
        id=ProductId(new_id("prd")),
        owner_id=user.id,
        name="Bench",
        code="bench",
        repo_url="https://git.example/bench",
        definition_of_done="",
        created_at=now,
    )
    tx.people.add_user(user)
    tx.products.add(product)
    pattern = Job(
        id=JobId(new_id("job")),
        number=0,
        kind="TASK_IMPLEMENTATION",
        status=JobStatus.QUEUED,
        product_id=product.id,
        requested_by=user.id,
        runtime=RUNTIME,
        created_at=now,
        instruction=payload,
    )
    tx.jobs.add(pattern)
    _multiply(tx, pattern, 1, finished, JobStatus.DONE)
    _multiply(tx, pattern, finished + 1, queued, JobStatus.QUEUED)


def _multiply(tx: Transaction, pattern: Job, first: int, count: int, status: JobStatus) -> None:
    """Copies of that job in one statement: through the verbs, a million rows would take minutes."""
    columns = [column.name for column in jobs.columns]
    given = {"id": "'job_' || n", "number": "n", "status": ":status"}
    values = ", ".join(given.get(column, column) for column in columns)
    statement = text(
        f"INSERT INTO jobs ({', '.join(columns)}) "
        f"WITH RECURSIVE numbers(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM numbers WHERE n < :last) "
        f"SELECT {values} FROM numbers, jobs WHERE jobs.id = :pattern AND :count > 0"
    ).bindparams(bindparam("first", type_=BigInteger), bindparam("last", type_=BigInteger))
    bounds = {"first": first, "last": first + count - 1}
    tx.connection.execute(statement, bounds | {"status": status.value, "pattern": pattern.id, "count": count})
