"""Tools about questions: an agent asks, and waits or is parked; people's own agents answer for them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from ploeg.domain.question import ANSWER_MAX, OPTION_MAX, OPTIONS_MAX, QUESTION_MAX
from ploeg.tools.declaration import Arguments, Reference, Result, Side, Tool

#: Seconds that an agent may wait for an answer before its job is parked.
WAIT_MAX = 600

State = Literal["open", "answered", "cancelled", "expired"]
Option = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=OPTION_MAX)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class AskUserQuestion(Arguments):
    story_id: Reference | None = Field(
        default=None, description="The id or code of the story that it is about. Give this or `idea_id`, never both."
    )
    idea_id: Reference | None = Field(default=None, description="The id or code of the idea that it is about.")
    question: Text = Field(
        max_length=QUESTION_MAX, description="The question, with what a person must know to answer it."
    )
    options: list[Option] = Field(
        default=[], max_length=OPTIONS_MAX, description="Answers to choose from; 2 to 4 are best."
    )
    recommended: int | None = Field(
        default=None, ge=1, le=OPTIONS_MAX, description="The number of the option that you would take, 1 for the first."
    )
    task_id: Reference | None = Field(default=None, description="The task that it is about, if it is about one.")
    wait_seconds: int = Field(
        default=WAIT_MAX,
        ge=0,
        le=WAIT_MAX,
        description="How long to wait before the job is parked. 0: do not wait at all, and go on with what does "
        "not depend on the answer.",
    )

    @model_validator(mode="after")
    def _about_one_thing(self) -> Self:
        if (self.story_id is None) == (self.idea_id is None):
            raise ValueError("give story_id or idea_id, one of them")
        return self


class GetQuestionAnswer(Arguments):
    question_id: Reference = Field(description="The question's code, e.g. `Q-3`, or id.")


class ListOpenQuestions(Arguments):
    story_id: Reference | None = Field(default=None, description="Only those about this story, by its id or code.")
    idea_id: Reference | None = Field(default=None, description="Only those about this idea, by its id or code.")


class AnswerQuestion(Arguments):
    question_id: Reference = Field(description="The question's code, e.g. `Q-3`, or id.")
    answer: Text = Field(max_length=ANSWER_MAX, description="The answer in words, or the number of an option.")


class CancelQuestion(Arguments):
    question_id: Reference = Field(description="The question's code, e.g. `Q-3`, or id.")


class QuestionState(Result):
    """A question and what has come of it."""

    id: str
    code: str
    status: State
    #: Codes of the story or the idea, and of the job that asks.
    story: str | None = None
    idea: str | None = None
    job: str
    question: str
    options: list[str] = Field(default_factory=list)
    recommended: int | None = None
    asked_at: datetime
    expires_at: datetime
    answer: str | None = None
    #: Who answered; left out where the recommended option was taken at the deadline.
    answered_by: str | None = None
    answered_at: datetime | None = None


class QuestionAsked(QuestionState):
    #: `stop`: the job is parked until somebody answers; end the session now.
    next_action: Literal["continue", "stop"] = "continue"
    #: What to do now.
    advice: str | None = None


class OpenQuestions(Result):
    questions: list[QuestionState]


ASK_USER_QUESTION = Tool(
    name="ask_user_question",
    description=(
        "Ask the people of this product what only they can decide; look in the plan and the repository first. Give 2 "
        "to 4 options, and the number of the one that you recommend. The call waits for the answer. If none comes, the "
        "result says `stop`: the job is parked, and you must end your session at once, without closing the job. It is "
        "taken up again where you left it as soon as somebody answers. Asking the same again is no new question: it "
        "waits for the same answer. Never guess an answer."
    ),
    arguments=AskUserQuestion,
    result=QuestionAsked,
    side=Side.SERVER,
)

GET_QUESTION_ANSWER = Tool(
    name="get_question_answer",
    description="Look whether a question was answered, and how.",
    arguments=GetQuestionAnswer,
    result=QuestionState,
    side=Side.SERVER,
    people=True,
    writes=False,
)

LIST_OPEN_QUESTIONS = Tool(
    name="list_open_questions",
    description=(
        "List the questions that still wait for an answer, the newest first, at most 50: a job's agent sees those of "
        "its own job, a person's those of all their products."
    ),
    arguments=ListOpenQuestions,
    result=OpenQuestions,
    side=Side.SERVER,
    people=True,
    writes=False,
)

ANSWER_QUESTION = Tool(
    name="answer_question",
    description=(
        "Answer a question of a job's agent for the person you work for, who must have decided it. The job goes on "
        "with the answer at once."
    ),
    arguments=AnswerQuestion,
    result=QuestionState,
    side=Side.SERVER,
    people=True,
)

CANCEL_QUESTION = Tool(
    name="cancel_question",
    description="Withdraw a question that is still open: no answer is needed any more.",
    arguments=CancelQuestion,
    result=QuestionState,
    side=Side.SERVER,
    people=True,
)
