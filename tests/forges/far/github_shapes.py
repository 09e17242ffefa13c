"""Everything that GitHub tells about a thing, with all that its description of the API says is always there."""

from __future__ import annotations

from typing import Any

from tests.forges.far.dialect import iso
from tests.forges.far.things import Hook, Issue, Label, Note, Opinion, Pull

_OF_USER = ["events", "followers", "following", "gists", "organizations", "received_events", "repos", "starred",
            "subscriptions"]  # fmt: skip
_OF_REPOSITORY = [
    "archive", "assignees", "blobs", "branches", "collaborators", "comments", "commits", "compare", "contents",
    "contributors", "deployments", "downloads", "events", "forks", "git_commits", "git_refs", "git_tags", "hooks",
    "issue_comment", "issue_events", "issues", "keys", "labels", "languages", "merges", "milestones", "notifications",
    "pulls", "releases", "stargazers", "statuses", "subscribers", "subscription", "tags", "teams", "trees",
]  # fmt: skip
_OF_PULL = ["comments", "commits", "diff", "issue", "patch", "review_comment", "review_comments", "statuses"]
_RELATED = ["comments", "commits", "statuses", "html", "issue", "review_comments", "review_comment", "self"]
_COUNTS = ["forks", "forks_count", "open_issues", "open_issues_count", "size", "stargazers_count", "watchers",
           "watchers_count"]  # fmt: skip


def user(forge: Any, login: str) -> dict[str, Any]:
    at = f"{forge.url}/api/v3/users/{login}"
    return _links(at, _OF_USER) | {
        "id": forge.accounts[login].id,
        "node_id": f"U_{login}",
        "login": login,
        "url": at,
        "html_url": f"{forge.url}/{login}",
        "avatar_url": f"{forge.url}/avatars/{login}",
        "gravatar_id": "",
        "site_admin": False,
        "type": "User",
    }


def myself(forge: Any, login: str) -> dict[str, Any]:
    nothing = dict.fromkeys(["bio", "blog", "company", "email", "hireable", "location", "name"])
    counts = dict.fromkeys(["followers", "following", "public_gists", "public_repos", "collaborators", "disk_usage",
                            "owned_private_repos", "private_gists", "total_private_repos"], 0)  # fmt: skip
    since = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}
    return user(forge, login) | nothing | counts | since | {"blog": "", "two_factor_authentication": True}


def repository(forge: Any) -> dict[str, Any]:
    at = f"{forge.url}/api/v3/repos/crew/greeter"
    page = f"{forge.url}/crew/greeter"
    flags = ["fork", "private", "has_pages", "archived", "disabled", "has_wiki", "has_projects", "has_discussions"]
    owner = user(forge, "ada") | {"login": "crew", "id": 10}
    moments = dict.fromkeys(["created_at", "updated_at", "pushed_at"], "2026-01-01T00:00:00Z")
    nothing = dict.fromkeys(["description", "homepage", "language", "license", "mirror_url"])
    return (
        _links(at, _OF_REPOSITORY)
        | dict.fromkeys(flags, False)
        | dict.fromkeys(_COUNTS, 0)
        | moments
        | nothing
        | {
            "id": 1,
            "node_id": "R_1",
            "name": "greeter",
            "full_name": "crew/greeter",
            "owner": owner,
            "url": at,
            "html_url": page,
            "clone_url": forge.repo_url,
            "git_url": forge.repo_url,
            "ssh_url": forge.repo_url,
            "svn_url": page,
            "has_issues": True,
            "has_downloads": True,
            "default_branch": forge.default_branch,
        }
    )


def whole_repository(forge: Any) -> dict[str, Any]:
    """As it is told when it is asked for by itself."""
    return repository(forge) | {"network_count": 0, "subscribers_count": 0}


def listed_pull(forge: Any, pull: Pull) -> dict[str, Any]:
    at = f"{forge.url}/api/v3/repos/crew/greeter/pulls/{pull.number}"
    closed = iso(pull.changed_at) if pull.state != "open" else None
    return _links(at, _OF_PULL) | {
        "id": 1000 + pull.number,
        "node_id": f"PR_{pull.number}",
        "number": pull.number,
        "url": at,
        "html_url": f"{forge.url}/crew/greeter/pull/{pull.number}",
        "issue_url": f"{forge.url}/api/v3/repos/crew/greeter/issues/{pull.number}",
        "comments_url": f"{forge.url}/api/v3/repos/crew/greeter/issues/{pull.number}/comments",
        "review_comments_url": f"{at}/comments",
        "title": pull.title,
        "body": pull.text or None,
        "state": "open" if pull.state == "open" else "closed",
        "locked": False,
        "draft": pull.draft,
        "user": user(forge, pull.author),
        "author_association": "COLLABORATOR",
        "labels": [],
        "assignee": None,
        "milestone": None,
        "auto_merge": _auto_merge(forge, pull),
        "head": _end(forge, pull.head, forge.head_of(pull)),
        "base": _end(forge, pull.base, forge.git.tip(pull.base) or ""),
        "merge_commit_sha": pull.merged_sha,
        "merged_at": closed if pull.state == "merged" else None,
        "closed_at": closed,
        "created_at": iso(pull.at),
        "updated_at": iso(pull.changed_at or pull.at),
        "_links": {name: {"href": f"{at}/{name}"} for name in _RELATED},
    }


def pull(forge: Any, pull: Pull) -> dict[str, Any]:
    mergeable = forge.mergeable(pull) if pull.state == "open" else None
    counts = dict.fromkeys(["additions", "changed_files", "comments", "commits", "deletions", "review_comments"], 1)
    return listed_pull(forge, pull) | counts | {
        "mergeable": mergeable,
        "mergeable_state": {True: "clean", False: "dirty", None: "unknown"}[mergeable],
        "merged": pull.state == "merged",
        "merged_by": user(forge, "robot") if pull.state == "merged" else None,
        "maintainer_can_modify": False,
    }  # fmt: skip


