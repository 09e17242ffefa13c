"""GitHub: REST, version 2022-11-28, and its GraphQL API for what REST cannot do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from ploeg.domain.delivery import Trouble
from ploeg.domain.forge import (
    Checks,
    Comment,
    CommitStatus,
    Identity,
    Issue,
    IssuePage,
    MergeMethod,
    PullState,
    PullStatus,
    Review,
    Verdict,
)
from ploeg.forges import github_words as words
from ploeg.forges.base import ForgeError, Proposal, PullRequest, Repository
from ploeg.forges.branches import Branches
from ploeg.forges.line import PAGE, Line, more
from ploeg.forges.merging import merged
from ploeg.forges.place import Place, segments
from ploeg.forges.reading import together

_READY = """
mutation Ready($id: ID!) {
  markPullRequestReadyForReview(input: {pullRequestId: $id}) { pullRequest { isDraft } }
}
"""
_CANCEL = """
mutation Cancel($id: ID!) {
  disablePullRequestAutoMerge(input: {pullRequestId: $id}) { pullRequest { number } }
}
"""
_REVERT = """
mutation Revert($id: ID!) {
  revertPullRequest(input: {pullRequestId: $id}) { revertPullRequest { url } }
}
"""
_MAY_WRITE = {"write", "admin"}
_EVENTS = [
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "issue_comment",
    "issues",
    "status",
    "check_suite",
]


class GitHub(Branches):
    hash_name = "sha"

    def __init__(self, line: Line, place: Place) -> None:
        self._line = line
        self._owner = place.path.partition("/")[0]
        self._at = f"/repos/{segments(place.path)}"
        self._graphql = f"{_api(place).removesuffix('/v3')}/graphql"

    @staticmethod
    def line(place: Place, token: str) -> Line:
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        return Line(_api(place), headers, token)

    async def repository(self) -> Repository:
        told = await self._line.ask("GET", self._at)
        rights = told.get("permissions") or {}
        return Repository(default_branch=told["default_branch"], writable=bool(rights.get("push", True)))

    async def whoami(self) -> Identity:
        told, headers = await self._line.ask_all("GET", "/user")
        scopes = headers.get("x-oauth-scopes")
        # A fine-grained token has rights instead of scopes, and they are not told.
        return Identity(told["login"], frozenset(scopes.replace(",", " ").split()) if scopes is not None else None)

    async def find(self, head: str) -> PullRequest | None:
        own = await self._pulls_of(head, "open")
        return words.pull_request(own[0]) if own else None

    async def open(self, proposal: Proposal) -> PullRequest:
        body = {
            "head": proposal.head,
            "base": proposal.base,
            "title": proposal.title,
            "body": proposal.text,
            "draft": proposal.draft,
        }
        try:
            return words.pull_request(await self._line.ask("POST", f"{self._at}/pulls", body))
        except ForgeError as error:
            if "already exists" in error.reason:
                raise ForgeError(Trouble.CONFLICT, error.reason) from None
            raise

    async def rewrite(self, found: PullRequest, text: str) -> PullRequest:
        return words.pull_request(await self._edit(found.number, body=text))

    async def mark_ready(self, found: PullRequest) -> PullRequest:
        await self._mutate(_READY, found.node_id, "it cannot be marked ready")
        return words.pull_request(await self._line.ask("GET", f"{self._at}/pulls/{found.number}"))

    async def newest_of(self, head: str) -> PullState | None:
        own = await self._pulls_of(head, "all")
        # A list does not tell whether it can be merged.
        return await self.pull_request(max(told["number"] for told in own)) if own else None

    async def pull_request(self, number: int) -> PullState:
        return words.pull_state(await self._line.ask("GET", f"{self._at}/pulls/{number}"))

    async def close(self, number: int) -> None:
        if (await self.pull_request(number)).status is PullStatus.OPEN:
            await self._edit(number, state="closed")

    async def merge(self, number: int, *, sha: str, method: MergeMethod = MergeMethod.SQUASH) -> str:
        body = {"sha": sha, "merge_method": method.value}
        at = f"{self._at}/pulls/{number}/merge"
        return await merged(self, number, sha, lambda: self._line.ask("PUT", at, body))

    async def merge_when_green(self, number: int, *, sha: str, method: MergeMethod = MergeMethod.SQUASH) -> bool:
        # `expectedHeadOid` is looked at when it is asked for; what people push afterwards is merged as well.
        return False

    async def cancel_merge(self, number: int) -> None:
        told = await self._line.ask("GET", f"{self._at}/pulls/{number}")
        if told.get("auto_merge"):
            await self._mutate(_CANCEL, told["node_id"], "its merge cannot be cancelled")

    async def revert(self, number: int) -> str | None:
        told = await self._line.ask("GET", f"{self._at}/pulls/{number}")
        # GitHub would open another one for each request; it names their branches so.
        found = await self.newest_of(f"revert-{number}-{told['head']['ref']}")
        if found is not None:
            return found.url
        made = await self._mutate(_REVERT, told["node_id"], "it cannot be reverted")
        return str(made["revertPullRequest"]["revertPullRequest"]["url"])

    async def checks(self, sha: str) -> Checks:
        at = f"{self._at}/commits/{sha}"
        statuses = await self._line.pages(f"{at}/status", within="statuses")
        runs = await self._line.pages(f"{at}/check-runs", within="check_runs")
        return together([*map(words.status, statuses), *map(words.check_run, runs)])

    async def set_status(self, sha: str, status: CommitStatus) -> None:
        # It takes no more than 140 characters.
        body = {"context": status.context, "state": status.state.value, "description": status.text[:140]}
        await self._line.ask(
            "POST", f"{self._at}/statuses/{sha}", body | ({"target_url": status.url} if status.url else {})
        )

    async def comment(self, number: int, text: str) -> Comment:
        return words.comment(await self._line.ask("POST", f"{self._at}/issues/{number}/comments", {"body": text}))

    async def comments(self, number: int, since: datetime | None = None) -> Sequence[Comment]:
        told = await self._line.pages(f"{self._at}/issues/{number}/comments", whole=False, **_since(since))
        return [words.comment(each) for each in told]

    async def reviews(self, number: int) -> Sequence[Review]:
        at = f"{self._at}/pulls/{number}"
        handed_in = await self._line.pages(f"{at}/reviews", whole=False)
        remarks = defaultdict(list)
        for told in await self._line.pages(f"{at}/comments", whole=False) if handed_in else []:
            remarks[told.get("pull_request_review_id")].append(words.comment(told))
        reviews = [words.review(told, tuple(remarks[told["id"]])) for told in handed_in]
        return sorted((each for each in reviews if each), key=lambda review: review.submitted_at)

    async def review(self, number: int, *, sha: str, verdict: Verdict, text: str) -> None:
        body = {"event": words.EVENTS[verdict], "commit_id": sha, "body": text}
        await self._line.ask("POST", f"{self._at}/pulls/{number}/reviews", body)

    async def may_write(self, username: str) -> bool:
        try:
            told = await self._line.ask("GET", f"{self._at}/collaborators/{segments(username)}/permission")
        except ForgeError as error:
            if error.trouble is Trouble.NOT_FOUND:
                return False
            raise
        return told["permission"] in _MAY_WRITE

    async def issues(self, since: datetime | None = None, page: int = 1) -> IssuePage:
        query: dict[str, str | int] = {
            "state": "all",
            "sort": "updated",
            "direction": "asc",
            "per_page": PAGE,
            "page": page,
        }
        told, headers = await self._line.ask_all("GET", f"{self._at}/issues", **(query | _since(since)))
        return IssuePage(
            tuple(words.issue(each) for each in told if "pull_request" not in each), more(headers, page * PAGE)
        )

    async def issue(self, number: int) -> Issue:
        return words.issue(await self._line.ask("GET", f"{self._at}/issues/{number}"))

    async def comment_issue(self, number: int, text: str) -> Comment:
        return await self.comment(number, text)

    async def dispatch_workflow(self, workflow: str, ref: str, inputs: Mapping[str, str]) -> None:
        at = f"{self._at}/actions/workflows/{segments(workflow)}/dispatches"
        await self._line.ask("POST", at, {"ref": ref, "inputs": dict(inputs)})

    async def ensure_webhook(self, url: str, secret: str) -> bool:
        config = {"url": url, "content_type": "json", "secret": secret, "insecure_ssl": "0"}
        body = {"name": "web", "active": True, "events": _EVENTS, "config": config}
        for hook in await self._line.pages(f"{self._at}/hooks"):
            if hook["config"].get("url") == url:
                del body["name"]
                await self._line.ask("PATCH", f"{self._at}/hooks/{hook['id']}", body)
                return False
        await self._line.ask("POST", f"{self._at}/hooks", body)
        return True

    async def ensure_label(self, name: str, colour: str) -> bool:
        try:
            await self._line.ask("GET", f"{self._at}/labels/{quote(name, safe='')}")
        except ForgeError as error:
            if error.trouble is not Trouble.NOT_FOUND:
                raise
            await self._line.ask("POST", f"{self._at}/labels", {"name": name, "color": colour})
            return True
        return False

    async def _pulls_of(self, head: str, state: str) -> list[dict[str, Any]]:
        listed = await self._line.ask("GET", f"{self._at}/pulls", state=state, head=f"{self._owner}:{head}")
        return [told for told in listed if told["head"]["ref"] == head]

    async def _edit(self, number: int, **fields: str) -> Any:
        return await self._line.ask("PATCH", f"{self._at}/pulls/{number}", fields)

    async def _mutate(self, mutation: str, node_id: str, otherwise: str) -> Any:
        said = await self._line.ask("POST", self._graphql, {"query": mutation, "variables": {"id": node_id}})
        if said.get("errors"):
            reason = str(said["errors"][0].get("message", ""))[:300]
            raise ForgeError(Trouble.REFUSED, f"{otherwise}: {self._line.without_token(reason)}")
        return said["data"]

    def _branch_at(self, branch: str) -> str:
        return f"{self._at}/branches/{quote(branch, safe='')}"

    def _branch_deleted_at(self, branch: str) -> str:
        return f"{self._at}/git/refs/heads/{segments(branch)}"


def _api(place: Place) -> str:
    """GitHub's own is a host of its own; an Enterprise Server has it beside its pages."""
    return "https://api.github.com" if place.host == "github.com" else f"{place.origin}/api/v3"


def _since(since: datetime | None) -> dict[str, str]:
    return {"since": since.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")} if since else {}
