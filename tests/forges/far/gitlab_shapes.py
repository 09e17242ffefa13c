"""Everything that GitLab tells about a thing."""

from __future__ import annotations

from typing import Any

from tests.forges.far.dialect import iso
from tests.forges.far.things import Hook, Issue, Label, Note, Pull, Status

DRAFT = "Draft: "
_STATES = {"pending": "running", "success": "success", "failure": "failed", "error": "failed"}


def state(pull: Pull) -> str:
    return "opened" if pull.state == "open" else pull.state


def user(forge: Any, login: str) -> dict[str, Any]:
    return {"id": forge.accounts[login].id, "username": login, "name": login, "state": "active",
            "avatar_url": None, "web_url": f"{forge.url}/{login}"}  # fmt: skip


def request(forge: Any, pull: Pull) -> dict[str, Any]:
    draft, conflicts = pull.title.startswith(DRAFT), pull.state == "open" and not forge.mergeable(pull)
    return {
        "id": 1000 + pull.number,
        "iid": pull.number,
        "project_id": 1,
        "web_url": f"{forge.url}/crew/greeter/-/merge_requests/{pull.number}",
        "title": pull.title,
        "description": pull.text or None,
        "state": state(pull),
        "draft": draft,
        "author": user(forge, pull.author),
        "source_branch": pull.head,
        "target_branch": pull.base,
        "source_project_id": 1,
        "target_project_id": 1,
        "sha": forge.head_of(pull),
        "merge_commit_sha": None,
        "squash_commit_sha": pull.merged_sha,
        "has_conflicts": conflicts,
        "detailed_merge_status": "conflict" if conflicts else "draft_status" if draft else "mergeable",
        "merge_when_pipeline_succeeds": pull.scheduled is not None,
        "created_at": iso(pull.at),
        "updated_at": iso(pull.changed_at or pull.at),
    }


def comment(forge: Any, note: Note) -> dict[str, Any]:
    at = {"new_path": note.path, "new_line": note.line, "position_type": "text"} if note.path else None
    return {
        "id": note.id,
        "body": note.text,
        "author": user(forge, note.author),
        "system": note.system,
        "noteable_iid": note.number,
        "noteable_type": "Issue" if note.at_issue else "MergeRequest",
        "created_at": iso(note.at),
        "updated_at": iso(note.at),
    } | ({"position": at} if at else {})


def status(forge: Any, status: Status) -> dict[str, Any]:
    return {"id": status.id, "sha": status.sha, "ref": "trunk", "name": status.context,
            "status": _STATES[status.state], "description": status.text or None, "target_url": status.url or None,
            "allow_failure": False, "author": user(forge, "robot"), "created_at": iso(status.at)}  # fmt: skip


def issue(forge: Any, issue: Issue) -> dict[str, Any]:
    return {
        "id": 2000 + issue.number,
        "iid": issue.number,
        "project_id": 1,
        "title": issue.title,
        "description": issue.text or None,
        "state": "opened" if issue.state == "open" else "closed",
        "labels": issue.labels,
        "author": user(forge, issue.author),
        "web_url": f"{forge.url}/crew/greeter/-/issues/{issue.number}",
        "created_at": iso(issue.at),
        "updated_at": iso(issue.changed_at),
    }


def commit(sha: str) -> dict[str, Any]:
    who = {"author_name": "Forge", "author_email": "forge@localhost"}
    return {"id": sha, "short_id": sha[:8], "title": "More", "message": "More\n", **who}


def told_hook(hook: Hook) -> dict[str, Any]:
    return {"id": hook.id, "url": hook.url, "created_at": iso(hook.at)} | dict.fromkeys(hook.events, True)


def label(label: Label) -> dict[str, Any]:
    return {"id": label.id, "name": label.name, "color": f"#{label.colour}", "description": None}
