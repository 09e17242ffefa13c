"""The server's own disk: transcripts that get old, and a disk that fills up."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import pytest

from ploeg.control.health import health
from ploeg.control.housekeeping import Housekeeper
from ploeg.control.work import logs
from ploeg.control.work.chunks import append
from ploeg.control.work.logs import LogPage
from ploeg.domain.retention import Terms
from ploeg.wire.assignment import Assignment
from ploeg.wire.work import EventChunk
from tests.control.house import Hand, House

pytestmark = pytest.mark.anyio

USUAL = Terms(compress_after=timedelta(days=1), keep=timedelta(days=365))
NO_DISK_IS_THAT_LARGE = 10**18


def housekeeper(house: House, terms: Terms = USUAL, keep_free: int = 0) -> Housekeeper:
    return Housekeeper(house.plane, terms, keep_free)


async def spoken(house: House) -> tuple[Hand, Assignment]:
    """A job whose agent has said twelve lines and was not heard of since."""
    house.run(house.a_task())
    hand = house.hand()
    got = hand.take()
    await say(hand, got, 0, *(f"line {number}" for number in range(12)))
    return hand, got


async def say(hand: Hand, got: Assignment, chunk: int, *texts: str) -> None:
    events: list[dict[str, Any]] = [{"type": "said", "text": text} for text in texts]
    await append(hand.house.plane, hand.secret, got.attempt_id, EventChunk(chunk=chunk, events=events))


def grow_old(house: House, **age: float) -> None:
    then = (house.clock() - timedelta(**age)).timestamp()
    for path in (house.folder / "transcripts").rglob("*.*"):
        os.utime(path, (then, then))


def files(house: House) -> list[str]:
    return sorted(path.name for path in (house.folder / "transcripts").rglob("*.*"))


async def page(house: House, offset: int = 0, limit: int = 10_000) -> LogPage:
    return await logs.page(house.plane, house.admin, "J-1", None, offset, limit, 0)


async def test_a_compressed_transcript_reads_as_before_page_by_page(house: House) -> None:
    await spoken(house)
    whole = await page(house)
    grow_old(house, days=2)
    await housekeeper(house).look()
    assert files(house) == ["1.jsonl.gz"]
    assert await page(house) == whole
    pages, offset = [], 0
    while (part := await page(house, offset, 100)).events:
        pages += part.events
        offset = part.next_offset
    assert pages == whole.events


async def test_an_attempt_that_speaks_again_goes_on_where_it_was(house: House) -> None:
    hand, got = await spoken(house)
    grow_old(house, days=2)
    await housekeeper(house).look()
    await say(hand, got, 1, "still there")
    assert files(house) == ["1.jsonl"]
    assert [event["text"] for event in (await page(house)).events][-2:] == ["line 11", "still there"]


async def test_a_diff_is_compressed_and_read_as_well(house: House) -> None:
    await spoken(house)
    house.plane.transcripts.write_diff("J-1", 1, "+a line\n" * 100)
    grow_old(house, days=2)
    await housekeeper(house).look()
    assert files(house) == ["1.diff.gz", "1.jsonl.gz"]
    assert (await logs.diff(house.plane, house.admin, "J-1", None)).text == "+a line\n" * 100


async def test_a_transcript_that_was_deleted_says_so(house: House) -> None:
    await spoken(house)
    grow_old(house, days=400)
    await housekeeper(house).look()
    assert not list((house.folder / "transcripts").iterdir())
    left = await page(house)
    assert [event["type"] for event in left.events] == ["deleted"]
    assert (await page(house, left.next_offset)).events == []


async def test_a_disk_that_becomes_low_is_told_of_once(house: House) -> None:
    keeper = housekeeper(house, keep_free=NO_DISK_IS_THAT_LARGE)
    await keeper.look()
    await keeper.look()
    told = [event for event in house.read(lambda tx: tx.events.after(0, None)) if event.type == "disk.low"]
    (low,) = told
    assert (low.actor, low.data["worker"]) == ("server", None)
    assert "are to stay free" in low.data["reason"]
    found = await health(house.plane)
    assert (found.well, found.ready, list(found.reasons)) == (True, True, [f"disk: {low.data['reason']}"])
    await housekeeper(house).look()
    assert list((await health(house.plane)).reasons) == []


async def test_a_disk_with_room_is_not_worth_a_word(house: House) -> None:
    await housekeeper(house).look()
    assert [event for event in house.read(lambda tx: tx.events.after(0, None)) if event.type == "disk.low"] == []
