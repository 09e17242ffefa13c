"""Tools that groom the backlog: change and move items, take them out, say what waits for what, and find them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from ploeg.domain.gate import VerifyRequired
from ploeg.tools.backlog import PbiShown, PriorityNumber, Prose, StoryShown, TaskShown, Title
from ploeg.tools.declaration import Arguments, Reference, Result, Side, Tool
from ploeg.tools.task import PLAN_MAX, TaskState

Item = Field(description="The id or code of a backlog item, a story or a task.")


class _Placed(Arguments):
    """Where it goes among its siblings; only what is given changes, and null empties a text."""

    after: Reference | None = Field(default=None, description="Right behind that sibling, by id or code.")
    before: Reference | None = Field(default=None, description="Right before that sibling.")
    first: bool = Field(default=False, description="Before all siblings.")
    last: bool = Field(default=False, description="Behind all siblings.")
    title: Title = ""
    description: Prose = Field(default=None, description="Markdown.")
    priority: PriorityNumber = 2


class EditPbi(_Placed):
    pbi_id: Reference = Field(description="The backlog item's id or code.")
    status: Literal["ready", "blocked"] = Field(default="ready", description="The others follow from the stories.")


class EditStory(_Placed):
    story_id: Reference = Field(description="The story's id or code.")
    acceptance_criteria: Prose = Field(default=None, description="What must hold when the story is done, in Markdown.")
    assignee: str | None = Field(default=None, max_length=80, description="Who sees to it, by name.")
    estimate: float | None = Field(default=None, ge=0, description="In the unit that the team uses.")
    pbi: Reference | None = Field(default=None, description="Another backlog item of the product to move it to.")


class EditTask(_Placed):
    task_id: Reference = Field(description="The task's id or code.")
    implementation_plan: str | None = Field(default=None, max_length=PLAN_MAX, description="Markdown.")
    status: TaskState = "todo"
    verify_only: bool = Field(default=False, description="It only checks: an empty diff is what is expected.")
    verify_required: VerifyRequired = VerifyRequired.ALIGNED_OR_PARTIAL
    repo_url: str | None = Field(default=None, max_length=1000, description="Another repository than the product's.")
    runtime: str | None = Field(default=None, max_length=80, description="The agent that carries it out.")
    model: str | None = Field(default=None, max_length=200, description="The agent's model.")
    estimate: float | None = Field(default=None, ge=0, description="In the unit that the team uses.")
    story: Reference | None = Field(default=None, description="Another story of the product to move it to.")


class ArchiveItem(Arguments):
    item_id: Reference = Item
    restore: bool = Field(default=False, description="Bring it back instead.")


class SetDependency(Arguments):
    item_id: Reference = Field(description="The id or code of the task or story that waits.")
    needs_id: Reference = Field(description="The id or code of the task or story that must be done first.")
    remove: bool = Field(default=False, description="Wait for it no longer instead.")


class SearchBacklog(Arguments):
    query: str = Field(min_length=1, max_length=500, description='Words, "a phrase", one or other, -without.')
    product_id: Reference | None = Field(default=None, description="Only in this product, by id or code.")
    limit: int = Field(default=20, ge=1, le=50)


class GetStoryActivity(Arguments):
    story_id: Reference = Field(description="The story's id or code.")
    limit: int = Field(default=50, ge=1, le=200, description="At most so many entries, the newest.")


class ActivityEntry(Result):
    at: datetime
    #: `log.plan`, `log.test` or `log.commit` of an agent, or the type of an event.
    type: str
    actor: str | None = None
    text: str


class StoryActivity(Result):
    #: Oldest first.
    result: list[ActivityEntry]


class ItemShown(Result):
    """A backlog item, a story or a task, where the whole of it would be too much."""

    id: str
    code: str
    product: str
    title: str
    status: str
    archived: bool = False


class DependenciesShown(Result):
    needs: list[ItemShown]
    needed_by: list[ItemShown]


class Found(ItemShown):
    snippet: str


class FoundItems(Result):
    result: list[Found]


EDIT_PBI = Tool(
    name="edit_pbi",
    description="Change a backlog item or its place; what is not given stays.",
    arguments=EditPbi,
    result=PbiShown,
    side=Side.SERVER,
    people=True,
)

EDIT_STORY = Tool(
    name="edit_story",
    description="Change a story, its place, or the backlog item it belongs to; what is not given stays.",
    arguments=EditStory,
    result=StoryShown,
    side=Side.SERVER,
    people=True,
)

EDIT_TASK = Tool(
    name="edit_task",
    description="Change a task, its place, or the story it belongs to; what is not given stays.",
    arguments=EditTask,
    result=TaskShown,
    side=Side.SERVER,
    people=True,
)

ARCHIVE_ITEM = Tool(
    name="archive_item",
    description="Take a backlog item, a story or a task out of the backlog, with all below it. Nothing is deleted.",
    arguments=ArchiveItem,
    result=ItemShown,
    side=Side.SERVER,
    people=True,
)

SET_DEPENDENCY = Tool(
    name="set_dependency",
    description="Let a task wait until another task is done, or a story until another story. A circle is refused.",
    arguments=SetDependency,
    result=DependenciesShown,
    side=Side.SERVER,
    people=True,
)

SEARCH_BACKLOG = Tool(
    name="search_backlog",
    description="Find backlog items, stories and tasks by code, title, description, acceptance criteria or plan.",
    arguments=SearchBacklog,
    result=FoundItems,
    side=Side.SERVER,
    people=True,
    writes=False,
)

GET_STORY_ACTIVITY = Tool(
    name="get_story_activity",
    description="What happened to a story, its tasks and its jobs, and what agents logged for it, as one list.",
    arguments=GetStoryActivity,
    result=StoryActivity,
    side=Side.SERVER,
    people=True,
    writes=False,
)
