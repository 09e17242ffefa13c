from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ploeg.domain.access import User
from ploeg.domain.idea import Idea
from ploeg.domain.ids import IdeaId, JobId, QuestionId
from ploeg.domain.question import OnExpiry, Question, QuestionStatus
from ploeg.store.ids import new_id
from ploeg.store.store import Store
from ploeg.store.transaction import Transaction
from tests.store.installation import START, Installation, pbi, product, story, task, user

HOUR = timedelta(hours=1)


@pytest.fixture
def here(store: Store) -> Installation:
    return Installation(store)


def idea(owner: User, number: int, **given: Any) -> Idea:
    base = {"id": IdeaId(new_id("ide")), "user_id": owner.id, "code": f"IDEA-{number:03d}", "title": "An idea"}
    return Idea(**({**base, "created_at": START} | given))


def ask(here: Installation, **given: Any) -> Question:
    """A question, stored, of a job and an attempt of its own unless it is given others."""

    def add(tx: Any) -> Question:
        job = here.add(tx)
        attempt = here.attempt(job)
        tx.attempts.add(attempt)
        of_owner = idea(here.owner, tx.ideas.next_number(here.owner.id))
        tx.ideas.add(of_owner)
        defaults = {
            "id": QuestionId(new_id("que")),
            "number": tx.questions.next_number(),
            "product_id": here.product.id,
            "job_id": job.id,
            "attempt_id": attempt.id,
            "idea_id": of_owner.id,
            "question": "Which?",
            "asked_at": START,
            "expires_at": START + HOUR,
        }
        question = Question(**(defaults | given))
        tx.questions.add(question)
        return question

    return here.store.write_blocking(add)


def test_a_question_is_read_as_it_was_written(here: Installation) -> None:
    item = pbi(here.product)
    part = story(item)
    piece = task(part)
    here.keep(item, part, piece)
    full = ask(
        here,
        idea_id=None,
        story_id=part.id,
        task_id=piece.id,
        question="Which colour, ü?",
        options=("red", "blue"),
        recommended=2,
        on_expiry=OnExpiry.DEFAULT,
        status=QuestionStatus.ANSWERED,
        answer="red",
        answered_by=here.owner.id,
        answered_at=START,
    )
    assert here.store.read_blocking(lambda tx: tx.questions.get(full.id)) == full
    assert here.store.read_blocking(lambda tx: tx.questions.by_number(full.number)) == full
    assert here.store.read_blocking(lambda tx: tx.questions.of_job(full.job_id)) == [full]


def test_what_is_not_there_is_none(here: Installation) -> None:
    assert here.store.read_blocking(lambda tx: tx.questions.get(QuestionId("que_x"))) is None
    assert here.store.read_blocking(lambda tx: tx.questions.by_number(9)) is None
    assert here.store.read_blocking(lambda tx: tx.questions.of_job(JobId("job_x"))) == []
    assert here.store.read_blocking(lambda tx: tx.questions.next_due()) is None


def test_questions_are_listed_newest_first_and_in_pages(here: Installation) -> None:
    first, second, third = (ask(here) for _ in range(3))
    answered = second.give("yes", here.owner.id, START)
    here.store.write_blocking(lambda tx: tx.questions.update(answered))
    other = product(here.owner)
    here.store.write_blocking(lambda tx: tx.products.add(other))
    elsewhere = ask(here, product_id=other.id)

    def listed(**wanted: Any) -> list[int]:
        found = here.store.read_blocking(lambda tx: tx.questions.of_products([here.product.id], **wanted))
        return [question.number for question in found]

    assert [first.number, second.number, third.number, elsewhere.number] == [1, 2, 3, 4]
    assert listed() == [3, 2, 1]
    assert listed(statuses=[QuestionStatus.OPEN]) == [3, 1]
    assert listed(limit=1, before=3) == [2]


def test_a_question_about_an_idea_is_listed_for_its_owner_until_the_idea_is_shared(here: Installation) -> None:
    asked = ask(here)
    colleague = user(username="colleague")
    here.store.write_blocking(lambda tx: tx.people.add_user(colleague))

    def listed(by: User) -> list[Question]:
        return here.store.read_blocking(
            lambda tx: tx.questions.of_products([here.product.id], seen_by=by.id, idea_id=asked.idea_id)
        )

    assert (listed(here.owner), listed(colleague)) == ([asked], [])

    def share(tx: Transaction) -> None:
        assert asked.idea_id is not None
        mine = tx.ideas.get(asked.idea_id)
        assert mine is not None
        tx.ideas.update(mine.evolve(shared=True, product_id=here.product.id))

    here.store.write_blocking(share)
    assert listed(colleague) == [asked]


def test_only_open_questions_are_ever_due(here: Installation) -> None:
    late = ask(here, expires_at=START + 2 * HOUR)
    first = ask(here)
    cancelled = ask(here, expires_at=START).cancel()
    here.store.write_blocking(lambda tx: tx.questions.update(cancelled))
    assert here.store.read_blocking(lambda tx: tx.questions.next_due()) == START + HOUR
    assert here.store.read_blocking(lambda tx: tx.questions.due(START)) == []
    assert here.store.read_blocking(lambda tx: tx.questions.due(START + HOUR)) == [first]
    assert here.store.read_blocking(lambda tx: tx.questions.due(START + 3 * HOUR, limit=1)) == [first]
    assert here.store.read_blocking(lambda tx: tx.questions.due(START + 3 * HOUR)) == [first, late]
