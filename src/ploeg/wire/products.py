"""Products."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from ploeg.domain.access import Role
from ploeg.domain.doc import Folder
from ploeg.domain.forge import MergeMethod
from ploeg.domain.remark import FollowUps
from ploeg.domain.sprint import PrStrategy
from ploeg.wire.base import Finite, Reply, Request, Whole
from ploeg.wire.config import ConfigIn


class ActiveHoursOut(Reply):
    windows: str
    time_zone: str


class ActiveHoursIn(Request):
    windows: str = Field(description="E.g. `22:00-07:00` or `mon-fri 22:00-07:00, sat sun 00:00-24:00`.")
    time_zone: str = Field(description="A name of the IANA database, e.g. `Europe/Amsterdam`.")


class ProductOut(Reply):
    id: str
    code: str
    name: str
    description: str | None
    repo_url: str | None
    definition_of_done: str
    max_concurrent_jobs: int | None
    max_jobs_by_runtime: dict[str, int] = Field(description="As `max_concurrent_jobs`, for single runtimes.")
    max_in_review: int | None = Field(description="How much may wait for review before new work begins.")
    max_cost_usd_per_month: float | None = Field(description="What its jobs may cost before no more of them begin.")
    max_tokens_per_month: int | None
    active_hours: ActiveHoursOut | None = Field(description="When its jobs may begin; null: always.")
    enabled_doc_folders: list[Folder] = Field(description="The folders of docs that it uses.")
    pr_strategy: PrStrategy = Field(description="How a sprint's run is cut into jobs and branches.")
    auto_pr: bool = Field(description="Whether pull requests are opened by themselves for what jobs push.")
    follow_ups: FollowUps = Field(
        description="What becomes of reviews, failed checks and conflicts of its pull requests: nothing, a question to "
        "people, or a follow-up job."
    )
    auto_merge: bool = Field(description="Whether a story's pull request is merged when the story is done.")
    merge_method: MergeMethod
    merge_train: bool = Field(description="Whether one is merged at a time, verified on top of what was merged before.")
    delete_merged_branches: bool = Field(
        description="Whether a branch goes when its pull request was merged or withdrawn."
    )
    failure_cascade: bool = Field(
        description="Whether a failed task of a sprint withdraws its backlog item's pull requests."
    )
    promote_workflow: str | None = Field(description="The workflow that publishes the product elsewhere.")
    config: dict[str, Any] = Field(description="The product's layer of the config: only what it says.")
    role: Role = Field(description="The caller's place in it.")
    archived_at: datetime | None
    created_at: datetime


class ProductEdit(Request):
    """Only the fields that are given change."""

    name: str = ""
    description: str | None = None
    repo_url: str | None = None
    definition_of_done: str | None = None
    max_concurrent_jobs: Whole | None = None
    max_jobs_by_runtime: dict[str, Whole | None] | None = Field(
        default=None, description="Runtime to limit; it takes the place of all that stood there."
    )
    max_in_review: Whole | None = Field(
        default=None, description="Tasks in REVIEW and unmerged pull requests at which no new work begins."
    )
    max_cost_usd_per_month: Finite | None = Field(
        default=None, description="US dollars at which no more of its jobs begin in a calendar month; null: no limit."
    )
    max_tokens_per_month: Whole | None = Field(default=None, description="The same in tokens of every kind.")
    active_hours: ActiveHoursIn | None = Field(default=None, description="When its jobs may begin; null: always.")
    enabled_doc_folders: list[str] | None = Field(default=None, description="Folders of docs; null: all of them.")
    pr_strategy: str = Field(default="", description="STORY, SPRINT or SPRINT_BATCH.")
    auto_pr: bool = False
    follow_ups: str = Field(default="", description="`off`, `ask` or `on`.")
    auto_merge: bool = False
    merge_method: str = Field(default="", description="`squash`, `merge` or `rebase`.")
    merge_train: bool = False
    delete_merged_branches: bool = False
    failure_cascade: bool = True
    promote_workflow: str | None = Field(default=None, description="The name of its file, e.g. `promote.yml`.")
    config: ConfigIn | None = None


class ProductIn(ProductEdit):
    name: str
    code: str | None = Field(default=None, description="Short handle; made from the name if left out.")
