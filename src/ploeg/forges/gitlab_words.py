"""What GitLab says, in words of the domain. A pull request is a merge request there, and its comments are notes."""

from __future__ import annotations

from typing import Any

from ploeg.domain.forge import (
    Check,
    ChecksState,
    Comment,
    Issue,
    PullState,
    PullStatus,
    Review,
    StatusState,
    Verdict,
)
from ploeg.forges.base import PullRequest
from ploeg.forges.reading import check, login, moment

#: How a draft's title begins.
DRAFT = "Draft: "

STATES = {
    StatusState.PENDING: "running",
    StatusState.SUCCESS: "success",
    StatusState.FAILURE: "failed",
    StatusState.ERROR: "failed",
}
_STATUSES = {"opened": PullStatus.OPEN, "merged": PullStatus.MERGED, "closed": PullStatus.CLOSED}
_GREEN = {"success", "skipped", "manual"}
_RED = {"failed", "canceled", "canceling"}
_VERDICTS = {
    "approved": Verdict.APPROVED,
    "requested_changes": Verdict.CHANGES_REQUESTED,
    "reviewed": Verdict.COMMENTED,
    "unapproved": Verdict.DISMISSED,
}
#: What it says while it works out whether the two can be merged.
_UNDECIDED = {"checking", "unchecked", "preparing"}


def pull_request(told: dict[str, Any]) -> PullRequest:
    title, draft = _title(told)
    return PullRequest(
        number=told["iid"], url=told["web_url"], title=title, text=told.get("description") or "", draft=draft
    )


def pull_state(told: dict[str, Any]) -> PullState:
    title, draft = _title(told)
    # While it is being merged, it is `locked`.
    status = _STATUSES.get(told["state"], PullStatus.OPEN)
    merged_sha = told.get("merge_commit_sha") or told.get("squash_commit_sha") or told.get("sha")
    undecided = told.get("detailed_merge_status") in _UNDECIDED or told.get("has_conflicts") is None
    return PullState(
        number=told["iid"],
        url=told["web_url"],
        title=title,
        text=told.get("description") or "",
        status=status,
        draft=draft,
        head=told["source_branch"],
        head_sha=told.get("sha") or "",
        base=told["target_branch"],
        merged_sha=merged_sha if status is PullStatus.MERGED else None,
        mergeable=None if undecided or status is not PullStatus.OPEN else not told["has_conflicts"],
        author=login(told.get("author"), "username"),
        own=is_own(told),
    )


def is_own(told: dict[str, Any]) -> bool:
    return bool(told["source_project_id"] == told["target_project_id"])


def status(told: dict[str, Any]) -> tuple[Check, ChecksState]:
    said = check(told["name"], told.get("target_url"), told.get("description"))
    if told["status"] in _GREEN or (told["status"] in _RED and told.get("allow_failure")):
        return said, ChecksState.GREEN
    return said, ChecksState.RED if told["status"] in _RED else ChecksState.PENDING


def note(told: dict[str, Any], page: str) -> Comment:
    """`page` is that of what it was written at."""
    position = told.get("position") or {}
    return Comment(
        id=str(told["id"]),
        author=login(told.get("author"), "username"),
        text=told.get("body") or "",
        url=f"{page}#note_{told['id']}",
        created_at=moment(told["created_at"]),
        path=position.get("new_path"),
        line=position.get("new_line"),
    )


def review(told: dict[str, Any]) -> Review | None:
    """Of what it tells about a reviewer; None for one who has not said anything."""
    verdict = _VERDICTS.get(told["state"])
    if verdict is None:
        return None
    return Review(
        # It keeps no reviews, only how each reviewer stands to it.
        id=f"{told['user']['id']}-{told['state']}",
        author=login(told["user"], "username"),
        verdict=verdict,
        text="",
        sha="",
        submitted_at=moment(told["created_at"]),
    )


def issue(told: dict[str, Any]) -> Issue:
    return Issue(
        number=told["iid"],
        title=told["title"],
        text=told.get("description") or "",
        url=told["web_url"],
        author=login(told.get("author"), "username"),
        labels=tuple(told.get("labels") or ()),
        open=told["state"] == "opened",
        created_at=moment(told["created_at"]),
        updated_at=moment(told["updated_at"]),
    )


def _title(told: dict[str, Any]) -> tuple[str, bool]:
    title = str(told["title"])
    draft = title.startswith(DRAFT)
    return (title[len(DRAFT) :] if draft else title), draft
