"""From an event to a message at its far end, on both databases: once, together, later, and not for ever."""

from __future__ import annotations

import asyncio

import pytest

from ploeg.control.notices import noting, sending
from ploeg.control.notices.outbox import NoticeOutbox
from ploeg.control.notices.send import Sent
from ploeg.domain import notice
from ploeg.domain.delivery import Trouble
from ploeg.domain.notice import GAP, TAKEN_FOR, NoticeState
from tests.control.house import House
from tests.control.notices.conftest import Office

pytestmark = pytest.mark.anyio


async def test_a_job_that_fails_is_told_once(office: Office) -> None:
    phone = await office.receiver()
    hand = office.house.hand()
    job = office.house.run(office.house.a_task())
    hand.finish(hand.take(), "reported_failed", reason="The plan cannot be followed")
    title = f"{job.code} (T-1: A task) failed"
    assert await office.look() == [("phone", title)]
    assert "The plan cannot be followed\nLook: ploeg job show J-1" in office.sink.heard[0].json["message"]
    assert len(await office.look()) == 1
    (told,) = office.notices(phone)
    assert (told.state, told.topic, told.settled_at) == (NoticeState.SENT, "job.failed", office.house.clock.now)
    assert office.known(phone).sent_at == office.house.clock.now


async def test_what_happened_before_the_first_look_is_history(house: House, office: Office) -> None:
    house.write(lambda tx: tx.connection.exec_driver_sql("DELETE FROM notice_cursor"))
    await office.receiver()
    office.happens("backup.stale")
    assert await office.look() == []
    office.happens("disk.low", data={"hostname": "nas", "free": 1e9})
    assert await office.look() == [("phone", "The disk of nas is nearly full")]


async def test_a_receiver_hears_of_what_happens_after_it_was_added(office: Office) -> None:
    office.happens("backup.stale")
    assert not office.house.read(noting.has_news), "where nobody is told anything, nothing is written"
    office.house.clock.turn(seconds=1)
    await office.receiver()
    office.happens("disk.low", data={"hostname": "nas"})
    assert await office.look() == [("phone", "The disk of nas is nearly full")]


async def test_news_that_nobody_noted_for_days_is_history_too(office: Office) -> None:
    await office.receiver()
    office.happens("backup.stale")
    office.house.clock.turn(days=3)
    assert await office.look() == []


async def test_a_storm_comes_as_one_message_for_the_first_and_one_for_the_rest(office: Office) -> None:
    await office.receiver()
    office.happens("disk.low", data={"hostname": "one"})
    await office.look()
    for name in ("two", "three", "four"):
        office.happens("disk.low", data={"hostname": name})
    assert len(await office.look()) == 1
    office.house.clock.turn(seconds=GAP.total_seconds())
    assert (await office.look())[1:] == [("phone", "3 notices")]
    assert office.sink.heard[1].json["message"].splitlines()[0] == "- The disk of two is nearly full"


async def test_more_events_than_one_transaction_takes_are_all_told(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noting, "AT_ONCE", 2)
    await office.receiver()
    for n in range(5):
        office.happens("disk.low", data={"hostname": f"host-{n}"})
    assert await office.look() == [("phone", "5 notices")]


async def test_quiet_hours_hold_notices_back_and_bring_them_together(office: Office) -> None:
    phone = await office.receiver(quiet="11:00-13:00", time_zone="UTC")
    office.happens("disk.low", data={"hostname": "one"})
    office.house.clock.turn(minutes=30)
    office.happens("backup.stale")
    assert await office.look() == []
    assert {told.due_at for told in office.notices(phone)} == {office.house.clock.now.replace(hour=13, minute=0)}
    office.house.clock.turn(minutes=30)
    assert await office.look() == [("phone", "2 notices")]


async def test_a_digest_collects_for_as_long_as_it_was_told_to(office: Office) -> None:
    await office.receiver(digest_minutes=60)
    office.happens("disk.low", data={"hostname": "one"})
    assert await office.look() == []
    office.house.clock.turn(minutes=59)
    office.happens("disk.low", data={"hostname": "two"})
    office.house.clock.turn(minutes=1)
    assert await office.look() == [("phone", "2 notices")]


async def test_a_far_end_that_is_down_is_tried_later_and_gets_what_came_meanwhile(office: Office) -> None:
    phone = await office.receiver()
    office.sink.answers = [(503, {}), (200, {})]
    office.happens("disk.low", data={"hostname": "one"})
    await office.look()
    failed = office.known(phone)
    assert (failed.trouble, failed.reason, failed.tries) == (Trouble.UNREACHABLE, "127.0.0.1 answered 503", 1)
    office.happens("backup.stale")
    assert len(await office.look()) == 1
    office.house.clock.turn(seconds=15)
    assert (await office.look())[1:] == [("phone", "2 notices")]
    assert (office.known(phone).trouble, office.known(phone).tries) == (None, 0)


