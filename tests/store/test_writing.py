"""What `Store.write` and `Store.read` promise, on both databases."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ploeg.domain.errors import Conflict, Invalid, NotFound, PloegError, Unavailable
from ploeg.store.store import Store
from ploeg.store.transaction import Transaction
from tests.store.installation import Clock, product, user

pytestmark = pytest.mark.anyio


async def test_a_verb_returns_its_value_and_what_it_wrote_is_there(store: Store) -> None:
    ada = user(username="ada")

    def add(tx: Transaction) -> str:
        tx.people.add_user(ada)
        return "added"

    assert await store.write(add) == "added"
    assert await store.read(lambda tx: tx.people.user_named("ada")) == ada
    assert store.read_blocking(lambda tx: tx.people.users()) == [ada]


async def test_a_verb_sees_what_it_wrote_itself(store: Store) -> None:
    ada = user()

    def add(tx: Transaction) -> object:
        tx.people.add_user(ada)
        return tx.people.user(ada.id)

    assert await store.write(add) == ada


async def test_a_refused_verb_leaves_nothing_and_its_refusal_comes_out_as_it_is(store: Store) -> None:
    refusal = NotFound("task", "T-1")

    def add_and_refuse(tx: Transaction) -> None:
        tx.people.add_user(user())
        tx.events.add("user.added", actor="server", data={})
        raise refusal

    with pytest.raises(NotFound) as caught:
        await store.write(add_and_refuse)
    assert caught.value is refusal
    assert await store.read(lambda tx: (tx.people.users(), tx.events.last_id())) == ([], 0)


async def test_a_failing_verb_takes_nothing_of_the_others_with_it(store: Store) -> None:
    names = [f"user{number:02}" for number in range(40)]

    async def add(name: str) -> None:
        def verb(tx: Transaction) -> None:
            tx.people.add_user(user(username=name))
            if int(name[4:]) % 4 == 0:
                raise ZeroDivisionError(name)

        await store.write(verb)

    answers = await asyncio.gather(*(add(name) for name in names), return_exceptions=True)
    refused = [name for name, answer in zip(names, answers, strict=True) if isinstance(answer, ZeroDivisionError)]
    assert refused == names[::4]
    stored = [person.username for person in await store.read(lambda tx: tx.people.users())]
    assert stored == [name for name in names if name not in refused]


async def test_the_database_catches_what_the_verb_does_not(store: Store) -> None:
    ada = user(username="ada")
    await store.write(lambda tx: tx.people.add_user(ada))
    with pytest.raises(Conflict, match="a user with that name exists"):
        await store.write(lambda tx: tx.people.add_user(user(username="ada")))
    with pytest.raises(Conflict, match="something that it belongs to does not exist"):
        await store.write(lambda tx: tx.products.add(product(user())))


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
async def test_text_that_a_database_cannot_keep_is_refused_by_both(store: Store, text: str) -> None:
    with pytest.raises(Invalid):
        await store.write(lambda tx: tx.people.add_user(user(username=text)))
    with pytest.raises(Invalid):
        await store.write(lambda tx: tx.events.add("user.added", actor="server", data={"deep": [{"text": text}]}))


async def test_text_that_only_looks_like_a_nul_is_kept(store: Store) -> None:
    data = {"text": "\\u0000 and \\\\u0000", "other": "\u2028 🦉 %s :now ' \" \r\n\t"}
    await store.write(lambda tx: tx.events.add("user.added", actor="server", data=data))
    (event,) = await store.read(lambda tx: tx.events.after(0, None))
    assert event.data == data


async def test_a_number_that_a_database_cannot_keep_is_refused_by_both(store: Store) -> None:
    ada = user()
    await store.write(lambda tx: tx.people.add_user(ada))
    with pytest.raises(Invalid):
        await store.write(lambda tx: tx.products.add(product(ada, max_concurrent_jobs=2**70)))


async def test_a_verb_gets_the_moment_of_its_own_transaction(store: Store, clock: Clock) -> None:
    first = await store.write(lambda tx: tx.now)
    clock.advance(seconds=1)
    assert await store.write(lambda tx: tx.now) > first
    assert await store.read(lambda tx: tx.now) == clock.now


async def test_a_query_cannot_write(store: Store) -> None:
    with pytest.raises(Exception, match=r"readonly|read-only"):
        await store.read(lambda tx: tx.people.add_user(user()))
    assert await store.read(lambda tx: tx.people.users()) == []
    await store.write(lambda tx: tx.people.add_user(user()))


async def test_a_query_that_fails_leaves_its_connection_to_the_next(store: Store) -> None:
    for _ in range(20):
        with pytest.raises(ZeroDivisionError):
            await store.read(lambda tx: 1 // 0)
    assert await store.read(lambda tx: tx.people.users()) == []


async def test_many_read_while_one_writes(store: Store) -> None:
    async def count() -> int:
        return len(await store.read(lambda tx: tx.people.users()))

    async def add() -> None:
        await store.write(lambda tx: tx.people.add_user(user()))

    await asyncio.gather(*(add() for _ in range(50)), *(count() for _ in range(100)))
    assert await count() == 50


def test_a_reader_sees_one_moment(store: Store) -> None:
    def look_twice(tx: Transaction) -> tuple[int, int]:
        before = len(tx.people.users())
        store.write_blocking(lambda other: other.people.add_user(user()))
        return before, len(tx.people.users())

    assert store.read_blocking(look_twice) == (0, 0)
    assert len(store.read_blocking(lambda tx: tx.people.users())) == 1


def test_threads_without_an_event_loop_write_too(store: Store) -> None:
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda _: store.write_blocking(lambda tx: tx.people.add_user(user())), range(64)))
    assert len(store.read_blocking(lambda tx: tx.people.users())) == 64


async def test_an_end_of_iteration_that_slips_out_of_a_verb_reaches_its_caller(store: Store) -> None:
    with pytest.raises(RuntimeError, match="StopIteration"):
        await store.write(lambda tx: next(iter(tx.people.users())))
    with pytest.raises(RuntimeError, match="StopIteration"):
        await store.read(lambda tx: next(iter(tx.people.users())))


async def test_a_caller_that_goes_away_stops_nobody(store: Store) -> None:
    entered, leave = threading.Event(), threading.Event()

    def slow(tx: Transaction) -> None:
        entered.set()
        assert leave.wait(10)

    going = asyncio.create_task(store.write(slow))
    assert await asyncio.to_thread(entered.wait, 10)
    behind = asyncio.create_task(store.write(lambda tx: tx.people.add_user(user(username="ada"))))
    going.cancel()
    leave.set()
    await behind
    with pytest.raises(asyncio.CancelledError):
        await going
    assert len(await store.read(lambda tx: tx.people.users())) == 1


async def test_a_store_that_closes_writes_what_waits_and_takes_nothing_more(database_url: str) -> None:
    store = Store.open(database_url)
    waiting = [asyncio.create_task(store.write(lambda tx: tx.people.add_user(user()))) for _ in range(30)]
    await asyncio.sleep(0)  # every task has handed its verb in
    await asyncio.to_thread(store.close)
    await asyncio.gather(*waiting)
    with pytest.raises(Unavailable, match="closed"):
        await store.write(lambda tx: tx.people.users())
    with pytest.raises(PloegError, match="closed"):
        store.write_blocking(lambda tx: tx.people.users())
    with pytest.raises(Unavailable, match="closed"):
        await store.read(lambda tx: tx.people.users())
    reopened = Store.open(database_url)
    assert len(reopened.read_blocking(lambda tx: tx.people.users())) == 30
    reopened.close()


def test_the_store_says_what_it_runs_on(store: Store, database_url: str) -> None:
    info = store.engine_info()
    assert info.dialect == ("sqlite" if database_url.startswith("sqlite") else "postgresql")
    assert int(info.version.split(".")[0]) >= 3
