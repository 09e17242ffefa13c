"""Backlog items, stories, tasks and a story's log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from ploeg.domain.backlog import LogType, PbiStatus, StoryStatus, TaskStatus
from ploeg.domain.gate import VerifyRequired
from ploeg.wire.base import Reply, Request, Whole
from ploeg.wire.config import ConfigIn


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


class PbiOut(ItemOut):
    status: PbiStatus
    pr_url: str | None
    pr_merged_at: datetime | None


class StoryOut(ItemOut):
    pbi: str
    pbi_id: str
    acceptance_criteria: str | None
    status: StoryStatus


class TaskOut(ItemOut):
    story: str
    story_id: str
    implementation_plan: str | None
    status: TaskStatus
    verify_only: bool
    verify_required: VerifyRequired
    repo_url: str | None
    config: dict[str, Any]


class LogOut(Reply):
    id: str
    type: LogType
    content: str
    status: str | None
    commit_hash: str | None
    commit_message: str | None
    metadata: dict[str, Any] | None
    created_at: datetime


class PbiIn(Request):
    title: str
    description: str | None = None
    priority: Whole = 2


class StoryIn(PbiIn):
    acceptance_criteria: str | None = None


class TaskIn(PbiIn):
    implementation_plan: str | None = Field(default=None, description="Markdown; the agent works from it.")
    verify_only: bool = Field(default=False, description="Checks only: an empty diff is what is expected.")
    verify_required: str = VerifyRequired.ALIGNED_OR_PARTIAL
    repo_url: str | None = Field(default=None, description="Another repository than the product's.")
    config: ConfigIn | None = None


class PlaceIn(Request):
    """Where it goes among its siblings."""

    after: str | None = Field(default=None, description="Behind that sibling, by code or id.")
    before: str | None = Field(default=None, description="Before that sibling, by code or id.")


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
