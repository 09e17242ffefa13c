"""Transcripts: chunks in order, pages out, and nothing but them counted."""

from __future__ import annotations

import asyncio
import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ploeg.control.people import people
from ploeg.control.work import logs, report
from ploeg.control.work.chunks import append
from ploeg.control.work.logs import LogPage
from ploeg.control.work.transcripts import Transcripts
from ploeg.domain.errors import NotFound, Superseded, Unauthenticated
from ploeg.wire.assignment import Assignment
from ploeg.wire.work import EventChunk, FinishReport
from tests.control.house import Hand, House

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def hand(house: House) -> Hand:
    house.run(house.a_task())
    return house.hand()


async def send(hand: Hand, got: Assignment, number: int, *texts: str, late: bool = False) -> int:
    events: list[dict[str, Any]] = [{"type": "said", "text": text} for text in texts]
    chunk = EventChunk(chunk=number, events=events, late=late)
    reply = await append(hand.house.plane, hand.secret, got.attempt_id, chunk)
    return reply.next_chunk


async def page(
    house: House, offset: int = 0, limit: int = 10_000, wait: float = 0, number: int | None = None
) -> LogPage:
    return await logs.page(house.plane, house.admin, "J-1", number, offset, limit, wait)


def texts(page: LogPage) -> list[str]:
    return [event["text"] for event in page.events]


async def test_chunks_are_stored_in_order_each_once(house: House, hand: Hand) -> None:
    got = hand.take()
    assert await send(hand, got, 0, "a", "b") == 1
    assert await send(hand, got, 0, "a", "b") == 1
    assert await send(hand, got, 1, "c") == 2
    assert texts(await page(house)) == ["a", "b", "c"]


async def test_a_gap_stores_nothing_and_names_the_chunk_that_is_missing(house: House, hand: Hand) -> None:
    got = hand.take()
    assert await send(hand, got, 2, "later") == 0
    assert (await page(house)).events == []


async def test_the_same_chunk_sent_twice_at_once_is_stored_once(house: House, hand: Hand) -> None:
    got = hand.take()
    assert await asyncio.gather(*(send(hand, got, 0, "a") for _ in range(8))) == [1] * 8
    assert texts(await page(house)) == ["a"]


async def test_64_attempts_append_at_once_and_none_sees_another_s_lines(house: House) -> None:
    house.product()
    hand = house.hand()
    for _ in range(64):
        house.run(house.task(house.story()))
    got = [hand.take() for _ in range(64)]
    for number in range(3):
        await asyncio.gather(*(send(hand, each, number, f"{each.job_code} {number}") for each in got))
    for each in got:
        found = await logs.page(house.plane, house.admin, each.job_code, None, 0, 10_000, 0)
        assert texts(found) == [f"{each.job_code} {number}" for number in range(3)]


async def test_what_could_not_be_told_in_time_is_taken_for_some_hours_after_the_end(house: House, hand: Hand) -> None:
    got = hand.take()
    await send(hand, got, 0, "in time")
    hand.finish(got, "lease_lost")
    house.clock.turn(hours=11)
    assert await send(hand, got, 1, "late", late=True) == 2
    assert await send(hand, got, 1, "late", late=True) == 2
    with pytest.raises(NotFound):
        await send(house.hand("two", of=house.person("eve")), got, 2, "a stranger", late=True)
    house.clock.turn(hours=2)
    with pytest.raises(Superseded):
        await send(hand, got, 2, "too late", late=True)
    assert texts(await page(house)) == ["in time", "late"]


async def test_an_attempt_that_lost_its_job_appends_nothing(house: House, hand: Hand) -> None:
    got = hand.take()
    await send(hand, got, 0, "mine")
    hand.finish(got, "worker_stopped")
    with pytest.raises(Superseded):
        await send(hand, got, 1, "a ghost")
    with pytest.raises(NotFound):
        await send(house.hand("two"), got, 1, "a stranger")
    assert texts(await page(house)) == ["mine"]


async def test_a_revoked_token_appends_nothing(house: House, hand: Hand) -> None:
    got = hand.take()
    house.write(people.revoke_token, house.admin, hand.actor.token_id)
    with pytest.raises(Unauthenticated):
        await send(hand, got, 0, "x")


async def test_a_transcript_is_read_page_by_page(house: House, hand: Hand) -> None:
    got = hand.take()
    for number in range(20):
        await send(hand, got, number, f"{number} " + "x" * 100)
    read: list[str] = []
    offset = 0
    while (found := await page(house, offset, limit=500)).events:
        assert len(found.events) < 5
        read += texts(found)
        offset = found.next_offset
    assert [text.split()[0] for text in read] == [str(number) for number in range(20)]


async def test_a_line_longer_than_a_page_comes_whole(house: House, hand: Hand) -> None:
    await send(hand, hand.take(), 0, "x" * 100_000, "end")
    first = await page(house, limit=10)
    assert len(texts(first)[0]) == 100_000
    assert texts(await page(house, first.next_offset)) == ["end"]


async def test_a_page_can_be_waited_for(house: House, hand: Hand) -> None:
    got = hand.take()
    waiting = asyncio.create_task(page(house, wait=30))
    await send(hand, got, 0, "at last")
    async with asyncio.timeout(5):
        assert texts(await waiting) == ["at last"]


