"""How each forge words the same things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.forges.fake import FakeForge, Pull

Answer = tuple[int, Any]
NOTHING: Answer = (404, {"message": "not found"})


@dataclass(frozen=True)
class Dialect:
    root: str
    header: str
    scheme: str
    #: Method, the parts of the path below the root, query and body.
    answer: Callable[[FakeForge, str, list[str], dict[str, str], dict[str, Any]], Answer]
    refusal: Callable[[int, str], Answer]

    def credential(self, token: str) -> str:
        return self.scheme + token


def forgejo(forge: FakeForge, method: str, parts: list[str], query: dict[str, str], body: dict[str, Any]) -> Answer:
    if parts[:3] != ["repos", "crew", "greeter"]:
        return NOTHING
    match method, parts[3:]:
        case "GET", []:
            rights = {"admin": False, "push": not forge.read_only, "pull": True}
            return 200, {"id": 1, "default_branch": forge.default_branch, "permissions": rights}
        case "GET", ["pulls"]:
            size, page = int(query.get("limit", 30)), int(query.get("page", 1))
            found = [pull for pull in forge.pulls if pull.state == query.get("state", "open")]
            return 200, [_forgejo(forge, pull) for pull in found[(page - 1) * size : page * size]]
        case "POST", ["pulls"]:
            pull = forge.open_pull(head=body["head"], base=body["base"], title=body["title"], text=body["body"])
            return 201, _forgejo(forge, pull)
        case "PATCH", ["pulls", number]:
            pull = forge.pull(int(number))
            pull.title, pull.text = body.get("title", pull.title), body.get("body", pull.text)
            return 201, _forgejo(forge, pull)
        case _:
            return NOTHING


def _forgejo(forge: FakeForge, pull: Pull) -> dict[str, Any]:
    return {
        "number": pull.number,
        "html_url": f"{forge.url}/crew/greeter/pulls/{pull.number}",
        "title": pull.title,
        "body": pull.text,
        "state": pull.state,
        "draft": pull.title.startswith("WIP: "),
        "head": {"ref": pull.head, "label": pull.head, "repo_id": 1},
        "base": {"ref": pull.base, "label": pull.base, "repo_id": 1},
    }


def github(forge: FakeForge, method: str, parts: list[str], query: dict[str, str], body: dict[str, Any]) -> Answer:
    match method, parts:
        case "POST", ["graphql"]:
            assert "markPullRequestReadyForReview" in body["query"]
            forge.pull(int(body["variables"]["id"].removeprefix("PR_"))).draft = False
            return 200, {"data": {"markPullRequestReadyForReview": {"pullRequest": {"isDraft": False}}}}
        case "GET", ["v3", "repos", "crew", "greeter"]:
            rights = {"push": not forge.read_only, "pull": True}
            return 200, {"default_branch": forge.default_branch, "permissions": rights}
        case "GET", ["v3", "repos", "crew", "greeter", "pulls"]:
            found = [
                pull for pull in forge.pulls if query["head"] == f"crew:{pull.head}" and pull.state == query["state"]
            ]
            return 200, [_github(forge, pull) for pull in found]
        case "POST", ["v3", "repos", "crew", "greeter", "pulls"]:
            said = {"head": body["head"], "base": body["base"], "title": body["title"], "text": body["body"]}
            return 201, _github(forge, forge.open_pull(**said, draft=body["draft"]))
        case "PATCH" | "GET", ["v3", "repos", "crew", "greeter", "pulls", number]:
            pull = forge.pull(int(number))
            pull.title, pull.text = body.get("title", pull.title), body.get("body", pull.text)
            return 200, _github(forge, pull)
        case _:
            return NOTHING


def _github(forge: FakeForge, pull: Pull) -> dict[str, Any]:
    return {
        "number": pull.number,
        "node_id": f"PR_{pull.number}",
        "html_url": f"{forge.url}/crew/greeter/pull/{pull.number}",
        "title": pull.title,
        "body": pull.text,
        "state": pull.state,
        "draft": pull.draft,
        "head": {"ref": pull.head},
        "base": {"ref": pull.base},
    }


def _github_refusal(status: int, message: str) -> Answer:
    """A branch that is not there and a second pull request are both 422, told apart by their text."""
    if status in {404, 409} and message != "not found":
        return 422, {"message": "Validation Failed", "errors": [{"resource": "PullRequest", "message": message}]}
    return status, {"message": message}


def gitlab(forge: FakeForge, method: str, parts: list[str], query: dict[str, str], body: dict[str, Any]) -> Answer:
    if parts[:2] != ["projects", "crew/greeter"]:
        return NOTHING
    match method, parts[2:]:
        case "GET", []:
            level = 20 if forge.read_only else 30
            rights = {"project_access": {"access_level": level}, "group_access": None}
            return 200, {"id": 1, "default_branch": forge.default_branch, "permissions": rights}
        case "GET", ["merge_requests"]:
            assert query["state"] == "opened"
            found = [pull for pull in forge.pulls if pull.head == query["source_branch"] and pull.state == "open"]
            return 200, [_gitlab(forge, pull) for pull in found]
        case "POST", ["merge_requests"]:
            ends = {"head": body["source_branch"], "base": body["target_branch"]}
            return 201, _gitlab(forge, forge.open_pull(**ends, title=body["title"], text=body["description"]))
        case "PUT", ["merge_requests", number]:
            pull = forge.pull(int(number))
            pull.title, pull.text = body.get("title", pull.title), body.get("description", pull.text)
            return 200, _gitlab(forge, pull)
        case _:
            return NOTHING


def _gitlab(forge: FakeForge, pull: Pull) -> dict[str, Any]:
    return {
        "iid": pull.number,
        "web_url": f"{forge.url}/crew/greeter/-/merge_requests/{pull.number}",
        "title": pull.title,
        "description": pull.text,
        "state": "opened" if pull.state == "open" else pull.state,
        "draft": pull.title.startswith("Draft: "),
        "source_branch": pull.head,
        "target_branch": pull.base,
        "source_project_id": 1,
        "target_project_id": 1,
    }


def _plain(status: int, message: str) -> Answer:
    return status, {"message": message}


DIALECTS = {
    "forgejo": Dialect("/api/v1", "Authorization", "token ", forgejo, _plain),
    "github": Dialect("/api", "Authorization", "Bearer ", github, _github_refusal),
    "gitlab": Dialect("/api/v4", "PRIVATE-TOKEN", "", gitlab, lambda status, message: (status, {"message": [message]})),
}
