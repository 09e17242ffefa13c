"""Ideas in the hands of several at once, on both databases."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from ploeg.control.ideas import idea_chat, idea_jobs, materialise
from ploeg.control.queue.submit import Wish
from ploeg.domain.chat import Channel
from ploeg.domain.errors import Conflict
from ploeg.domain.idea import Idea
from ploeg.domain.idea_step import IdeaStatus, Step
from tests.control.house import House
from tests.control.idea_words import a_hand, a_product, add, now, planned_by_hand
from tests.control.questions.test_question_race import (
    at_once,
    busy_house,
    database_url,
    migrated_file,
    postgres_cluster,
)

__all__ = ["busy_house", "database_url", "migrated_file", "postgres_cluster"]

ROUNDS = 8


def grill(house: House, idea: Idea) -> None:
    """Unless somebody else was first."""
    with suppress(Conflict):
        house.write(idea_jobs.take_step, house.admin, house.installation, idea.id, Step.GRILL, Wish())


def test_of_two_steps_at_once_one_is_taken(busy_house: House) -> None:
    house = busy_house
    a_product(house)
    for _ in range(ROUNDS):
        idea = add(house)
        at_once(partial(grill, house, idea), partial(grill, house, idea))
        assert now(house, idea).status is IdeaStatus.GRILLING
        assert len(house.read(lambda tx, idea=idea: tx.jobs.unfinished_of_idea(idea.id))) == 1


def test_what_is_said_in_the_moment_of_an_answer_is_answered(busy_house: House) -> None:
    house = busy_house
    a_product(house)
    hand = a_hand(house)
    idea = add(house)
    house.write(idea_chat.say, house.admin, house.installation, idea.id, "And?")
    for _ in range(ROUNDS):
        taken = hand.take()
        say = partial(house.write, idea_chat.say, house.admin, house.installation, idea.id, "And?")
        at_once(say, partial(hand.finish, taken, "done", summary="So."))
        assert house.read(lambda tx: tx.chats.open(idea.id, Channel.IDEA)) == 1
        assert len(house.read(lambda tx: tx.jobs.unfinished_of_idea(idea.id))) == 1


def test_materialised_twice_at_once_it_is_one_item(busy_house: House) -> None:
    house = busy_house
    a_product(house)
    for _ in range(ROUNDS):
        idea = planned_by_hand(house)
        make = partial(house.write, materialise.materialise, house.admin, idea.id)
        at_once(make, make)
        became = now(house, idea)
        assert became.product_id is not None
        items = house.read(lambda tx, became=became: tx.backlog.pbis(became.product_id))
        assert [item.id for item in items][-1] == became.pbi_id
        assert len({item.sort_order for item in items}) == len(items)
    assert len(items) == ROUNDS
