"""SQLite's writer: which verbs share a commit, and what becomes of them when the commit fails."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from ploeg.domain.errors import NotFound, Unavailable
from ploeg.store.store import Store
from ploeg.store.transaction import Transaction
from ploeg.store.writer import MAX_BATCH
from tests.store.installation import user

pytestmark = pytest.mark.anyio


@pytest.fixture
def commits(sqlite_store: Store) -> list[str]:
    """Every statement that the writer's connection runs, from now on."""
    statements: list[str] = []
    sqlite_store.write_blocking(lambda tx: tx.driver.set_trace_callback(statements.append))
    statements.clear()
    return statements


class Held:
    """The writer, kept busy in one verb until it is let go."""

    def __init__(self, store: Store) -> None:
        self._entered, self._leave = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._hold, args=(store,))
        self._thread.start()
        assert self._entered.wait(10)

    def _hold(self, store: Store) -> None:
        with suppress(Unavailable):  # it shares the fate of its batch
            store.write_blocking(self._wait)

    def _wait(self, tx: Transaction) -> None:
        self._entered.set()
        assert self._leave.wait(10)

    def let_go(self) -> None:
        self._leave.set()

    def join(self) -> None:
        self._thread.join(10)


@pytest.fixture
def held(sqlite_store: Store) -> Iterator[Held]:
    held = Held(sqlite_store)
    yield held
    held.let_go()
    held.join()


async def test_verbs_that_wait_together_share_a_commit(sqlite_store: Store, commits: list[str], held: Held) -> None:
    waiting = [asyncio.create_task(sqlite_store.write(lambda tx: tx.people.add_user(user()))) for _ in range(20)]
    await asyncio.sleep(0)  # every task has handed its verb in
    held.let_go()
    await asyncio.gather(*waiting)
    assert commits.count("COMMIT") == 1
    assert commits.count("SAVEPOINT verb") == 21


async def test_a_batch_is_bounded_and_in_order(sqlite_store: Store, commits: list[str], held: Held) -> None:
    order: list[int] = []

    def note(number: int) -> None:
        order.append(number)

    count = 3 * MAX_BATCH
    waiting = [asyncio.create_task(sqlite_store.write(lambda tx, n=n: note(n))) for n in range(count)]
    await asyncio.sleep(0)  # every task has handed its verb in
    held.let_go()
    await asyncio.gather(*waiting)
    assert order == list(range(count))
    assert commits.count("COMMIT") >= 3


async def test_a_slow_verb_ends_its_batch(sqlite_store: Store, commits: list[str], held: Held) -> None:
    def slow(tx: Transaction) -> None:
        until = time.monotonic() + 0.06
        while time.monotonic() < until:
            pass

    waiting = [asyncio.create_task(sqlite_store.write(verb)) for verb in (slow, lambda tx: None)]
    await asyncio.sleep(0)  # every task has handed its verb in
    held.let_go()
    await asyncio.gather(*waiting)
    assert commits.count("COMMIT") >= 2


async def test_nobody_is_answered_before_the_commit(sqlite_store: Store) -> None:
    def stored() -> int:
        return sqlite_store.read_blocking(lambda tx: len(tx.people.users()))

    def add_and_look(tx: Transaction) -> int:
        tx.people.add_user(user())
        return stored()

    assert await sqlite_store.write(add_and_look) == 0, "inside the verb others see nothing of it yet"
    assert stored() == 1, "and with the answer they do"


async def test_a_commit_that_fails_fails_every_verb_of_its_batch(sqlite_store: Store, held: Held) -> None:
    def poison(tx: Transaction) -> None:
        tx.connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        tx.connection.exec_driver_sql("INSERT INTO members VALUES ('nowhere', 'nobody', 'member')")

    def refuse(tx: Transaction) -> None:
        raise NotFound("task", "T-1")

    verbs = [lambda tx: tx.people.add_user(user()), refuse, poison, lambda tx: tx.people.add_user(user())]
    waiting = [asyncio.create_task(sqlite_store.write(verb)) for verb in verbs]
    await asyncio.sleep(0)  # every task has handed its verb in
    held.let_go()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unavailable, NotFound, Unavailable, Unavailable]
    assert sqlite_store.read_blocking(lambda tx: tx.people.users()) == []
    await sqlite_store.write(lambda tx: tx.people.add_user(user()))
    assert len(sqlite_store.read_blocking(lambda tx: tx.people.users())) == 1


async def test_a_verb_that_ends_the_transaction_takes_the_batch_with_it_and_no_more(sqlite_store: Store) -> None:
    with pytest.raises(Unavailable, match="nothing of it was stored"):
        await sqlite_store.write(lambda tx: tx.driver.execute("ROLLBACK"))
    await sqlite_store.write(lambda tx: tx.people.add_user(user()))
    assert len(sqlite_store.read_blocking(lambda tx: tx.people.users())) == 1


async def test_a_caller_that_is_gone_before_its_turn_writes_nothing(sqlite_store: Store, held: Held) -> None:
    going = asyncio.create_task(sqlite_store.write(lambda tx: tx.people.add_user(user())))
    await asyncio.sleep(0)  # the task has handed its verb in
    going.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going
    held.let_go()
    assert await sqlite_store.write(lambda tx: tx.people.users()) == []


def test_an_event_loop_that_is_gone_stops_nobody(sqlite_store: Store) -> None:
    entered, leave = threading.Event(), threading.Event()

    def wait(tx: Transaction) -> None:
        entered.set()
        assert leave.wait(10)

    async def hand_in_and_go() -> None:
        task = asyncio.create_task(sqlite_store.write(wait))
        assert await asyncio.to_thread(entered.wait, 10)
        task.cancel()

    asyncio.run(hand_in_and_go())
    leave.set()
    assert sqlite_store.write_blocking(lambda tx: tx.people.users()) == []


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, MemoryError])
def test_whatever_a_verb_raises_the_writer_lives(sqlite_store: Store, error: type[BaseException]) -> None:
    def stumble(tx: Transaction) -> None:
        raise error

    with pytest.raises(error):
        sqlite_store.write_blocking(stumble)
    sqlite_store.write_blocking(lambda tx: tx.people.add_user(user()))


def test_the_writer_commits_for_good_and_readers_cannot_write(sqlite_store: Store) -> None:
    def pragma(name: str) -> tuple[object, object]:
        query = f"PRAGMA {name}"
        written = sqlite_store.write_blocking(lambda tx: tx.connection.exec_driver_sql(query).scalar())
        return written, sqlite_store.read_blocking(lambda tx: tx.connection.exec_driver_sql(query).scalar())

    assert pragma("journal_mode") == ("wal", "wal")
    assert pragma("synchronous")[0] == 2
    assert pragma("query_only") == (0, 1)
    assert pragma("foreign_keys") == (1, 1)