def comment(forge: Any, note: Note) -> dict[str, Any]:
    at = f"{forge.url}/api/v3/repos/crew/greeter/issues"
    return {
        "id": note.id,
        "node_id": f"IC_{note.id}",
        "url": f"{at}/comments/{note.id}",
        "html_url": f"{forge.url}/crew/greeter/issues/{note.number}#issuecomment-{note.id}",
        "issue_url": f"{at}/{note.number}",
        "body": note.text,
        "user": user(forge, note.author),
        "author_association": "COLLABORATOR",
        "created_at": iso(note.at),
        "updated_at": iso(note.at),
    }


def remark(forge: Any, note: Note) -> dict[str, Any]:
    at = f"{forge.url}/api/v3/repos/crew/greeter/pulls"
    sha = forge.head_of(forge.pull(note.number))
    related = {name: {"href": f"{at}/{note.number}"} for name in ("self", "html", "pull_request")}
    return {
        "id": note.id,
        "node_id": f"PRRC_{note.id}",
        "url": f"{at}/comments/{note.id}",
        "html_url": f"{forge.url}/crew/greeter/pull/{note.number}#discussion_r{note.id}",
        "pull_request_url": f"{at}/{note.number}",
        "pull_request_review_id": note.review,
        "diff_hunk": "@@ -1 +1 @@",
        "path": note.path,
        # It is None once the code there changed.
        "line": note.line,
        "original_line": note.line,
        "commit_id": sha,
        "original_commit_id": sha,
        "body": note.text,
        "user": user(forge, note.author),
        "author_association": "COLLABORATOR",
        "created_at": iso(note.at),
        "updated_at": iso(note.at),
        "_links": related,
    }


def review(forge: Any, opinion: Opinion) -> dict[str, Any]:
    at = f"{forge.url}/api/v3/repos/crew/greeter/pulls/{opinion.number}"
    return {
        "id": opinion.id,
        "node_id": f"PRR_{opinion.id}",
        "user": user(forge, opinion.author),
        "body": opinion.text,
        "state": opinion.verdict,
        "commit_id": opinion.sha,
        "html_url": f"{forge.url}/crew/greeter/pull/{opinion.number}#pullrequestreview-{opinion.id}",
        "pull_request_url": at,
        "author_association": "COLLABORATOR",
        "submitted_at": iso(opinion.at),
        "_links": {"html": {"href": at}, "pull_request": {"href": at}},
    }


def issue(forge: Any, issue: Issue) -> dict[str, Any]:
    at = f"{forge.url}/api/v3/repos/crew/greeter"
    return _links(f"{at}/issues/{issue.number}", ["comments", "events", "labels"]) | {
        "id": 2000 + issue.number,
        "node_id": f"I_{issue.number}",
        "number": issue.number,
        "url": f"{at}/issues/{issue.number}",
        "repository_url": at,
        "html_url": f"{forge.url}/crew/greeter/issues/{issue.number}",
        "title": issue.title,
        "body": issue.text or None,
        "state": issue.state,
        "locked": False,
        "user": user(forge, issue.author),
        "author_association": "COLLABORATOR",
        "labels": [{"name": name} for name in issue.labels],
        "assignee": None,
        "milestone": None,
        "comments": 0,
        "closed_at": None,
        "created_at": iso(issue.at),
        "updated_at": iso(issue.changed_at),
    }


def issue_of(forge: Any, pull: Pull) -> dict[str, Any]:
    """As which a pull request is in the list of issues."""
    as_one = Issue(pull.number, pull.title, pull.text, pull.author, pull.at, pull.changed_at or pull.at)
    at = f"{forge.url}/api/v3/repos/crew/greeter/pulls/{pull.number}"
    return issue(forge, as_one) | {
        "pull_request": {"url": at, "html_url": at, "diff_url": f"{at}.diff", "patch_url": f"{at}.patch"}
    }


def hook(forge: Any, hook: Hook) -> dict[str, Any]:
    at = f"{forge.url}/api/v3/repos/crew/greeter/hooks/{hook.id}"
    return {
        "id": hook.id,
        "type": "Repository",
        "name": "web",
        "active": True,
        "events": hook.events,
        "config": {"url": hook.url, "content_type": "json", "insecure_ssl": "0", "secret": "********"},
        "url": at,
        "ping_url": f"{at}/pings",
        "test_url": f"{at}/tests",
        "last_response": {"code": None, "status": "unused", "message": None},
        "created_at": iso(hook.at),
        "updated_at": iso(hook.at),
    }


def label(forge: Any, label: Label) -> dict[str, Any]:
    return {"id": label.id, "node_id": f"LA_{label.id}", "name": label.name, "color": label.colour,
            "url": f"{forge.url}/api/v3/repos/crew/greeter/labels/{label.name}", "description": None,
            "default": False}  # fmt: skip


def _links(at: str, names: list[str]) -> dict[str, str]:
    return {f"{name}_url": f"{at}/{name}" for name in names}


def _end(forge: Any, branch: str, sha: str) -> dict[str, Any]:
    return {"label": f"crew:{branch}", "ref": branch, "sha": sha, "user": user(forge, "ada"),
            "repo": repository(forge)}  # fmt: skip


def _auto_merge(forge: Any, pull: Pull) -> dict[str, Any] | None:
    if pull.scheduled is None:
        return None
    return {"enabled_by": user(forge, "robot"), "merge_method": pull.scheduled.method, "commit_title": pull.title,
            "commit_message": ""}  # fmt: skip
