"""GitHub: REST, version 2022-11-28, and one mutation of its GraphQL API, since REST cannot mark a draft ready."""

from __future__ import annotations

from typing import Any

from ploeg.domain.delivery import Trouble
from ploeg.forges.base import ForgeError, Proposal, PullRequest, Repository
from ploeg.forges.line import Line
from ploeg.forges.place import Place, segments

_READY = """
mutation Ready($id: ID!) {
  markPullRequestReadyForReview(input: {pullRequestId: $id}) { pullRequest { isDraft } }
}
"""


class GitHub:
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

    async def find(self, head: str) -> PullRequest | None:
        listed = await self._line.ask("GET", f"{self._at}/pulls", state="open", head=f"{self._owner}:{head}")
        own = [told for told in listed if told["head"]["ref"] == head]
        return _pull_request(own[0]) if own else None

    async def open(self, proposal: Proposal) -> PullRequest:
        body = {
            "head": proposal.head,
            "base": proposal.base,
            "title": proposal.title,
            "body": proposal.text,
            "draft": proposal.draft,
        }
        try:
            return _pull_request(await self._line.ask("POST", f"{self._at}/pulls", body))
        except ForgeError as error:
            if "already exists" in error.reason:
                raise ForgeError(Trouble.CONFLICT, error.reason) from None
            raise

    async def rewrite(self, found: PullRequest, text: str) -> PullRequest:
        return _pull_request(await self._line.ask("PATCH", f"{self._at}/pulls/{found.number}", {"body": text}))

    async def mark_ready(self, found: PullRequest) -> PullRequest:
        said = await self._line.ask("POST", self._graphql, {"query": _READY, "variables": {"id": found.node_id}})
        if said.get("errors"):
            reason = str(said["errors"][0].get("message", ""))[:300]
            raise ForgeError(Trouble.REFUSED, f"it cannot be marked ready: {self._line.without_token(reason)}")
        return _pull_request(await self._line.ask("GET", f"{self._at}/pulls/{found.number}"))


def _api(place: Place) -> str:
    """GitHub's own is a host of its own; an Enterprise Server has it beside its pages."""
    return "https://api.github.com" if place.host == "github.com" else f"{place.origin}/api/v3"


def _pull_request(told: dict[str, Any]) -> PullRequest:
    return PullRequest(
        number=told["number"],
        url=told["html_url"],
        title=told["title"],
        text=told.get("body") or "",
        draft=bool(told.get("draft")),
        node_id=told["node_id"],
    )
