"""Backlog items, stories, tasks and a story's log."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from ploeg.domain.backlog import LogType, PbiStatus, StoryStatus, TaskStatus
from ploeg.domain.gate import VerifyRequired
from ploeg.wire.base import Finite, Reply, Request, Whole
from ploeg.wire.config import ConfigIn
from ploeg.wire.pull_requests import PullRequestOut


class ItemOut(Reply):
    """What items, stories and tasks share. `product` and parents are codes."""

    id: str
    code: str
    product: str
    product_id: str
    title: str
    description: str | None
    priority: int
    sort_order: float
    created_at: datetime
    archived_at: datetime | None


class PbiOut(ItemOut):
    status: PbiStatus
    pr_url: str | None
    pr_merged_at: datetime | None


class StoryOut(ItemOut):
    pbi: str
    pbi_id: str
    acceptance_criteria: str | None
    status: StoryStatus
    sprint_id: str | None
    assignee: str | None = Field(description="Who sees to it, by name.")
    estimate: float | None
    pull_request: PullRequestOut | None = Field(
        default=None, description="What became of its branch, or of its sprint run's, on the forge."
    )


class TaskOut(ItemOut):
    story: str
    story_id: str
    implementation_plan: str | None
    status: TaskStatus
    verify_only: bool
    verify_required: VerifyRequired
    repo_url: str | None
    config: dict[str, Any]
    estimate: float | None


class ItemRef(Reply):
    """A task or a story, where more would be too much."""

    id: str
    code: str
    title: str
    status: TaskStatus | StoryStatus


class DependenciesOut(Reply):
    needs: list[ItemRef] = Field(description="What must be done before its jobs begin.")
    needed_by: list[ItemRef]


class HitOut(Reply):
    """What a search found."""

    kind: Literal["pbi", "story", "task"]
    id: str
    code: str
    product: str
    parent: str | None = Field(description="The code of the story's backlog item or of the task's story.")
    title: str
    status: str
    snippet: str = Field(description="Words around the first match, if its texts have any.")


class LogOut(Reply):
    id: str
    type: LogType
    content: str
    status: str | None
    commit_hash: str | None
    commit_message: str | None
    metadata: dict[str, Any] | None
    created_at: datetime


class ActivityOut(Reply):
    """One thing that happened to a story, its tasks or its jobs."""

    at: datetime
    type: str = Field(description="`log.plan`, `log.test` or `log.commit` of an agent, or the type of an event.")
    actor: str | None
    text: str = Field(description="For a person to read.")
    data: dict[str, Any]


class PbiIn(Request):
    title: str
    description: str | None = None
    priority: Whole = 2


class StoryIn(PbiIn):
    acceptance_criteria: str | None = None
    assignee: str | None = Field(default=None, description="Somebody who may change the product, by name.")
    estimate: Finite | None = Field(default=None, description="In the unit that the team uses.")


class TaskIn(PbiIn):
    implementation_plan: str | None = Field(default=None, description="Markdown; the agent works from it.")
    verify_only: bool = Field(default=False, description="Checks only: an empty diff is what is expected.")
    verify_required: str = VerifyRequired.ALIGNED_OR_PARTIAL
    repo_url: str | None = Field(default=None, description="Another repository than the product's.")
    config: ConfigIn | None = None
    estimate: Finite | None = Field(default=None, description="In the unit that the team uses.")


class PlaceIn(Request):
    """Where it goes among its siblings."""

    after: str | None = Field(default=None, description="Behind that sibling, by code or id.")
    before: str | None = Field(default=None, description="Before that sibling, by code or id.")
    first: bool = Field(default=False, description="Before all of them.")
    last: bool = Field(default=False, description="Behind all of them.")


class PbiEdit(PlaceIn):
    title: str = ""
    description: str | None = None
    priority: Whole = 2
    status: str = ""


class StoryEdit(PlaceIn):
    title: str = ""
    description: str | None = None
    priority: Whole = 2
    acceptance_criteria: str | None = None
    pbi: str | None = Field(default=None, description="Another backlog item of the product to move it to.")
    assignee: str | None = Field(default=None, description="By name; null for nobody.")
    estimate: Finite | None = None


class TaskEdit(PlaceIn):
    title: str = ""
    description: str | None = None
    priority: Whole = 2
    status: str = ""
    implementation_plan: str | None = None
    verify_only: bool = False
    verify_required: str = ""
    repo_url: str | None = None
    config: ConfigIn | None = None
    story: str | None = Field(default=None, description="Another story of the product to move it to.")
    estimate: Finite | None = None
