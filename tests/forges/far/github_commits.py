"""What GitHub tells about commits: their checks and branches."""

from __future__ import annotations

from typing import Any

from tests.forges.far.dialect import iso
from tests.forges.far.github_shapes import repository
from tests.forges.far.things import Status


def status(forge: Any, status: Status) -> dict[str, Any]:
    return {
        "id": status.id,
        "node_id": f"SC_{status.id}",
        "url": f"{forge.url}/api/v3/repos/crew/greeter/statuses/{status.sha}",
        "avatar_url": f"{forge.url}/avatars/robot",
        "state": status.state,
        "context": status.context,
        "description": status.text or None,
        "target_url": status.url or None,
        "created_at": iso(status.at),
        "updated_at": iso(status.at),
    }


def combined(forge: Any, sha: str, part: list[Status], count: int) -> dict[str, Any]:
    at = f"{forge.url}/api/v3/repos/crew/greeter/commits/{sha}"
    states = {each.state for each in part}
    state = "failure" if states & {"failure", "error"} else "success" if states == {"success"} else "pending"
    return {"sha": sha, "state": state, "total_count": count, "statuses": [status(forge, each) for each in part],
            "repository": repository(forge), "commit_url": at, "url": f"{at}/status"}  # fmt: skip


def check_run(forge: Any, check: Status) -> dict[str, Any]:
    done = check.state != "pending"
    at = f"{forge.url}/api/v3/repos/crew/greeter/check-runs/{check.id}"
    output = {"title": check.text or None, "summary": None, "text": None, "annotations_count": 0,
              "annotations_url": f"{at}/annotations"}  # fmt: skip
    return {
        "id": check.id,
        "node_id": f"CR_{check.id}",
        "head_sha": check.sha,
        "external_id": "",
        "name": check.context,
        "url": at,
        "html_url": check.url or None,
        "details_url": check.url or None,
        "status": "completed" if done else "in_progress",
        "conclusion": (check.state if check.state == "success" else "failure") if done else None,
        "started_at": iso(check.at),
        "completed_at": iso(check.at) if done else None,
        "output": output,
        "check_suite": {"id": 1},
        "app": None,
        "pull_requests": [],
    }


def branch(forge: Any, name: str, tip: str) -> dict[str, Any]:
    at = f"{forge.url}/api/v3/repos/crew/greeter"
    who = {"name": "Forge", "email": "forge@localhost", "date": "2026-01-01T00:00:00Z"}
    commit = {
        "sha": tip,
        "node_id": f"C_{tip}",
        "url": f"{at}/commits/{tip}",
        "html_url": f"{forge.url}/crew/greeter/commit/{tip}",
        "comments_url": f"{at}/commits/{tip}/comments",
        "commit": {"url": at, "author": who, "committer": who, "message": "More", "comment_count": 0,
                   "tree": {"sha": tip, "url": at}},
        "author": None,
        "committer": None,
        "parents": [],
    }  # fmt: skip
    url = f"{at}/branches/{name}/protection"
    return {"name": name, "commit": commit, "protected": forge.is_protected(name), "protection_url": url,
            "protection": {"enabled": forge.is_protected(name)}, "_links": {"self": at, "html": at}}  # fmt: skip
