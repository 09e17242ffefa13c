"""A question of an agent to people: its states, its deadline, and what comes of it when nobody answers in time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from ploeg.domain.errors import Conflict, IllegalTransition, Invalid
from ploeg.domain.ids import AttemptId, IdeaId, JobId, ProductId, QuestionId, StoryId, TaskId, UserId

QUESTION_MAX = 4000
OPTIONS_MAX = 8
OPTION_MAX = 500
ANSWER_MAX = 4000


class QuestionStatus(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    CANCELLED = "cancelled"
    #: Its deadline has passed. What that means stands in `on_expiry`.
    EXPIRED = "expired"


class OnExpiry(StrEnum):
    """What a deadline does to a question that nobody has answered."""

    #: The job stays parked, and an answer is still welcome.
    PARK = "park"
    #: The recommended option is taken, and said to be; without one, as `park`.
    DEFAULT = "default"
    #: A parked job fails.
    FAIL = "fail"


_TRANSITIONS: dict[QuestionStatus, frozenset[QuestionStatus]] = {
    QuestionStatus.OPEN: frozenset(QuestionStatus) - {QuestionStatus.OPEN},
    QuestionStatus.EXPIRED: frozenset({QuestionStatus.ANSWERED, QuestionStatus.CANCELLED}),
    QuestionStatus.ANSWERED: frozenset(),
    QuestionStatus.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """About a story or about an idea, never both."""

    id: QuestionId
    #: Shown as `Q-<number>`.
    number: int
    product_id: ProductId
    question: str
    asked_at: datetime
    expires_at: datetime
    on_expiry: OnExpiry = OnExpiry.PARK
    story_id: StoryId | None = None
    idea_id: IdeaId | None = None
    task_id: TaskId | None = None
    #: Who asks: the job, in the attempt that it was at.
    job_id: JobId
    attempt_id: AttemptId
    options: tuple[str, ...] = ()
    #: The number of the option that the asker would take, 1 for the first.
    recommended: int | None = None
    status: QuestionStatus = QuestionStatus.OPEN
    answer: str | None = None
    #: None also for an answer that the deadline gave.
    answered_by: UserId | None = None
    answered_at: datetime | None = None

    @property
    def code(self) -> str:
        return f"Q-{self.number}"

    @property
    def recommendation(self) -> str | None:
        return self.options[self.recommended - 1] if self.recommended is not None else None

    @property
    def answerable(self) -> bool:
        """An answer would still reach its asker."""
        late = self.status is QuestionStatus.EXPIRED and self.on_expiry is not OnExpiry.FAIL and self.answer is None
        return self.status is QuestionStatus.OPEN or late

    @property
    def fails_its_job(self) -> bool:
        return self.status is QuestionStatus.EXPIRED and self.on_expiry is OnExpiry.FAIL

    def ready_to_ask(self) -> Self:
        """This question, if it is one that can be asked."""
        if (self.story_id is None) == (self.idea_id is None):
            raise Invalid("story_id", self.story_id, "a question is about a story or about an idea: name one of them")
        if len(self.options) > OPTIONS_MAX:
            raise Invalid("options", f"{len(self.options)} options", f"give at most {OPTIONS_MAX}")
        if self.recommended is not None and not 1 <= self.recommended <= len(self.options):
            raise Invalid("recommended", self.recommended, "give the number of one of the options, 1 for the first")
        return self

    def meant(self, given: str) -> str:
        """The answer that somebody wrote: an option by its number, or their own words."""
        text = given.strip()
        if text.isascii() and text.isdigit() and self.options:
            number = int(text)
            if not 1 <= number <= len(self.options):
                raise Invalid("answer", text, f"{self.code} has the options 1 to {len(self.options)}")
            return self.options[number - 1]
        if not text:
            raise Invalid("answer", given, "write an answer, or the number of an option")
        return text

    def give(self, answer: str, by: UserId, now: datetime) -> Self:
        """Somebody answers it. After the deadline too, where the job still waits for that."""
        if not self.answerable:
            raise Conflict(f"{self.code} is {self.status} already")
        return self._move(QuestionStatus.ANSWERED, answer=answer, answered_by=by, answered_at=now)

    def cancel(self) -> Self:
        """It needs no answer any more."""
        if not self.answerable:
            raise Conflict(f"{self.code} is {self.status} already")
        return self._move(QuestionStatus.CANCELLED)

    def expire(self, now: datetime) -> Self:
        """Its deadline has passed; `default` takes the recommended option."""
        taken = self.recommendation if self.on_expiry is OnExpiry.DEFAULT else None
        return self._move(QuestionStatus.EXPIRED, answer=taken, answered_at=now if taken is not None else None)

    def _move(self, status: QuestionStatus, **changes: Any) -> Self:
        if status not in _TRANSITIONS[self.status]:
            raise IllegalTransition(self.code, self.status, status)
        return replace(self, status=status, **changes)


def still_asked(questions: Iterable[Question]) -> list[Question]:
    """Those that keep a parked job waiting. One answer is not enough where an agent has asked several things."""
    return [question for question in questions if question.answerable]
