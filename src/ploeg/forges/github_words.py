"""What GitHub says, in words of the domain."""

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
    Verdict,
)
from ploeg.forges.base import PullRequest
from ploeg.forges.reading import check, login, moment

EVENTS = {Verdict.APPROVED: "APPROVE", Verdict.CHANGES_REQUESTED: "REQUEST_CHANGES", Verdict.COMMENTED: "COMMENT"}
_VERDICTS = {
    "APPROVED": Verdict.APPROVED,
    "CHANGES_REQUESTED": Verdict.CHANGES_REQUESTED,
    "COMMENTED": Verdict.COMMENTED,
    "DISMISSED": Verdict.DISMISSED,
}
_STATUSES = {"success": ChecksState.GREEN, "pending": ChecksState.PENDING}
_CONCLUSIONS = {"success", "neutral", "skipped"}


def pull_request(told: dict[str, Any]) -> PullRequest:
    return PullRequest(
        number=told["number"],
        url=told["html_url"],
        title=told["title"],
        text=told.get("body") or "",
        draft=bool(told.get("draft")),
        node_id=told["node_id"],
    )


def pull_state(told: dict[str, Any]) -> PullState:
    # A list has `merged_at` alone.
    merged = bool(told.get("merged_at"))
    return PullState(
        number=told["number"],
        url=told["html_url"],
        title=told["title"],
        text=told.get("body") or "",
        status=PullStatus.MERGED if merged else PullStatus.OPEN if told["state"] == "open" else PullStatus.CLOSED,
        draft=bool(told.get("draft")),
        head=told["head"]["ref"],
        head_sha=told["head"]["sha"],
        base=told["base"]["ref"],
        # Of an open one, this is a commit that GitHub made to try it.
        merged_sha=told.get("merge_commit_sha") if merged else None,
        mergeable=told.get("mergeable"),
        author=login(told.get("user")),
        own=_repository(told["head"]) == _repository(told["base"]),
    )


def status(told: dict[str, Any]) -> tuple[Check, ChecksState]:
    said = check(told["context"], told.get("target_url"), told.get("description"))
    return said, _STATUSES.get(told["state"], ChecksState.RED)


def check_run(told: dict[str, Any]) -> tuple[Check, ChecksState]:
    output = told.get("output") or {}
    said = check(told["name"], told.get("html_url"), output.get("title") or output.get("summary"))
    if told["status"] != "completed":
        return said, ChecksState.PENDING
    return said, ChecksState.GREEN if told.get("conclusion") in _CONCLUSIONS else ChecksState.RED


def comment(told: dict[str, Any]) -> Comment:
    return Comment(
        id=str(told["id"]),
        author=login(told.get("user")),
        text=told.get("body") or "",
        url=told["html_url"],
        created_at=moment(told["created_at"]),
        path=told.get("path"),
        # The code moved on since: the line that it had then.
        line=told.get("line") or told.get("original_line"),
    )


def review(told: dict[str, Any], remarks: tuple[Comment, ...]) -> Review | None:
    """None for what is not handed in."""
    verdict = _VERDICTS.get(told["state"])
    if verdict is None:
        return None
    return Review(
        id=str(told["id"]),
        author=login(told.get("user")),
        verdict=verdict,
        text=told.get("body") or "",
        sha=told.get("commit_id") or "",
        submitted_at=moment(told["submitted_at"]),
        remarks=remarks,
    )


def issue(told: dict[str, Any]) -> Issue:
    labels = [label if isinstance(label, str) else label.get("name") or "" for label in told.get("labels") or []]
    return Issue(
        number=told["number"],
        title=told["title"],
        text=told.get("body") or "",
        url=told["html_url"],
        author=login(told.get("user")),
        labels=tuple(label for label in labels if label),
        open=told["state"] == "open",
        created_at=moment(told["created_at"]),
        updated_at=moment(told["updated_at"]),
    )


def _repository(end: dict[str, Any]) -> int | None:
    """Which one a branch is in; None when it is gone."""
    return (end.get("repo") or {}).get("id")
