"""Ideas, their logs and talks, over both databases."""

from __future__ import annotations

from typing import Any

import pytest

from ploeg.domain.access import User
from ploeg.domain.chat import Channel, IdeaMessage
from ploeg.domain.course import Course, Stop
from ploeg.domain.errors import Conflict
from ploeg.domain.idea import Idea, IdeaLog, IdeaLogType
from ploeg.domain.idea_step import IdeaStatus
from ploeg.domain.ids import IdeaId
from ploeg.store.ids import new_id
from ploeg.store.store import Store
from tests.store.installation import START, Installation, pbi, product, user


@pytest.fixture
def here(store: Store) -> Installation:
    return Installation(store)


def idea(of: User, **given: Any) -> Idea:
    defaults = {
        "id": IdeaId(new_id("ide")),
        "user_id": of.id,
        "code": "IDEA-001",
        "title": "Dark mode",
        "created_at": START,
    }
    return Idea(**(defaults | given))


def keep(here: Installation, *ideas: Idea) -> None:
    here.store.write_blocking(lambda tx: [tx.ideas.add(each) for each in ideas])


def test_an_idea_is_read_as_it_was_written(here: Installation) -> None:
    item = pbi(here.product)
    here.keep(item)
    full = idea(
        here.owner,
        product_id=here.product.id,
        status=IdeaStatus.REVIEWING_PLAN,
        description="ü",
        grill_md="# Scope",
        plan_md="---",
        review_log={"rounds": [{"verdict": "approved"}]},
        reviewed_at=START,
        pbi_id=item.id,
        shared=True,
        was=IdeaStatus.PLAN_READY,
        course=Course(until=Stop.SPRINT, by=here.owner.id, runtimes={"IDEA_GRILL": "claude"}, reviews=2),
    )
    keep(here, full)
    store = here.store
    assert store.read_blocking(lambda tx: tx.ideas.get(full.id)) == full
    assert store.read_blocking(lambda tx: tx.ideas.by_code(here.owner.id, "IDEA-001")) == full
    assert store.read_blocking(lambda tx: tx.ideas.of_pbi(item.id)) == full
    put_away = full.evolve(archived_at=START, course=None)
    store.write_blocking(lambda tx: tx.ideas.update(put_away))
    assert store.read_blocking(lambda tx: tx.ideas.get(full.id)) == put_away


def test_codes_are_given_once_to_each_person(here: Installation) -> None:
    other = user()
    here.store.write_blocking(lambda tx: tx.people.add_user(other))
    numbers = [here.store.write_blocking(lambda tx: tx.ideas.next_number(here.owner.id)) for _ in range(2)]
    assert [*numbers, here.store.write_blocking(lambda tx: tx.ideas.next_number(other.id))] == [1, 2, 1]
    keep(here, idea(here.owner), idea(other))
    with pytest.raises(Conflict):
        keep(here, idea(here.owner))


def test_people_see_their_own_ideas_and_those_shared_with_their_products(here: Installation) -> None:
    other, elsewhere = user(), product(here.owner)
    here.store.write_blocking(lambda tx: (tx.people.add_user(other), tx.products.add(elsewhere)))
    mine = idea(other)
    private = idea(here.owner, code="IDEA-001", product_id=here.product.id)
    shared = idea(here.owner, code="IDEA-002", product_id=here.product.id, shared=True)
    away = idea(here.owner, code="IDEA-003", product_id=elsewhere.id, shared=True)
    old = idea(other, code="IDEA-004", archived_at=START)
    keep(here, mine, private, shared, away, old)

    def seen(**wanted: Any) -> set[str]:
        found = here.store.read_blocking(lambda tx: tx.ideas.visible_to(other.id, [here.product.id], **wanted))
        return {each.id for each in found}

    assert seen() == {mine.id, shared.id}
    assert seen(archived=True) == {mine.id, shared.id, old.id}
    assert seen(product_id=here.product.id) == {shared.id}
    assert seen(code="IDEA-002") == {shared.id}
    assert seen(statuses=[IdeaStatus.PLANNED]) == set()


