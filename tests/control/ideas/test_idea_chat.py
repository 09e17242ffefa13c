"""Talks about ideas: what is said while an agent answers is the next one's, and no turn is lost or answered twice."""

from __future__ import annotations

from typing import Any

import pytest

from ploeg.control.ideas import idea_chat
from ploeg.control.work import cancel
from ploeg.domain.errors import Conflict, Invalid, NotFound
from ploeg.domain.idea import Idea
from ploeg.domain.job import Job
from tests.control.house import House
from tests.control.idea_words import a_hand, a_product, add, now, planned_by_hand


def say(house: House, idea: Idea, text: str, **more: Any) -> Job | None:
    return house.write(idea_chat.say, house.admin, house.installation, idea.id, text, **more).job


def talk(house: House, idea: Idea, channel: str = "idea") -> list[tuple[str | None, str]]:
    lines = house.read(idea_chat.messages, house.admin, idea.id, channel)
    return [(line.author, line.message.text) for line in lines]


def given(house: House, job: Job) -> list[str]:
    """What the job's agent is given to answer."""
    held = house.job(job)
    return [message.text for message in house.write(idea_chat.cut_off, held)]


def test_an_answer_follows_what_was_said(house: House) -> None:
    a_product(house)
    hand = a_hand(house)
    idea = add(house)
    job = say(house, idea, " Which pages? ")
    assert job is not None
    assert job.kind == "IDEA_CHAT"
    hand.finish(hand.take(), "done", summary="All of them.")
    assert talk(house, idea) == [("admin", "Which pages?"), (None, "All of them.")]
    assert now(house, idea) == idea


def test_what_is_said_before_the_claim_is_answered_with_it(house: House) -> None:
    a_product(house)
    idea = add(house)
    first = say(house, idea, "One.")
    assert say(house, idea, "Two.") == first


def test_what_is_said_meanwhile_is_the_next_ones(house: House) -> None:
    a_product(house)
    hand = a_hand(house)
    idea = add(house)
    first = say(house, idea, "One.")
    assert first is not None
    taken = hand.take()
    assert given(house, first) == ["One."]
    assert say(house, idea, "Two.") is None
    assert say(house, idea, "Three.") is None
    assert given(house, first) == ["One."]
    hand.finish(taken, "done", summary="To one.")
    (following,) = house.read(lambda tx: tx.jobs.unfinished_of_idea(idea.id))
    hand.take()
    assert given(house, following) == ["One.", "Two.", "Three.", "To one."]


def test_the_plan_is_talked_about_once_there_is_one(house: House) -> None:
    a_product(house)
    with pytest.raises(Conflict, match="no plan yet"):
        say(house, add(house), "Why two stories?", channel="plan")
    idea = planned_by_hand(house)
    job = say(house, idea, "Why two stories?", channel="plan")
    assert job is not None
    assert job.kind == "PLAN_CHAT"
    assert (len(talk(house, idea, "plan")), talk(house, idea)) == (1, [])


def test_a_cancelled_talk_goes_on_when_somebody_speaks_again(house: House) -> None:
    a_product(house)
    idea = add(house)
    job = say(house, idea, "One.")
    assert job is not None
    house.write(cancel.cancel, house.admin, job.code)
    again = say(house, idea, "Two.")
    assert again is not None
    assert again.id != job.id
    a_hand(house).take()
    assert given(house, again) == ["One.", "Two."]


def test_a_failed_answer_leaves_the_talk_as_it_is(house: House) -> None:
    a_product(house)
    hand = a_hand(house)
    idea = add(house)
    say(house, idea, "One.")
    hand.finish(hand.take(), "reported_failed", reason="lost for words")
    assert talk(house, idea) == [("admin", "One.")]
    assert house.read(lambda tx: tx.jobs.unfinished_of_idea(idea.id)) == []


def test_a_talk_is_for_whoever_may_see_the_idea(house: House) -> None:
    a_product(house)
    with pytest.raises(NotFound):
        house.read(idea_chat.messages, house.person("bob"), add(house).id)


@pytest.mark.parametrize(("text", "channel"), [(" ", "idea"), ("x" * 8001, "idea"), ("Hello", "kitchen")])
def test_bad_input_is_refused(house: House, text: str, channel: str) -> None:
    a_product(house)
    with pytest.raises(Invalid):
        say(house, add(house), text, channel=channel)
