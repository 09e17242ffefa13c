"""A product: a repository, what done means for it, and how its jobs run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from ploeg.domain.budget import Budget
from ploeg.domain.config import ConfigLayer
from ploeg.domain.doc import Folder
from ploeg.domain.errors import Conflict, Invalid
from ploeg.domain.forge import MergeMethod
from ploeg.domain.hours import ActiveHours
from ploeg.domain.ids import ProductId, UserId
from ploeg.domain.remark import FollowUps
from ploeg.domain.sprint import PrStrategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    id: ProductId
    owner_id: UserId
    name: str
    #: Short handle for the command line, unique per installation.
    code: str
    repo_url: str | None
    definition_of_done: str
    created_at: datetime
    description: str | None = None
    #: Jobs of this product that may run at the same time; None is no limit.
    max_concurrent_jobs: int | None = None
    config: ConfigLayer = field(default_factory=ConfigLayer)
    archived_at: datetime | None = None
    #: None is all of them.
    enabled_doc_folders: tuple[Folder, ...] | None = None
    #: When its jobs may begin; None is always.
    active_hours: ActiveHours | None = None
    #: The span of its hours that it is in, or that comes next; `control/hours.py` keeps it up to date.
    open_from: datetime | None = None
    open_until: datetime | None = None
    #: As `max_concurrent_jobs`, for single runtimes.
    max_jobs_by_runtime: Mapping[str, int] | None = None
    #: How much may wait for people's review before new work begins; None is no limit.
    max_in_review: int | None = None
    #: What its jobs may spend in a calendar month before no more of them begin; None is no limit.
    max_cost_usd_per_month: float | None = None
    max_tokens_per_month: int | None = None
    #: How a sprint's run is cut into jobs and branches, unless its start says otherwise.
    pr_strategy: PrStrategy = PrStrategy.SPRINT_BATCH
    #: Open pull requests by itself for what its jobs push.
    auto_pr: bool = False
    #: What becomes of reviews, failed checks and conflicts of its pull requests.
    follow_ups: FollowUps = FollowUps.ASK
    #: Merge a story's pull request when the story is done.
    auto_merge: bool = False
    merge_method: MergeMethod = MergeMethod.SQUASH
    #: Merge one at a time, each verified on top of what was merged before it.
    merge_train: bool = False
    #: Delete a branch when its pull request was merged or withdrawn.
    delete_merged_branches: bool = False
    #: Withdraw the pull requests of a backlog item of which a sprint run's task failed.
    failure_cascade: bool = True
    #: The workflow that publishes the product elsewhere: its file's name.
    promote_workflow: str | None = None

    @property
    def budget(self) -> Budget:
        """Of each month."""
        return Budget(max_cost_usd=self.max_cost_usd_per_month, max_tokens=self.max_tokens_per_month)

    @property
    def archived(self) -> bool:
        return self.archived_at is not None

    def ready_for_jobs(self) -> Self:
        """This product, if a job may be queued for it."""
        if self.archived:
            raise Conflict(f"product {self.code} is archived; restore it first")
        if not self.repo_url:
            raise Conflict(f"product {self.code} has no repository; give it a repo_url first")
        return self

    def evolve(self, **changes: Any) -> Self:
        return replace(self, **changes)


def check_repo_url(field_name: str, url: str) -> str:
    """A URL that git can fetch without running anything: https, http, ssh, file, git@host:path, or an absolute path.

    Credentials inside a URL are refused, since URLs are shown and logged; so are git's command-running transports.
    """
    url = url.strip()
    remedy = _flaw(url)
    if remedy:
        head, at, tail = url.rpartition("@")
        shown = f"{head.partition('://')[0]}://…@{tail}" if at and "://" in head else f"…@{tail}" if at else url
        raise Invalid(field_name, shown, remedy)
    return url


def _flaw(url: str) -> str | None:
    """What is wrong with that URL, as a remedy; None if nothing is."""
    if any(ord(c) < 0x20 or c == "\x7f" for c in url):
        return "a URL has no control characters"
    scheme, separator, rest = url.partition("://")
    if not separator:
        return None if url.startswith("/") else _flaw_of_short_form(url)
    if scheme not in {"https", "http", "ssh", "file"}:
        return "use https, http, ssh or file"
    authority, _, path = rest.partition("/")
    userinfo, _, host = authority.rpartition("@")
    if ":" in userinfo or (userinfo and scheme != "ssh"):
        return "leave credentials out; the worker gives them to git itself"
    if " " in url or host.startswith("-") or not (path if scheme == "file" else host):
        return "give the host and the path of a repository"
    return None


def _flaw_of_short_form(url: str) -> str | None:
    """`git@host:path`, as ssh takes it."""
    address, colon, path = url.partition(":")
    if "@" in path.partition("/")[0]:
        return "leave credentials out; the worker gives them to git itself"
    host = address.rpartition("@")[2]
    if not (colon and path and host) or "/" in address or "::" in url or " " in url or "-" in {url[0], host[0]}:
        return "give an https://, ssh:// or file:// URL, git@host:path, or an absolute path"
    return None
