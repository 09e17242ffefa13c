"""What Forgejo and Gitea say, in words of the domain."""

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

#: How a draft's title begins.
DRAFT = "WIP: "

EVENTS = {Verdict.APPROVED: "APPROVED", Verdict.CHANGES_REQUESTED: "REQUEST_CHANGES", Verdict.COMMENTED: "COMMENT"}
_VERDICTS = {said: verdict for verdict, said in EVENTS.items()}
_CHECKS = {
    "success": ChecksState.GREEN,
    "warning": ChecksState.GREEN,
    "skipped": ChecksState.GREEN,
    "pending": ChecksState.PENDING,
}


def pull_request(told: dict[str, Any]) -> PullRequest:
    title, draft = _title(told)
    return PullRequest(
        number=told["number"], url=told["html_url"], title=title, text=told.get("body") or "", draft=draft
    )


def pull_state(told: dict[str, Any]) -> PullState:
    title, draft = _title(told)
    merged = bool(told.get("merged"))
    status = PullStatus.MERGED if merged else PullStatus.OPEN if told["state"] == "open" else PullStatus.CLOSED
    return PullState(
        number=told["number"],
        url=told["html_url"],
        title=title,
        text=told.get("body") or "",
        status=status,
        draft=draft,
        head=head_of(told),
        head_sha=told["head"]["sha"],
        base=told["base"]["ref"],
        merged_sha=told.get("merge_commit_sha") if merged else None,
        # Of a draft, and of what is not open, it says that it cannot be merged, whatever the changes are.
        mergeable=told.get("mergeable") if status is PullStatus.OPEN and not draft else None,
        author=login(told.get("user")),
        own=is_own(told),
    )


def head_of(told: dict[str, Any]) -> str:
    """Its branch; when that is deleted, `ref` is another one and only the label still names it."""
    return str(told["head"].get("label") or told["head"]["ref"])


def is_own(told: dict[str, Any]) -> bool:
    return bool(told["head"].get("repo_id") == told["base"].get("repo_id"))


def status(told: dict[str, Any]) -> tuple[Check, ChecksState]:
    said = check(told.get("context"), told.get("target_url"), told.get("description"))
    return said, _CHECKS.get(told.get("status") or told.get("state") or "", ChecksState.RED)


def comment(told: dict[str, Any]) -> Comment:
    return Comment(
        id=str(told["id"]),
        author=login(told.get("user")),
        text=told.get("body") or "",
        url=told["html_url"],
        created_at=moment(told["created_at"]),
        path=told.get("path") or None,
        line=told.get("position") or None,
    )


def review(told: dict[str, Any], remarks: tuple[Comment, ...]) -> Review | None:
    """None for what is not handed in, or only asks somebody for one."""
    verdict = _VERDICTS.get(told["state"])
    if verdict is None:
        return None
    return Review(
        id=str(told["id"]),
        author=login(told.get("user")),
        verdict=Verdict.DISMISSED if told.get("dismissed") else verdict,
        text=told.get("body") or "",
        sha=told.get("commit_id") or "",
        submitted_at=moment(told["submitted_at"]),
        remarks=remarks,
    )


def issue(told: dict[str, Any]) -> Issue:
    return Issue(
        number=told["number"],
        title=told["title"],
        text=told.get("body") or "",
        url=told["html_url"],
        author=login(told.get("user")),
        labels=tuple(label["name"] for label in told.get("labels") or []),
        open=told["state"] == "open",
        created_at=moment(told["created_at"]),
        updated_at=moment(told["updated_at"]),
    )


def _title(told: dict[str, Any]) -> tuple[str, bool]:
    title = str(told["title"])
    draft = title.upper().startswith(DRAFT)
    return (title[len(DRAFT) :] if draft else title), draft
