"""Everything that Forgejo tells about a thing."""

from __future__ import annotations

from typing import Any

from tests.forges.far.dialect import iso
from tests.forges.far.things import Hook, Issue, Label, Note, Opinion, Pull, Right, Status

WIP = "WIP: "


def user(forge: Any, login: str) -> dict[str, Any]:
    return {"id": forge.accounts[login].id, "login": login, "full_name": "", "email": f"{login}@noreply.localhost",
            "avatar_url": f"{forge.url}/avatars/{login}", "html_url": f"{forge.url}/{login}"}  # fmt: skip


def repository(forge: Any, right: Right) -> dict[str, Any]:
    return {
        "id": 1,
        "name": "greeter",
        "full_name": "crew/greeter",
        "html_url": f"{forge.url}/crew/greeter",
        "clone_url": forge.repo_url,
        "default_branch": forge.default_branch,
        "permissions": {"admin": right >= Right.ADMIN, "push": right >= Right.WRITE, "pull": right >= Right.READ},
    }


def pull(forge: Any, pull: Pull) -> dict[str, Any]:
    draft = pull.title.startswith(WIP)
    sha, there = forge.head_of(pull), repository(forge, Right.READ)
    # When its branch is gone, only the label still says what it was called.
    ref = pull.head if forge.git.tip(pull.head) else f"refs/pull/{pull.number}/head"
    return {
        "id": 1000 + pull.number,
        "number": pull.number,
        "url": f"{forge.url}/crew/greeter/pulls/{pull.number}",
        "html_url": f"{forge.url}/crew/greeter/pulls/{pull.number}",
        "title": pull.title,
        "body": pull.text,
        "state": "open" if pull.state == "open" else "closed",
        "draft": draft,
        "merged": pull.state == "merged",
        "mergeable": pull.state == "open" and not draft and forge.mergeable(pull),
        "merge_commit_sha": pull.merged_sha,
        "user": user(forge, pull.author),
        "head": {"label": pull.head, "ref": ref, "sha": sha, "repo_id": 1, "repo": there},
        "base": {"label": pull.base, "ref": pull.base, "sha": forge.git.tip(pull.base), "repo_id": 1,
                 "repo": there},
        "created_at": iso(pull.at),
        "updated_at": iso(pull.changed_at or pull.at),
    }  # fmt: skip


def comment(forge: Any, note: Note) -> dict[str, Any]:
    page = f"{forge.url}/crew/greeter/issues/{note.number}#issuecomment-{note.id}"
    return {"id": note.id, "body": note.text, "user": user(forge, note.author), "html_url": page,
            "created_at": iso(note.at), "updated_at": iso(note.at)}  # fmt: skip


def remark(forge: Any, note: Note) -> dict[str, Any]:
    place = {"path": note.path, "position": note.line, "original_position": 0, "diff_hunk": "",
             "pull_request_review_id": note.review}  # fmt: skip
    return comment(forge, note) | place


def review(forge: Any, opinion: Opinion) -> dict[str, Any]:
    states = {"CHANGES_REQUESTED": "REQUEST_CHANGES", "COMMENTED": "COMMENT", "DISMISSED": "APPROVED"}
    page = f"{forge.url}/crew/greeter/pulls/{opinion.number}#issuecomment-{opinion.id}"
    return {
        "id": opinion.id,
        "user": user(forge, opinion.author),
        "state": states.get(opinion.verdict, opinion.verdict),
        "dismissed": opinion.verdict == "DISMISSED",
        "stale": False,
        "body": opinion.text,
        "commit_id": opinion.sha,
        "comments_count": sum(note.review == opinion.id for note in forge.notes),
        "html_url": page,
        "submitted_at": iso(opinion.at),
    }


def status(forge: Any, status: Status) -> dict[str, Any]:
    return {"id": status.id, "context": status.context, "status": status.state, "description": status.text,
            "target_url": status.url, "creator": user(forge, "robot"),
            "created_at": iso(status.at), "updated_at": iso(status.at)}  # fmt: skip


def issue(forge: Any, issue: Issue) -> dict[str, Any]:
    return {
        "id": 2000 + issue.number,
        "number": issue.number,
        "title": issue.title,
        "body": issue.text,
        "state": issue.state,
        "user": user(forge, issue.author),
        "labels": [{"id": 1, "name": name, "color": "ee0701"} for name in issue.labels],
        "html_url": f"{forge.url}/crew/greeter/issues/{issue.number}",
        "created_at": iso(issue.at),
        "updated_at": iso(issue.changed_at),
    }


def told_hook(hook: Hook) -> dict[str, Any]:
    return {"id": hook.id, "type": "gitea", "active": True, "events": hook.events,
            "config": {"url": hook.url, "content_type": "json"},
            "created_at": iso(hook.at), "updated_at": iso(hook.at)}  # fmt: skip


def label(label: Label) -> dict[str, Any]:
    return {"id": label.id, "name": label.name, "color": label.colour, "description": ""}