async def test_following_goes_from_attempt_to_attempt_until_the_job_ends(house: House, hand: Hand) -> None:
    first = hand.take()
    await send(hand, first, 0, "first")
    waiting = asyncio.create_task(page(house, offset=(await page(house)).next_offset, wait=30, number=1))
    stopped = FinishReport(outcome="worker_stopped", phase="agent")
    await house.plane.work(hand.secret, report.finish, house.installation, first.attempt_id, stopped)
    second = hand.take()
    house.plane.watch.tell(house.read(lambda tx: tx.events.after(0, None, 1000)))
    async with asyncio.timeout(10):
        found = await waiting
    assert (found.attempt_ended, found.job_ended, found.next_attempt) == (True, False, 2)
    await send(hand, second, 0, "second")
    hand.done(second)
    last = await page(house, wait=30, number=2)
    assert (texts(last), last.attempt_ended, last.job_ended, last.next_attempt) == (["second"], True, True, None)
    assert (await page(house, last.next_offset, wait=30, number=2)).events == []


async def test_a_job_that_nobody_claimed_has_no_log_yet(house: House) -> None:
    house.run(house.a_task())
    found = await page(house)
    assert (found.attempt, found.events, found.job_ended) == (None, [], False)
    with pytest.raises(NotFound):
        await page(house, number=1)


async def test_a_stopping_server_ends_the_wait_for_a_page(house: House, hand: Hand) -> None:
    hand.take()
    waiting = asyncio.create_task(page(house, wait=30))
    await house.plane.read(lambda tx: tx.now)
    house.plane.watch.stop()
    async with asyncio.timeout(5):
        assert (await waiting).events == []


def test_a_full_transcript_says_so_and_takes_no_more(tmp_path: Path) -> None:
    transcripts = Transcripts(tmp_path, 1000)
    events = [{"type": "said", "text": "x" * 100}] * 20
    data = transcripts.encode(events, NOW, 0)
    assert len(data) == 1000
    assert data.endswith(b"\n")
    assert b"transcript_full" in data.rstrip().split(b"\n")[-1]
    assert transcripts.encode(events, NOW, 1000) == b""


def test_what_an_agent_says_cannot_forge_the_time_of_the_server(tmp_path: Path) -> None:
    data = Transcripts(tmp_path, 1000).encode([{"type": "said", "at": "yesterday"}], NOW, 0)
    assert b"yesterday" not in data


async def test_what_a_crash_left_behind_the_counted_bytes_is_not_read_and_written_over(
    house: House, hand: Hand
) -> None:
    got = hand.take()
    await send(hand, got, 0, "counted")
    path = house.folder / "transcripts" / "J-1" / "1.jsonl"
    with path.open("ab") as file:
        file.write(b'{"type":"said","text":"half a chu')
    assert texts(await page(house)) == ["counted"]
    await send(hand, got, 1, "the whole chunk, longer than what was left")
    assert texts(await page(house)) == ["counted", "the whole chunk, longer than what was left"]


async def test_a_transcript_that_lost_its_end_to_a_power_failure_reads_to_its_end(house: House, hand: Hand) -> None:
    await send(hand, hand.take(), 0, "a", "b")
    path = house.folder / "transcripts" / "J-1" / "1.jsonl"
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[: size // 2 + 3])
    found = await page(house)
    assert texts(found)[0] == "a"
    rest = await page(house, found.next_offset)
    assert [event["type"] for event in rest.events] == ["unreadable"]
    assert rest.next_offset == size


@pytest.mark.parametrize("left", [0, 5, 12])
async def test_a_compressed_one_that_lost_its_end_says_that_it_is_damaged(house: House, hand: Hand, left: int) -> None:
    await send(hand, hand.take(), 0, "a", "b")
    path = house.folder / "transcripts" / "J-1" / "1.jsonl"
    packed = gzip.compress(path.read_bytes())
    path.with_name("1.jsonl.gz").write_bytes(packed[:left])
    path.unlink()
    assert (await page(house)).events[-1]["type"] == "unreadable"


def test_transcripts_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    Transcripts(tmp_path / "t", 1000).write("J-1", 1, 0, b"x\n")
    assert (tmp_path / "t" / "J-1" / "1.jsonl").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "t" / "J-1").stat().st_mode & 0o777 == 0o700


async def test_a_diff_is_shown_with_the_receipt_s_files(house: House, hand: Hand) -> None:
    got = hand.take()
    with pytest.raises(NotFound):
        await logs.diff(house.plane, house.admin, "J-1", 2)
    assert (await logs.diff(house.plane, house.admin, "J-1", None)).text is None
    house.plane.transcripts.write_diff("J-1", 1, "--- a/é\n")
    receipt = {"head_sha": "c" * 40, "gates": [{"passed": True}], "files": [{"path": "é", "added": 1, "removed": 0}]}
    hand.finish(got, "done", head_sha="c" * 40, base_sha="d" * 40, pushed=True, receipt=receipt)
    found = await logs.diff(house.plane, house.admin, "J-1", 1)
    assert (found.text, found.files, found.head_sha) == ("--- a/é\n", receipt["files"], "c" * 40)
