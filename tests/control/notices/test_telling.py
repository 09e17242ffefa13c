"""Who is told of what, and in which words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ploeg.control.notices import receivers
from ploeg.control.products import products
from ploeg.control.questions import questions
from ploeg.control.work import presence
from ploeg.domain.notice import ReceiverKind
from ploeg.domain.receiving import Declared
from ploeg.domain.worker import WorkerState
from ploeg.wire.work import Presence
from tests.control.house import House
from tests.control.notices.conftest import Office

pytestmark = pytest.mark.anyio


@pytest.fixture
def database_url(tmp_path: Path, migrated_file: Path) -> str:
    """The words are the same on every database."""
    (tmp_path / "ploeg.db").write_bytes(migrated_file.read_bytes())
    return f"sqlite:///{tmp_path / 'ploeg.db'}"


def last(office: Office) -> dict[str, Any]:
    told: dict[str, Any] = office.sink.heard[-1].json
    return told


async def test_a_product_s_people_hear_of_it_and_strangers_do_not(office: Office) -> None:
    house = office.house
    ada, bob = house.person("ada"), house.person("bob")
    task = house.a_task()
    house.write(products.set_member, house.admin, "demo", "ada", "viewer")
    for name, who in (("of-ada", ada), ("of-bob", bob), ("of-admin", house.admin)):
        await office.receiver(name, who, topics=["job.*"])
    hand = house.hand()
    house.run(task)
    hand.done(hand.take())
    assert sorted(topic for topic, _ in await office.look()) == ["of-ada", "of-admin"]
    assert last(office)["title"] == "J-1 (T-1: A task) is done"


async def test_who_wants_only_their_own_work_hears_of_no_other(office: Office) -> None:
    house = office.house
    ada = house.person("ada")
    task = house.a_task()
    house.write(products.set_member, house.admin, "demo", "ada", "member")
    for name, who, only_mine in (("of-ada", ada, True), ("all-of-ada", ada, False), ("of-admin", house.admin, True)):
        await office.receiver(name, who, topics=["job.*"], only_mine=only_mine)
    hand = house.hand()
    house.run(task)
    hand.done(hand.take())
    assert sorted(topic for topic, _ in await office.look()) == ["all-of-ada", "of-admin"]
    edited = house.write(receivers.edit, ada, "of-ada", {"only_mine": False})
    assert not edited.only_mine


async def test_what_is_nobody_s_work_reaches_those_who_want_only_their_own_too(office: Office) -> None:
    await office.receiver("of-admin", only_mine=True)
    office.happens("backup.stale")
    assert await office.look() == [("of-admin", "There is no recent backup")]


async def test_a_worker_s_owner_hears_of_it_and_administrators_of_the_installation(office: Office) -> None:
    ada = office.house.person("ada")
    await office.receiver("of-ada", ada)
    await office.receiver("of-admin")
    office.happens("worker.changed", user_id=ada.user.id, data=worker("unhealthy", reason="3 in a row failed"))
    assert await office.look() == [("of-ada", "Worker nas is unhealthy")]
    office.happens("backup.stale")
    assert (await office.look())[1:] == [("of-admin", "There is no recent backup")]


async def test_what_is_private_reaches_its_owner_alone(office: Office) -> None:
    house = office.house
    ada = house.person("ada")
    house.product()
    house.write(products.set_member, house.admin, "demo", "ada", "member")
    product = house.read(lambda tx: tx.products.by_code("demo"))
    assert product is not None
    declared = Declared(
        name="ops",
        kind=ReceiverKind.NTFY,
        shown="x",
        topics=("*",),
        quiet=None,
        time_zone="UTC",
        digest_minutes=0,
    )
    house.write(receivers.install, [declared])
    await office.receiver("of-ada", ada, topics=["*"])
    await office.receiver("of-admin", topics=["*"])
    office.happens("job.failed", product_id=product.id, user_id=ada.user.id, data={"code": "J-9"})
    assert await office.look() == [("of-ada", "J-9 failed")]


async def test_a_question_comes_with_its_options_and_the_command_that_answers_it(office: Office) -> None:
    house = office.house
    await office.receiver()
    hand = house.hand()
    house.run(house.a_task())
    taken = hand.take()
    job, attempt = house.job(taken), house.attempt(taken)
    asking = questions.Asking(
        id=questions.QuestionId("qst_1"),
        question="Which?  ploeg_usr_" + "x" * 49,
        options=("Left", "Right"),
        recommended=2,
        story_id=job.story_id,
    )
    house.write(questions.ask, house.installation, job, attempt, asking)
    await office.look()
    told = last(office)
    assert (told["title"], told["priority"]) == ("Q-1 of J-1 (T-1: A task) waits for an answer", 4)
    assert told["message"].splitlines() == [
        "Which?  ploeg_usr_«redacted»",
        "1. Left",
        "2. Right",
        "The agent would take 2.",
        "Answer it: ploeg question answer Q-1",
    ]


def worker(state: str, change: str = "state", **more: Any) -> dict[str, Any]:
    return {"id": "wrk_1", "hostname": "nas", "state": state, "change": change, **more}


async def test_a_worker_in_trouble_is_told_once_and_its_recovery_once(office: Office) -> None:
    await office.receiver(topics=["worker.*"])
    admin = office.house.admin.user.id
    said = []
    for data in (
        worker("idle", "joined"),
        worker("stand_by", "blocked", runtime="claude", reason="the weekly window is used up"),
        worker("stand_by", reason="stands by"),
        worker("idle"),
        worker("working"),
        worker("sign_in_needed", "blocked", runtime="claude", sign_in=True, reason="run `claude setup-token`"),
        worker("offline", reason="stopped"),
        worker("offline", "lost"),
        worker("idle", "back"),
    ):
        office.happens("worker.changed", user_id=admin, data=data)
        office.house.clock.turn(seconds=11)
        said = [title for _, title in await office.look()]
    assert said == [
        "Worker nas stands by",
        "Worker nas works again",
        "Worker nas needs a sign-in",
        "Worker nas is gone",
        "Worker nas works again",
    ]
    assert "run `claude setup-token`" in office.sink.heard[2].json["message"]


async def test_one_account_that_is_blocked_while_others_go_on_is_told_by_its_name(office: Office) -> None:
    await office.receiver()
    data = worker("working", "blocked", runtime="claude", account="work", sign_in=True, reason="the token expired")
    office.happens("worker.changed", user_id=office.house.admin.user.id, data=data)
    assert await office.look() == [("phone", "claude/work on worker nas needs a sign-in")]


async def test_a_worker_that_vanishes_is_told_and_so_is_its_return(office: Office) -> None:
    house = office.house
    await office.receiver()
    hand = house.hand("nas")
    hand.claim()
    assert not house.read(presence.vanished)
    house.clock.turn(minutes=5)
    assert len(house.read(presence.vanished)) == 1
    house.write(presence.note_vanished)
    house.write(presence.note_vanished)
    assert await office.look() == [("phone", "Worker nas is gone")]
    assert "it was idle and has not been heard of since 2026-11-22 12:00 UTC" in last(office)["message"]
    house.clock.turn(minutes=1)
    hand.claim()
    assert (await office.look())[1:] == [("phone", "Worker nas works again")]


async def test_a_worker_that_says_good_bye_is_not_missed(house: House) -> None:
    hand = house.hand("nas")
    house.write(presence.show, hand.actor, Presence(worker=hand.info, state=WorkerState.OFFLINE))
    house.clock.turn(hours=1)
    assert house.read(presence.vanished) == []


async def test_a_worker_that_is_heard_of_through_its_job_is_back(office: Office) -> None:
    house = office.house
    await office.receiver()
    hand = house.hand("nas")
    house.run(house.a_task())
    taken = hand.take()
    house.clock.turn(minutes=6)
    house.write(presence.note_vanished)
    hand.beat(taken)
    (found,) = house.read(lambda tx: tx.workers.all())
    assert found.state is WorkerState.WORKING


@pytest.mark.parametrize(
    ("type_", "data", "title", "text"),
    [
        (
            "budget.reached",
            {"scope": "demo in November", "limit": "50 USD", "used": "50.20 USD", "until": "2026-12-01T00:00:00+00:00"},
            "The budget of demo in November is used up",
            "50.20 USD of 50 USD used. No job of it begins before 2026-12-01 00:00 UTC.",
        ),
        ("disk.low", {"worker": "nas", "free": 1.5e9}, "The disk of nas is nearly full", "1.5 GB are free."),
        (
            "backup.stale",
            {"since": "2026-11-20T03:00:00+00:00"},
            "There is no recent backup",
            "None was made since 2026-11-20 03:00 UTC.",
        ),
    ],
)
async def test_what_the_installation_lacks_is_told_with_its_numbers(
    office: Office, type_: str, data: dict[str, Any], title: str, text: str
) -> None:
    await office.receiver()
    office.happens(type_, data=data)
    await office.look()
    assert (last(office)["title"], last(office)["message"]) == (title, text)


async def test_a_pull_request_is_told_with_its_link_and_a_passing_fault_of_the_forge_not_at_all(office: Office) -> None:
    await office.receiver(topics=["pull_request.*"])
    house = office.house
    house.product()
    product = house.read(lambda tx: tx.products.by_code("demo"))
    assert product is not None
    passing = {"branch": "b", "trouble": "unreachable", "reason": "away", "due_at": "2026-11-22T12:01:00+00:00"}
    office.happens("pull_request.failed", product_id=product.id, data=passing)
    assert await office.look() == []
    office.happens("pull_request.opened", product_id=product.id, data={"branch": "b", "url": "https://x.example/1"})
    await office.look()
    assert (last(office)["title"], last(office)["click"]) == ("The pull request of b was opened", "https://x.example/1")
    office.happens("pull_request.failed", product_id=product.id, data=passing | {"trouble": "no_credentials"})
    house.clock.turn(seconds=11)
    assert (await office.look())[1:] == [("phone", "The pull request of b could not be opened or brought up to date")]


@pytest.mark.parametrize(
    ("type_", "more", "title"),
    [
        ("pull_request.merged", {}, "Pull request 7 of b was merged"),
        (
            "pull_request.remarked",
            {"kinds": ["review", "checks"]},
            "Something was said about demo#7 that waits for an answer",
        ),
        ("forge_action.failed", {"deed": "merge", "reason": "rules"}, "The forge did not do «merge» on b"),
    ],
)
async def test_what_becomes_of_a_pull_request_is_told(
    office: Office, type_: str, more: dict[str, Any], title: str | None
) -> None:
    await office.receiver(topics=["*"])
    office.house.product()
    product = office.house.read(lambda tx: tx.products.by_code("demo"))
    assert product is not None
    data = {"id": "prq_1", "number": 7, "branch": "b", "title": "A story", "url": "https://x.example/7", **more}
    office.happens(type_, product_id=product.id, data=data)
    assert [said for _, said in await office.look()] == [title] * (title is not None)


async def test_a_run_is_told_when_it_stands_still_or_ends_but_not_when_a_person_paused_it(office: Office) -> None:
    await office.receiver()
    house = office.house
    house.product()
    product = house.read(lambda tx: tx.products.by_code("demo"))
    assert product is not None
    run = {"id": "run_1", "code": "S-1", "status": "PAUSED", "was": "RUNNING", "reason": "J-1 waits for an answer"}
    office.happens("sprint_run.changed", product_id=product.id, data=run | {"pause": "MANUAL"})
    office.happens("sprint_run.changed", product_id=product.id, data=run | {"status": "RUNNING", "was": "QUEUED"})
    assert await office.look() == []
    office.happens("sprint_run.changed", product_id=product.id, data=run | {"pause": "QUESTION"})
    assert await office.look() == [("phone", "The run of sprint S-1 stands still")]
    house.clock.turn(seconds=11)
    office.happens("sprint_run.changed", product_id=product.id, data=run | {"status": "DONE"})
    assert (await office.look())[1:] == [("phone", "The run of sprint S-1 is done")]
