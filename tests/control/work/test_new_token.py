"""A worker stays the same one when another token of its user takes the place of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ploeg.control.people import people
from ploeg.control.work import presence, report
from ploeg.domain.errors import NotFound
from ploeg.wire.work import Handback, Presence
from tests.control.house import Hand, House


@pytest.fixture
def hand(house: House) -> Hand:
    house.run(house.a_task())
    return house.hand()


def replaced(house: House, hand: Hand) -> Hand:
    """The same worker with another token of the same user."""
    return replace(hand, actor=house.hand(hand.info.instance).actor)


def test_a_worker_whose_token_was_replaced_and_revoked_goes_on_with_its_attempt(house: House, hand: Hand) -> None:
    got = hand.take()
    again = replaced(house, hand)
    with pytest.raises(NotFound):
        again.beat(got)
    house.write(people.revoke_token, house.admin, hand.actor.token_id)
    again.beat(got)
    assert again.done(got).job_status == "done"
    assert again.claim() is None
    workers = house.read(presence.listing, house.admin)
    assert [worker.token_id for worker in workers] == [again.actor.token_id]


def test_a_worker_that_stopped_and_comes_back_with_another_token_is_the_same_one(house: House, hand: Hand) -> None:
    got = hand.take()
    house.write(presence.show, hand.actor, Presence(worker=hand.info, state="offline"))
    again = replaced(house, hand)
    handback = Handback(worker=again.info, still_held=[got.attempt_id])
    reply = house.write(report.hand_back, again.actor, house.installation, handback)
    assert (reply.worker_id, reply.handed_back) == (house.attempt(got).worker_id, [])
    assert again.done(got).job_status == "done"


def test_a_copied_home_with_another_token_is_another_worker_while_the_first_is_there(house: House, hand: Hand) -> None:
    got = hand.take()
    copy = replaced(house, hand)
    handback = Handback(worker=copy.info, still_held=[])
    assert house.write(report.hand_back, copy.actor, house.installation, handback).handed_back == []
    hand.beat(got)
    assert len(house.read(presence.listing, house.admin)) == 2


def test_another_user_s_token_never_takes_a_worker_over(house: House, hand: Hand) -> None:
    got = hand.take()
    house.write(people.revoke_token, house.admin, hand.actor.token_id)
    bob = house.hand(hand.info.instance, of=house.person("bob"))
    with pytest.raises(NotFound):
        bob.beat(got)
    assert bob.claim() is None
    assert len(house.read(presence.listing, house.admin)) == 2