async def test_a_far_end_that_is_gone_for_good_is_given_up_and_asked_again_with_the_next_news(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notice, "MAX_TRIES", 3)
    phone = await office.receiver()
    office.sink.answers = [(404, {})] * 3
    office.happens("disk.low", data={"hostname": "one"})
    for _ in range(3):
        await office.look()
        office.house.clock.turn(hours=2)
    assert len(office.sink.heard) == 3
    assert [told.state for told in office.notices(phone)] == [NoticeState.DROPPED]
    given_up = office.known(phone)
    assert (given_up.due_at, given_up.trouble) == (None, Trouble.NOT_FOUND)
    office.happens("backup.stale")
    assert (await office.look())[3:] == [("phone", "There is no recent backup")]


async def test_a_receiver_that_cannot_be_reached_is_told_at_the_others_of_its_owner(office: Office) -> None:
    ada = office.house.person("ada")
    await office.receiver("broken", topics=["disk.*", "receiver.*"])
    await office.receiver("phone", topics=["receiver.*"])
    await office.receiver("of-ada", ada, topics=["receiver.*"])
    office.sink.answers = [(500, {})] * notice.TOLD_AFTER
    office.happens("disk.low", data={"hostname": "nas"})
    for _ in range(notice.TOLD_AFTER):
        await office.look()
        office.house.clock.turn(minutes=5)
    assert sorted((await office.look())[notice.TOLD_AFTER :]) == [
        ("broken", "The disk of nas is nearly full"),
        ("phone", "Notices do not get through to broken"),
    ]


async def test_a_server_that_dies_while_it_sends_leaves_the_message_to_the_next(office: Office) -> None:
    await office.receiver()
    office.happens("backup.stale")
    office.house.write(noting.note)
    taken = office.house.write(sending.take)
    assert taken is not None
    assert await office.look() == []
    office.house.clock.turn(seconds=TAKEN_FOR.total_seconds())
    assert len(await office.look()) == 1
    assert office.house.write(sending.settle, taken, Sent()) is None, "whoever was slow changes nothing any more"


async def test_what_comes_while_a_message_is_under_way_goes_with_the_next(office: Office) -> None:
    phone = await office.receiver()
    office.happens("disk.low", data={"hostname": "one"})
    office.house.write(noting.note)
    taken = office.house.write(sending.take)
    assert taken is not None
    office.happens("disk.low", data={"hostname": "two"})
    office.house.write(noting.note)
    settled = office.house.write(sending.settle, taken, Sent())
    assert settled is not None
    assert settled.due_at == office.house.clock.now + GAP
    assert [told.state for told in office.notices(phone)] == [NoticeState.PENDING, NoticeState.SENT]


async def test_two_servers_tell_each_thing_once(office: Office) -> None:
    for n in range(4):
        await office.receiver(f"phone-{n}")
    office.happens("backup.stale")
    post = office.house.plane.post
    assert post is not None
    other = NoticeOutbox(office.house.plane, post.notifier)
    await asyncio.gather(office.outbox.look(), other.look())
    assert sorted(heard.json["topic"] for heard in office.sink.heard) == [f"phone-{n}" for n in range(4)]


async def test_an_event_of_an_unknown_shape_does_not_stand_in_the_way(office: Office) -> None:
    await office.receiver()
    office.happens("worker.changed", data={"state": "asleep"})
    office.happens("backup.stale")
    assert await office.look() == [("phone", "There is no recent backup")]


async def test_settled_notices_are_forgotten_after_a_month_and_waiting_ones_never(office: Office) -> None:
    phone = await office.receiver()
    office.happens("backup.stale")
    await office.look()
    office.sink.answers = [(500, {})]
    office.happens("disk.low", data={"hostname": "one"})
    office.house.clock.turn(seconds=10)
    await office.look()
    office.house.clock.turn(days=31)
    assert office.house.write(noting.prune) == 1
    assert [told.topic for told in office.notices(phone)] == ["disk.low"]


async def test_it_runs_beside_the_server_and_hears_of_news_at_once(office: Office) -> None:
    await office.receiver()
    running = asyncio.create_task(office.outbox.run())
    await office.house.plane.write(lambda tx: tx.events.add("backup.stale", actor="server", data={}))
    async with asyncio.timeout(5):
        while not office.sink.heard:
            await asyncio.sleep(0.01)
    office.house.plane.watch.stop()
    async with asyncio.timeout(5):
        await running
