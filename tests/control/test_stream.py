"""What a viewer's stream shows: everything it may see, once, in order, for as long as its token lives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from ploeg.control import stream
from ploeg.control.backlog import backlog
from ploeg.control.people import people
from ploeg.control.products import products
from ploeg.control.stream import Filter, Stream
from ploeg.control.work import chunks
from ploeg.domain.errors import NotFound, Unauthenticated
from ploeg.domain.occurrence import Event
from ploeg.wire.work import EventChunk
from tests.control.house import House

pytestmark = pytest.mark.anyio

ALL = Filter()


async def opened(house: House, secret: str | None = None, wanted: Filter = ALL, after: int | None = None) -> Stream:
    found = Stream(house.plane, secret or house.secret, wanted)
    await found.open(after)
    return found


async def taken(events: AsyncIterator[list[Event]], count: int) -> list[Event]:
    """The next that many events."""
    found: list[Event] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            found += await anext(events)
    return found


async def add_pbis(house: House, product: str, count: int) -> None:
    for _ in range(count):
        await house.plane.write(backlog.add_pbi, house.admin, product, "x", {})


def codes(events: list[Event]) -> list[str]:
    return [event.data["code"] for event in events]


async def test_a_stream_shows_what_happens_from_now_on(house: House) -> None:
    house.product()
    await add_pbis(house, "demo", 2)
    events = (await opened(house)).events()
    await add_pbis(house, "demo", 2)
    assert codes(await taken(events, 2)) == ["PBI-3", "PBI-4"]
    await add_pbis(house, "demo", 1)
    assert codes(await taken(events, 1)) == ["PBI-5"]


async def test_a_stream_goes_on_behind_the_event_it_names(house: House) -> None:
    house.product()
    await add_pbis(house, "demo", 5)
    seen = await taken((await opened(house, after=0)).events(), 6)
    assert [event.id for event in seen] == sorted(event.id for event in seen)
    again = await taken((await opened(house, after=seen[2].id)).events(), 3)
    assert again == seen[3:]


async def test_a_long_history_comes_page_by_page_without_a_gap(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "PAGE", 7)
    house.product()
    await add_pbis(house, "demo", 40)
    events = (await opened(house, after=0)).events()
    seen = await taken(events, 30)
    await add_pbis(house, "demo", 5)
    seen += await taken(events, 46 - len(seen))
    assert codes(seen) == ["demo", *(f"PBI-{n}" for n in range(1, 46))]


async def test_events_that_pass_while_writers_race_come_once_and_in_order(house: House) -> None:
    house.product()
    events = (await opened(house)).events()
    first = asyncio.create_task(taken(events, 60))
    await asyncio.gather(*(add_pbis(house, "demo", 10) for _ in range(6)))
    seen = await first
    assert [event.id for event in seen] == list(range(seen[0].id, seen[0].id + 60))


async def test_a_viewer_sees_its_own_products_only(house: House) -> None:
    ada = house.person("ada")
    secret = house.write(people.make_token, ada, "stream").secret
    house.product("mine", ada)
    house.product("theirs")
    events = (await opened(house, secret)).events()
    await add_pbis(house, "theirs", 3)
    await add_pbis(house, "mine", 1)
    (seen,) = await taken(events, 1)
    assert seen.product_id == house.read(products.show, ada, "mine").product.id


async def test_a_product_shared_while_the_stream_is_open_comes_into_sight(house: House) -> None:
    ada = house.person("ada")
    secret = house.write(people.make_token, ada, "stream").secret
    house.product("demo")
    events = (await opened(house, secret)).events()
    await add_pbis(house, "demo", 1)
    await house.plane.write(products.set_member, house.admin, "demo", "ada", "viewer")
    await add_pbis(house, "demo", 1)
    seen = await taken(events, 2)
    assert [event.type for event in seen[-2:]][-1] == "pbi.changed"


async def test_a_stream_can_be_of_one_product_or_one_job(house: House) -> None:
    job = house.run(house.a_task("one"))
    house.product("two")
    of_product = (await opened(house, wanted=Filter(product="two"))).events()
    of_job = (await opened(house, wanted=Filter(job="J-1"))).events()
    await add_pbis(house, "one", 1)
    await add_pbis(house, "two", 1)
    got = house.hand().take()
    assert codes(await taken(of_product, 1)) == ["PBI-1"]
    assert [event.type for event in await taken(of_job, 2)] == ["job.claimed", "task.changed"]
    assert got.job_id == job.id


async def test_a_growing_transcript_is_told_while_it_grows_and_stored_nowhere(house: House) -> None:
    house.run(house.a_task())
    hand = house.hand()
    got = hand.take()
    events = (await opened(house, wanted=Filter(job="J-1"))).events()
    growing = asyncio.create_task(taken(events, 1))
    await house.plane.read(lambda tx: tx.now)
    for number in range(3):
        await chunks.append(house.plane, hand.secret, got.attempt_id, EventChunk(chunk=number, events=[{}]))
    (grown,) = (await growing)[:1]
    assert (grown.type, grown.data["code"]) == ("log.appended", "J-1")
    assert "log.appended" not in house.told()


@pytest.mark.parametrize("wanted", [Filter(product="nope"), Filter(job="J-9"), Filter(product="theirs")])
async def test_a_stream_of_what_is_not_there_is_refused_before_it_begins(house: House, wanted: Filter) -> None:
    house.product("theirs")
    ada = house.person("ada")
    secret = house.write(people.make_token, ada, "stream").secret
    with pytest.raises(NotFound):
        await opened(house, secret, wanted)


async def test_a_stream_ends_when_its_token_is_revoked(house: House) -> None:
    made = house.write(people.make_token, house.admin, "stream")
    events = (await opened(house, made.secret)).events()
    ended = asyncio.create_task(taken(events, 10**6))
    await asyncio.sleep(0)
    await house.plane.write(people.revoke_token, house.admin, made.token.id)
    async with asyncio.timeout(5):
        with pytest.raises(StopAsyncIteration):
            await ended
    with pytest.raises(Unauthenticated):
        await opened(house, made.secret)


async def test_a_quiet_stream_shows_that_it_lives_and_ends_with_its_token_s_life(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "KEEP_ALIVE_SECONDS", 0.01)
    made = house.write(people.make_token, house.admin, "stream", expires_in_days=1)
    events = (await opened(house, made.secret)).events()
    async with asyncio.timeout(5):
        assert await anext(events) == []
        house.clock.turn(days=1)
        async for batch in events:
            assert batch == []


async def test_a_stream_that_fell_behind_reads_what_it_missed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ploeg.control.watch.BACKLOG_MAX", 3)
    house.product()
    events = (await opened(house)).events()
    await add_pbis(house, "demo", 1)
    seen = await taken(events, 1)
    await add_pbis(house, "demo", 20)
    seen += await taken(events, 20)
    assert codes(seen) == [f"PBI-{n}" for n in range(1, 22)]


async def test_a_stopping_server_ends_every_stream(house: House) -> None:
    events = (await opened(house)).events()
    ended = asyncio.create_task(taken(events, 1))
    await asyncio.sleep(0)
    house.plane.watch.stop()
    async with asyncio.timeout(5):
        with pytest.raises(StopAsyncIteration):
            await ended
