"""GitLab: REST v4, where a pull request is a merge request. A draft's title begins with `Draft: `."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from ploeg.forges.base import Proposal, PullRequest, Repository
from ploeg.forges.line import Line
from ploeg.forges.place import Place

_DRAFT = "Draft: "
#: The least that may push a branch, in GitLab's numbers: Developer.
_DEVELOPER = 30


class GitLab:
    def __init__(self, line: Line, place: Place) -> None:
        self._line = line
        self._at = f"/projects/{quote(place.path, safe='')}"

    @staticmethod
    def line(place: Place, token: str) -> Line:
        return Line(f"{place.origin}/api/v4", {"PRIVATE-TOKEN": token}, token)

    async def repository(self) -> Repository:
        told = await self._line.ask("GET", self._at)
        grants = [grant for grant in (told.get("permissions") or {}).values() if grant]
        levels = [grant.get("access_level", 0) for grant in grants]
        return Repository(default_branch=told["default_branch"], writable=not levels or max(levels) >= _DEVELOPER)

    async def find(self, head: str) -> PullRequest | None:
        listed = await self._line.ask("GET", f"{self._at}/merge_requests", state="opened", source_branch=head)
        own = [told for told in listed if told["source_project_id"] == told["target_project_id"]]
        return _pull_request(own[0]) if own else None

    async def open(self, proposal: Proposal) -> PullRequest:
        body = {
            "source_branch": proposal.head,
            "target_branch": proposal.base,
            "title": _DRAFT + proposal.title if proposal.draft else proposal.title,
            "description": proposal.text,
        }
        return _pull_request(await self._line.ask("POST", f"{self._at}/merge_requests", body))

    async def rewrite(self, found: PullRequest, text: str) -> PullRequest:
        return await self._edit(found, description=text)

    async def mark_ready(self, found: PullRequest) -> PullRequest:
        return await self._edit(found, title=found.title)

    async def _edit(self, found: PullRequest, **fields: str) -> PullRequest:
        return _pull_request(await self._line.ask("PUT", f"{self._at}/merge_requests/{found.number}", fields))


def _pull_request(told: dict[str, Any]) -> PullRequest:
    title = str(told["title"])
    draft = title.startswith(_DRAFT)
    return PullRequest(
        number=told["iid"],
        url=told["web_url"],
        title=title[len(_DRAFT) :] if draft else title,
        text=told.get("description") or "",
        draft=draft,
    )
