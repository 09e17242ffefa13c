"""Whatever goes wrong at random between an event and its far end: nothing is lost, and little is said twice."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from ploeg.control.notices import noting, sending
from ploeg.control.notices.outbox import NoticeOutbox
from ploeg.domain import notice
from ploeg.domain.errors import PloegError, Unavailable
from ploeg.domain.notice import NoticeState
from ploeg.notify import slack
from ploeg.store.transaction import Transaction
from tests.control.notices.conftest import Office

pytestmark = pytest.mark.anyio

EVENTS = 60
ANSWERS = [(200, {}), (200, {}), (500, {}), (429, {"Retry-After": "20"}), (404, {}), (302, {"Location": "/"})]


@pytest.fixture
def database_url(tmp_path: Path, migrated_file: Path) -> str:
    (tmp_path / "ploeg.db").write_bytes(migrated_file.read_bytes())
    return f"sqlite:///{tmp_path / 'ploeg.db'}"


@pytest.mark.parametrize("seed", range(3))
async def test_nothing_is_lost_and_only_what_a_dead_server_had_sent_comes_twice(
    office: Office, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However many wait together, each is named: it is by their names that they are counted here.
    monkeypatch.setattr(notice, "NAMED_MAX", EVENTS)
    chance = random.Random(seed)
    house = office.house
    given = (("a", 0), ("b", 1), ("c", 0))
    receivers = [await office.receiver(name, digest_minutes=m, topics=["disk.*"]) for name, m in given]
    post = house.plane.post
    assert post is not None
    died_after_sending = 0
    for number in range(EVENTS):
        office.happens("disk.low", data={"hostname": f"host-{number}"})
        office.sink.answers = [chance.choice(ANSWERS) for _ in range(chance.randrange(3))]
        match chance.randrange(5):
            case 0:
                _note_and_die(office)
            case 1:
                taken = house.write(sending.take)
                if taken is not None and taken.message is not None:
                    sent = await post.notifier.send(taken.receiver, taken.message)
                    died_after_sending += len(taken.message.notices) if sent.trouble is None else 0
            case 2:
                # Another server takes over.
                office.outbox = NoticeOutbox(house.plane, post.notifier)
            case _:
                await office.look()
        house.clock.turn(seconds=chance.randrange(90))
    office.sink.answers = []
    for _ in range(8):
        await office.look()
        house.clock.turn(minutes=30)

    for receiver in receivers:
        assert {each.state for each in office.notices(receiver)} == {NoticeState.SENT}
        assert len(office.notices(receiver)) == EVENTS
    arrived = Counter[tuple[str, str]]()
    for heard, answer in zip(office.sink.heard, office.sink.answered, strict=True):
        if answer == 200:
            lines = {line.removeprefix("- ") for line in [heard.json["title"], *heard.json["message"].splitlines()]}
            arrived.update((heard.json["topic"], line) for line in lines if "host-" in line)
    assert len(arrived) == EVENTS * len(receivers)
    assert sum(arrived.values()) <= len(arrived) + died_after_sending


def _note_and_die(office: Office) -> None:
    """The transaction that makes notices is undone at its very end."""

    def dies(tx: Transaction) -> None:
        noting.note(tx)
        raise Unavailable("the plug was pulled")

    with pytest.raises(PloegError):
        office.house.write(dies)


async def test_a_flaw_in_one_way_out_holds_up_nobody_else_and_is_given_up_in_the_end(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def flawed(*_: object) -> None:
        raise RuntimeError("open sesame")

    monkeypatch.setattr(slack, "send", flawed)
    broken = await office.receiver("chat", kind="slack", to="https://127.0.0.1/hook")
    await office.receiver("phone")
    office.happens("disk.low", data={"hostname": "nas"})
    assert await office.look() == [("phone", "The disk of nas is nearly full")]
    assert office.known(broken).reason == "it cannot be sent (RuntimeError)"
    assert office.known(broken).tries == 1