def test_a_log_keeps_each_call_once(here: Installation) -> None:
    one = idea(here.owner)
    keep(here, one)

    def log(content: str, call_id: str | None = None) -> bool:
        line = IdeaLog(
            id=new_id("log"),
            idea_id=one.id,
            type=IdeaLogType.NOTE,
            content=content,
            created_at=START,
            actor="server",
            metadata={"n": 1},
        )
        return here.store.write_blocking(lambda tx: tx.ideas.add_log(line, call_id))

    assert [log("one", "call"), log("two", "call"), log("three"), log("four")] == [True, False, True, True]
    assert [line.content for line in here.store.read_blocking(lambda tx: tx.ideas.logs(one.id))] == [
        "one",
        "three",
        "four",
    ]
    assert [line.content for line in here.store.read_blocking(lambda tx: tx.ideas.logs(one.id, 1))] == ["four"]


def test_further_products_are_set_as_a_whole(here: Installation) -> None:
    one = idea(here.owner)
    keep(here, one)
    for wanted in ([here.product.id, here.product.id], [], [here.product.id]):
        here.store.write_blocking(lambda tx, wanted=wanted: tx.ideas.set_products(one.id, wanted))
        found = here.store.read_blocking(lambda tx: tx.ideas.products(one.id))
        assert found == list(dict.fromkeys(wanted))


def test_a_job_takes_up_what_is_open_in_its_channel(here: Installation) -> None:
    one = idea(here.owner)
    keep(here, one)
    job = here.store.write_blocking(here.add)

    def said(tx: Any, text: str, channel: Channel = Channel.IDEA, **given: Any) -> None:
        defaults = {"id": new_id("msg"), "number": tx.chats.next_number(one.id), "user_id": here.owner.id}
        tx.chats.add(IdeaMessage(idea_id=one.id, channel=channel, text=text, created_at=START, **(defaults | given)))

    def talk(tx: Any) -> None:
        said(tx, "one")
        said(tx, "aside", Channel.PLAN)
        said(tx, "answer", user_id=None)
        said(tx, "two")
        assert tx.chats.open(one.id, Channel.IDEA) == 2
        tx.chats.take_up(one.id, Channel.IDEA, job.id)
        said(tx, "three")

    here.store.write_blocking(talk)
    found = here.store.read_blocking(lambda tx: tx.chats.messages(one.id, Channel.IDEA))
    assert [(each.number, each.text, each.job_id) for each in found] == [
        (1, "one", job.id),
        (3, "answer", None),
        (4, "two", job.id),
        (5, "three", None),
    ]
    assert here.store.read_blocking(lambda tx: tx.chats.open(one.id, Channel.IDEA)) == 1
    assert here.store.read_blocking(lambda tx: tx.chats.open(one.id, Channel.PLAN)) == 1
    assert [
        each.number for each in here.store.read_blocking(lambda tx: tx.chats.messages(one.id, Channel.IDEA, 1))
    ] == [5]


def test_jobs_of_a_private_idea_are_left_out_for_others(here: Installation) -> None:
    other = user()
    one = idea(other, product_id=here.product.id)
    here.store.write_blocking(lambda tx: tx.people.add_user(other))
    keep(here, one)
    job = here.store.write_blocking(lambda tx: here.add(tx, idea_id=one.id, private_to=other.id))

    def seen(viewer: User) -> list[str]:
        found = here.store.read_blocking(lambda tx: tx.jobs.of_products([here.product.id], viewer=viewer.id))
        return [each.id for each in found]

    def told(viewer: User) -> list[str]:
        here.store.write_blocking(
            lambda tx: tx.events.add("job.done", product_id=here.product.id, job_id=job.id, actor="server", data={})
        )
        found = here.store.read_blocking(lambda tx: tx.events.after(0, None, viewer=viewer.id))
        return [event.type for event in found if event.type == "job.done"]

    assert (seen(other), seen(here.owner)) == ([job.id], [])
    assert (told(other), told(here.owner)) == (["job.done"], [])
    assert here.store.read_blocking(lambda tx: tx.jobs.unfinished_of_idea(one.id)) == [job]
    here.store.write_blocking(lambda tx: tx.jobs.keep_private(one.id, None))
    assert seen(here.owner) == [job.id]
