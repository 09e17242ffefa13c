"""Tools that add to the backlog, and how its items look in results."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from ploeg.domain.gate import VerifyRequired
from ploeg.tools.declaration import Arguments, Reference, Result, Side, Tool
from ploeg.tools.docs import PbiDocLinked, RoleName
from ploeg.tools.task import PLAN_MAX, TaskState

Title = Annotated[str, Field(min_length=1, max_length=200, description="One line.")]
Prose = Annotated[str | None, Field(max_length=4000)]
PriorityNumber = Annotated[
    Literal[1, 2, 3, 4], Field(description="1 critical, 2 normal, 3 low, 4 nice to have; a label, it orders nothing.")
]
PbiState = Literal["ready", "blocked", "failed", "done"]
StoryState = Literal["open", "in_sprint", "done", "failed"]


class SourceDoc(Arguments):
    """A doc that the item is made of; the revision is frozen for it."""

    doc_id: Reference = Field(description="The doc's id.")
    revision_id: Reference | None = Field(default=None, description="The current revision if left out.")
    role: RoleName = Field(description="What the doc is to the item.")


class CreatePbi(Arguments):
    product_id: Reference = Field(description="The product's id or code.")
    title: Title
    description: Prose = Field(default=None, description="Markdown.")
    priority: PriorityNumber = 2
    sort_order: float | None = Field(
        default=None, allow_inf_nan=False, description="Its place: a smaller one goes first. Behind all if left out."
    )
    source_docs: list[SourceDoc] = Field(default=[], max_length=10, description="Docs of the product to link to it.")


class CreateStory(Arguments):
    pbi_id: Reference = Field(description="The backlog item's id or code.")
    title: Title
    description: Prose = Field(default=None, description="Markdown.")
    acceptance_criteria: Prose = Field(default=None, description="What must hold when the story is done, in Markdown.")
    priority: PriorityNumber = 2
    assignee: str | None = Field(default=None, max_length=80, description="Who sees to it, by name.")
    estimate: float | None = Field(default=None, ge=0, description="In the unit that the team uses.")
    sprint_id: Reference | None = Field(default=None, description="An open sprint to plan it into, by id or code.")


class CreateTask(Arguments):
    story_id: Reference = Field(description="The story's id or code.")
    title: Title
    description: Prose = Field(default=None, description="Markdown.")
    implementation_plan: str | None = Field(
        default=None,
        max_length=PLAN_MAX,
        description="What to change and where, in Markdown, with the paths of the files; a job needs one.",
    )
    priority: PriorityNumber = 2
    verify_only: bool = Field(default=False, description="It only checks: an empty diff is what is expected.")
    verify_required: VerifyRequired = VerifyRequired.ALIGNED_OR_PARTIAL
    repo_url: str | None = Field(default=None, max_length=1000, description="Another repository than the product's.")
    runtime: str | None = Field(default=None, max_length=80, description="The agent that carries it out.")
    model: str | None = Field(default=None, max_length=200, description="The agent's model.")
    estimate: float | None = Field(default=None, ge=0, description="In the unit that the team uses.")


class _Item(Result):
    id: str
    code: str
    #: The product's code.
    product: str
    title: str
    description: str | None = None
    priority: int


class PbiShown(_Item):
    status: PbiState
    pr_url: str | None = None
    pr_merged_at: datetime | None = None
    #: The docs that it was linked to just now.
    source_docs: list[PbiDocLinked] = Field(default_factory=list)


class StoryShown(_Item):
    #: The backlog item's code.
    pbi: str
    acceptance_criteria: str | None = None
    status: StoryState
    assignee: str | None = None
    estimate: float | None = None


class TaskShown(_Item):
    #: The story's code.
    story: str
    implementation_plan: str | None = None
    status: TaskState
    verify_only: bool
    verify_required: VerifyRequired
    repo_url: str | None = None
    estimate: float | None = None


CREATE_PBI = Tool(
    name="create_pbi",
    description="Add a backlog item to a product, behind the others, and link docs of the product to it.",
    arguments=CreatePbi,
    result=PbiShown,
    side=Side.SERVER,
    people=True,
)

CREATE_STORY = Tool(
    name="create_story",
    description="Add a story to a backlog item, behind its others.",
    arguments=CreateStory,
    result=StoryShown,
    side=Side.SERVER,
    people=True,
)

CREATE_TASK = Tool(
    name="create_task",
    description="Add a task to a story, behind its others. A job can carry it out once it has an implementation plan.",
    arguments=CreateTask,
    result=TaskShown,
    side=Side.SERVER,
    people=True,
)
