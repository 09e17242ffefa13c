"""Questions of agents, and what people answered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, exists, func, or_, select

from ploeg.domain.ids import IdeaId, JobId, ProductId, QuestionId, StoryId, UserId
from ploeg.domain.question import Question, QuestionStatus
from ploeg.store.rows import Shape
from ploeg.store.series import INSTALLATION, next_in
from ploeg.store.tables.ideas import ideas
from ploeg.store.tables.questions import IS_OPEN, questions

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

QUESTION = Shape(Question, questions, "question")

_BY_NUMBER = QUESTION.select.where(questions.c.number == bindparam("number"))
_OF_JOB = QUESTION.select.where(questions.c.job_id == bindparam("job_id")).order_by(questions.c.number)
_NEWEST = QUESTION.select.order_by(questions.c.number.desc())
_OPEN_ABOUT = QUESTION.select.where(IS_OPEN, questions.c.story_id == bindparam("story_id")).order_by(questions.c.number)
_DUE = (
    QUESTION.select.where(IS_OPEN, questions.c.expires_at <= bindparam("now"))
    .order_by(questions.c.expires_at)
    .limit(bindparam("limit"))
)
_NEXT_DUE = select(func.min(questions.c.expires_at)).where(IS_OPEN)
_OPEN = select(func.count()).select_from(questions).where(IS_OPEN)


class Questions:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, question: Question) -> None:
        QUESTION.add(self._tx, question)

    def next_number(self) -> int:
        """The installation's next question number: 1, 2, …, each given once."""
        return next_in(self._tx, INSTALLATION, "Q")

    def get(self, question_id: QuestionId) -> Question | None:
        return QUESTION.get(self._tx, question_id)

    def by_number(self, number: int) -> Question | None:
        return QUESTION.one(self._tx, _BY_NUMBER, number=number)

    def update(self, question: Question) -> None:
        QUESTION.update(self._tx, question)

    def count_open(self) -> int:
        return int(self._tx.connection.execute(_OPEN).scalar_one())

    def of_job(self, job_id: JobId) -> list[Question]:
        """The first one first."""
        return QUESTION.all(self._tx, _OF_JOB, job_id=job_id)

    def open_about(self, story_id: StoryId) -> list[Question]:
        """The story's open ones, the first one first."""
        return QUESTION.all(self._tx, _OPEN_ABOUT, story_id=story_id)

    def of_products(
        self,
        product_ids: Sequence[ProductId],
        *,
        seen_by: UserId | None = None,
        statuses: Collection[QuestionStatus] | None = None,
        story_id: StoryId | None = None,
        idea_id: IdeaId | None = None,
        limit: int = 50,
        before: int | None = None,
    ) -> list[Question]:
        """The newest first; `before` is the number of the last question of the page before.

        `seen_by`: those about an idea only where it is that person's own, or shared with the product that they are of.
        """
        statement = _NEWEST.where(questions.c.product_id.in_(list(product_ids))).limit(limit)
        if seen_by is not None:
            shared = and_(ideas.c.shared, ideas.c.product_id == questions.c.product_id)
            visible = exists().where(ideas.c.id == questions.c.idea_id, or_(ideas.c.user_id == seen_by, shared))
            statement = statement.where(or_(questions.c.idea_id.is_(None), visible))
        if statuses is not None:
            statement = statement.where(questions.c.status.in_(sorted(statuses)))
        if story_id is not None:
            statement = statement.where(questions.c.story_id == story_id)
        if idea_id is not None:
            statement = statement.where(questions.c.idea_id == idea_id)
        if before is not None:
            statement = statement.where(questions.c.number < before)
        return QUESTION.all(self._tx, statement)

    def due(self, now: datetime, limit: int = 100) -> list[Question]:
        """Open ones whose deadline has passed, the longest overdue first."""
        return QUESTION.all(self._tx, _DUE, now=now, limit=limit)

    def next_due(self) -> datetime | None:
        """The earliest deadline of an open question."""
        moment: datetime | None = self._tx.connection.execute(_NEXT_DUE).scalar()
        return moment
