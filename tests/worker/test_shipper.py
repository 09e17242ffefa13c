"""Events reach the server in order, in numbered chunks, and never hold up the agent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest

from ploeg.domain.attempt import Usage
from ploeg.domain.event import AgentEvent, Finished, Said, ToolCalled, ToolReturned
from ploeg.worker import late
from ploeg.worker import shipper as shipping
from ploeg.worker.client import WorkClient
from ploeg.worker.runlog import utc_now
from ploeg.worker.shipper import Shipper
from ploeg.worker.spool import Spool
from ploeg.worker.transcript import TEXT_MAX, encode
from tests.worker.far_end import FarEnd

pytestmark = pytest.mark.anyio


@pytest.fixture
async def ship(far_end: FarEnd, path: Path) -> AsyncIterator[Callable[..., Shipper]]:
    async with WorkClient("http://server", "t", far_end.transport) as client:
        yield lambda limit=2**30: Shipper(client, "att_1", Spool(path, limit), gather=0.001)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "att_1"


def texts(far_end: FarEnd) -> list[str]:
    return [event["text"] for event in far_end.events.get("att_1", []) if event["type"] == "said"]


async def test_events_arrive_in_their_order(far_end: FarEnd, ship: Callable[[], Shipper]) -> None:
    async with ship() as shipper:
        for number in range(500):
            shipper.add([Said(text=str(number))])
            if number % 100 == 0:
                await far_end.until(lambda: len(texts(far_end)) > 0)
    assert texts(far_end) == [str(number) for number in range(500)]


async def test_what_is_left_is_sent_when_the_attempt_ends(far_end: FarEnd, ship: Callable[[], Shipper]) -> None:
    async with ship() as shipper:
        shipper.add([Said(text="last words")])
    assert texts(far_end) == ["last words"]


async def test_a_lost_reply_doubles_nothing(far_end: FarEnd, ship: Callable[[], Shipper]) -> None:
    far_end.lost_replies.append("events")
    async with ship() as shipper:
        shipper.add([Said(text="once")])
        await far_end.until(lambda: far_end.requests.count("events") >= 2)
        shipper.add([Said(text="and on")])
    assert texts(far_end) == ["once", "and on"]


async def test_nothing_is_lost_while_the_server_is_away(
    far_end: FarEnd, ship: Callable[[], Shipper], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping, "WAITING_BYTES", 10_000)
    far_end.away = True
    async with ship() as shipper:
        for number in range(1000):
            shipper.add([Said(text=str(number))])
            if number % 200 == 0:
                await far_end.until(lambda: "events" in far_end.requests)
        assert path.stat().st_size > 10_000
        far_end.away = False
    assert texts(far_end) == [str(number) for number in range(1000)]
    assert not path.exists()


async def test_what_could_not_be_sent_is_delivered_later_once_and_in_order(
    far_end: FarEnd, ship: Callable[[], Shipper], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping, "LAST_SECONDS", 0.05)
    async with ship() as shipper:
        shipper.add([Said(text="before")])
        await far_end.until(lambda: texts(far_end) == ["before"])
        far_end.lost_replies.append("events")
        shipper.add([Said(text="arrived, but nobody said so")])
        await far_end.until(lambda: len(texts(far_end)) == 2)
        far_end.away = True
        shipper.add([Said(text="while away")])
        shipper.note("ended")
    assert path.exists()
    async with WorkClient("http://server", "t", far_end.transport) as client:
        monkeypatch.setattr(late, "PATIENCE", 0.05)
        await late.deliver(client, path)
        assert path.exists()
        far_end.away = False
        await late.deliver(client, path)
        await late.deliver(client, path)
    assert texts(far_end) == ["before", "arrived, but nobody said so", "while away"]
    assert far_end.events["att_1"][-1]["action"] == "ended"
    assert not path.exists()


async def test_a_line_that_a_power_failure_cut_off_costs_no_other(far_end: FarEnd, path: Path) -> None:
    path.write_bytes(b'{"chunk":0,"events":[{"type":"said","text":"whole"}]}\n\0\0\0\n{"chunk":1,"eve')
    async with WorkClient("http://server", "t", far_end.transport) as client:
        await late.deliver(client, path)
    assert texts(far_end) == ["whole"]
    assert not path.exists()


async def test_a_late_transcript_that_the_server_refuses_is_thrown_away(far_end: FarEnd, path: Path) -> None:
    path.write_bytes(b'{"chunk":0,"events":[{"type":"said","text":"too late"}]}\n')
    far_end.superseded.add("att_1")
    async with WorkClient("http://server", "t", far_end.transport) as client:
        await late.deliver(client, path)
    assert far_end.requests == ["events"]
    assert not path.exists()


@pytest.mark.parametrize("limit", [0, 20_000])
async def test_beyond_what_the_disk_may_hold_the_oldest_events_go_and_are_counted(
    far_end: FarEnd, ship: Callable[..., Shipper], limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping, "WAITING_BYTES", 10_000)
    far_end.away = True
    async with ship(limit) as shipper:
        shipper.add([Said(text="in flight")])
        await far_end.until(lambda: "events" in far_end.requests)
        for number in range(1000):
            shipper.add([Said(text=f"{number}".rjust(100))])
        far_end.away = False
    (dropped,) = [event for event in far_end.events["att_1"] if event["type"] == "note"]
    arrived = texts(far_end)
    assert arrived[0] == "in flight"
    assert arrived[-1].strip() == "999"
    assert dropped["count"] + len(arrived) == 1001


async def test_a_superseded_attempt_ships_no_more_and_says_nothing(
    far_end: FarEnd, ship: Callable[[], Shipper]
) -> None:
    far_end.superseded.add("att_1")
    async with ship() as shipper:
        shipper.add([Said(text="too late")])
        await far_end.until(lambda: "events" in far_end.requests)
        shipper.add([Said(text="later still")])
    assert far_end.requests == ["events"]


async def test_a_server_that_counts_otherwise_is_followed(far_end: FarEnd, ship: Callable[[], Shipper]) -> None:
    far_end.next_chunk("att_1", 7)
    async with ship() as shipper:
        shipper.add([Said(text="first")])
        await far_end.until(lambda: bool(texts(far_end)))
        shipper.add([Said(text="second")])
    assert texts(far_end) == ["first", "second"]


async def test_an_attempt_that_fails_does_not_wait_for_an_absent_server(
    far_end: FarEnd, ship: Callable[[], Shipper], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping, "LAST_SECONDS", 0.05)
    far_end.away = True
    async with asyncio.timeout(5), ship() as shipper:
        shipper.add([Said(text="never")])
    assert texts(far_end) == []


def test_an_event_says_its_type_and_its_time() -> None:
    at = utc_now()
    assert msgspec.json.decode(*encode([ToolReturned(call_id="c", text="ok")], at)) == {
        "type": "tool_returned",
        "at": at.isoformat(),
        "call_id": "c",
        "text": "ok",
        "is_error": False,
        "sub_agent": False,
    }
    finished = msgspec.json.decode(*encode([Finished(is_error=False, usage=Usage(turns=2))], at))
    assert finished["usage"]["turns"] == 2


@pytest.mark.parametrize(
    "event",
    [Said(text="x" * 1_000_000), ToolCalled(call_id="c", tool="Write", arguments={"content": "y" * 1_000_000})],
)
def test_a_text_of_a_megabyte_is_cut_in_the_transcript(event: AgentEvent) -> None:
    (encoded,) = encode([event], utc_now())
    assert len(encoded) < 2 * TEXT_MAX
    assert msgspec.json.decode(encoded)["type"] in {"said", "tool_called"}
