"""Forgejo and Gitea: REST v1. A draft is a pull request whose title begins with `WIP: `."""

from __future__ import annotations

from typing import Any

from ploeg.domain.delivery import Trouble
from ploeg.forges.base import ForgeError, Proposal, PullRequest, Repository
from ploeg.forges.line import Line
from ploeg.forges.place import Place, segments

_DRAFT = "WIP: "
_PAGE = 50
_MOST_PAGES = 40


class Forgejo:
    def __init__(self, line: Line, place: Place) -> None:
        self._line = line
        self._at = f"/repos/{segments(place.path)}"

    @staticmethod
    def line(place: Place, token: str) -> Line:
        return Line(f"{place.origin}/api/v1", {"Authorization": f"token {token}"}, token)

    async def repository(self) -> Repository:
        told = await self._line.ask("GET", self._at)
        rights = told.get("permissions") or {}
        return Repository(default_branch=told["default_branch"], writable=bool(rights.get("push", True)))

    async def find(self, head: str) -> PullRequest | None:
        # It can be asked by base and head in one request, but then versions differ in whether closed ones count.
        for page in range(1, _MOST_PAGES + 1):
            listed = await self._line.ask(
                "GET", f"{self._at}/pulls", state="open", sort="recentupdate", limit=_PAGE, page=page
            )
            for told in listed:
                ends = told["head"], told["base"]
                if ends[0].get("ref") == head and ends[0].get("repo_id") == ends[1].get("repo_id"):
                    return _pull_request(told)
            if not listed:
                return None
        raise ForgeError(Trouble.REFUSED, f"more than {_PAGE * _MOST_PAGES} pull requests are open")

    async def open(self, proposal: Proposal) -> PullRequest:
        title = _DRAFT + proposal.title if proposal.draft else proposal.title
        body = {"head": proposal.head, "base": proposal.base, "title": title, "body": proposal.text}
        return _pull_request(await self._line.ask("POST", f"{self._at}/pulls", body))

    async def rewrite(self, found: PullRequest, text: str) -> PullRequest:
        return await self._edit(found, body=text)

    async def mark_ready(self, found: PullRequest) -> PullRequest:
        return await self._edit(found, title=found.title)

    async def _edit(self, found: PullRequest, **fields: str) -> PullRequest:
        return _pull_request(await self._line.ask("PATCH", f"{self._at}/pulls/{found.number}", fields))


def _pull_request(told: dict[str, Any]) -> PullRequest:
    title = str(told["title"])
    draft = title.upper().startswith(_DRAFT)
    return PullRequest(
        number=told["number"],
        url=told["html_url"],
        title=title[len(_DRAFT) :] if draft else title,
        text=told.get("body") or "",
        draft=draft,
    )
