from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ploeg.domain.errors import Conflict, IllegalTransition, Invalid
from ploeg.domain.ids import IdeaId, UserId
from ploeg.domain.question import OnExpiry, QuestionStatus, still_asked
from tests.domain.making import NOW, a_question

LATER = NOW + timedelta(hours=1)
ADA = UserId("usr_1")


def test_an_answer_says_who_gave_it_and_when() -> None:
    answered = a_question().give("blue", ADA, LATER)
    assert (answered.status, answered.answer) == (QuestionStatus.ANSWERED, "blue")
    assert (answered.answered_by, answered.answered_at) == (ADA, LATER)


def test_what_is_decided_is_not_decided_again() -> None:
    for decided in (a_question().give("blue", ADA, LATER), a_question().cancel()):
        with pytest.raises(Conflict, match=f"Q-3 is {decided.status} already"):
            decided.give("red", ADA, LATER)
        with pytest.raises(Conflict):
            decided.cancel()
        with pytest.raises(IllegalTransition):
            decided.expire(LATER)


@pytest.mark.parametrize(("given", "meant"), [("2", "blue"), (" 1 ", "red"), ("green, please", "green, please")])
def test_an_answer_is_an_option_by_its_number_or_words(given: str, meant: str) -> None:
    assert a_question(options=("red", "blue")).meant(given) == meant


def test_a_number_is_just_words_where_there_are_no_options() -> None:
    assert a_question().meant("42") == "42"


@pytest.mark.parametrize("given", ["0", "3", "", "  "])
def test_an_answer_that_names_no_option_or_says_nothing_is_refused(given: str) -> None:
    with pytest.raises(Invalid):
        a_question(options=("red", "blue")).meant(given)


def test_an_expired_question_that_parks_may_still_be_answered() -> None:
    expired = a_question(on_expiry=OnExpiry.PARK).expire(LATER)
    assert expired.answer is None
    assert expired.give("blue", ADA, LATER).status is QuestionStatus.ANSWERED


def test_the_deadline_takes_the_recommended_option_for_nobody() -> None:
    expired = a_question(on_expiry=OnExpiry.DEFAULT, options=("red", "blue"), recommended=2).expire(LATER)
    assert (expired.status, expired.answer, expired.answered_by) == (QuestionStatus.EXPIRED, "blue", None)
    assert not expired.answerable


def test_without_a_recommendation_the_deadline_decides_nothing() -> None:
    expired = a_question(on_expiry=OnExpiry.DEFAULT, options=("red", "blue")).expire(LATER)
    assert expired.answer is None
    assert expired.answerable


def test_a_question_whose_deadline_fails_its_job_is_over() -> None:
    expired = a_question(on_expiry=OnExpiry.FAIL).expire(LATER)
    assert expired.fails_its_job
    with pytest.raises(Conflict, match="Q-3 is expired already"):
        expired.give("blue", ADA, LATER)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"options": ("x",) * 9}, "options"),
        ({"options": ("x", "y"), "recommended": 3}, "recommended"),
        ({"recommended": 1}, "recommended"),
        ({"idea_id": IdeaId("ide_1")}, "story_id"),
        ({"story_id": None}, "story_id"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(Invalid) as refused:
        a_question(**fields).ready_to_ask()
    assert refused.value.field == named


def test_a_job_waits_for_all_that_it_asked() -> None:
    open_, late = a_question(), a_question(number=4).expire(LATER)
    answered, cancelled = a_question(number=5).give("x", ADA, LATER), a_question(number=6).cancel()
    assert still_asked([open_, late, answered, cancelled]) == [open_, late]
    assert still_asked([answered, cancelled]) == []
