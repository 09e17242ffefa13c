"""Forgejo and Gitea: REST v1. A draft is a pull request whose title begins with `WIP: `."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

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
from ploeg.forges import forgejo_words as words
from ploeg.forges.base import ForgeError, Proposal, PullRequest, Repository
from ploeg.forges.branches import Branches
from ploeg.forges.line import PAGE, Line, more
from ploeg.forges.merging import merged
from ploeg.forges.place import Place, segments
from ploeg.forges.reading import together

_MOST_PAGES = 40
_MAY_WRITE = {"write", "admin", "owner"}
#: These two stand for all that happens to pull requests and issues, comments and reviews with them.
_EVENTS = ["pull_request", "issues"]


class Forgejo(Branches):
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

    async def whoami(self) -> Identity:
        return Identity((await self._line.ask("GET", "/user"))["login"])

    async def find(self, head: str) -> PullRequest | None:
        found = await self._pulls_of(head, "open")
        return words.pull_request(found[0]) if found else None

    async def open(self, proposal: Proposal) -> PullRequest:
        title = words.DRAFT + proposal.title if proposal.draft else proposal.title
        body = {"head": proposal.head, "base": proposal.base, "title": title, "body": proposal.text}
        return words.pull_request(await self._line.ask("POST", f"{self._at}/pulls", body))

    async def rewrite(self, found: PullRequest, text: str) -> PullRequest:
        return words.pull_request(await self._edit(found.number, body=text))

    async def mark_ready(self, found: PullRequest) -> PullRequest:
        return words.pull_request(await self._edit(found.number, title=found.title))

    async def newest_of(self, head: str) -> PullState | None:
        found = await self._pulls_of(head, "all")
        return words.pull_state(max(found, key=lambda told: int(told["number"]))) if found else None

    async def pull_request(self, number: int) -> PullState:
        return words.pull_state(await self._line.ask("GET", f"{self._at}/pulls/{number}"))

    async def close(self, number: int) -> None:
        if (await self.pull_request(number)).status is PullStatus.OPEN:
            await self._edit(number, state="closed")

    async def merge(self, number: int, *, sha: str, method: MergeMethod = MergeMethod.SQUASH) -> str:
        body = {"Do": method.value, "head_commit_id": sha}
        at = f"{self._at}/pulls/{number}/merge"
        return await merged(self, number, sha, lambda: self._line.ask("POST", at, body))

    async def merge_when_green(self, number: int, *, sha: str, method: MergeMethod = MergeMethod.SQUASH) -> bool:
        # It looks at `head_commit_id` when it merges at once; what is scheduled merges any later head as well.
        return False

    async def cancel_merge(self, number: int) -> None:
        try:
            await self._line.ask("DELETE", f"{self._at}/pulls/{number}/merge")
        except ForgeError as error:
            if error.trouble is not Trouble.NOT_FOUND:
                raise

    async def revert(self, number: int) -> str | None:
        return None

    async def checks(self, sha: str) -> Checks:
        told = await self._line.pages(f"{self._at}/commits/{sha}/status", within="statuses", size="limit")
        return together(words.status(each) for each in told)

    async def set_status(self, sha: str, status: CommitStatus) -> None:
        body = {"context": status.context, "state": status.state.value, "description": status.text}
        await self._line.ask(
            "POST", f"{self._at}/statuses/{sha}", body | ({"target_url": status.url} if status.url else {})
        )

    async def comment(self, number: int, text: str) -> Comment:
        return words.comment(await self._line.ask("POST", f"{self._at}/issues/{number}/comments", {"body": text}))

    async def comments(self, number: int, since: datetime | None = None) -> Sequence[Comment]:
        told = await self._line.ask("GET", f"{self._at}/issues/{number}/comments", **_since(since))
        return [words.comment(each) for each in told or ()]

    async def reviews(self, number: int) -> Sequence[Review]:
        at = f"{self._at}/pulls/{number}/reviews"
        handed_in = []
        for told in await self._line.pages(at, size="limit", whole=False):
            remarks = await self._line.ask("GET", f"{at}/{told['id']}/comments") if told.get("comments_count") else []
            handed_in.append(words.review(told, tuple(map(words.comment, remarks or ()))))
        return sorted((each for each in handed_in if each), key=lambda review: review.submitted_at)

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
        query: dict[str, str | int] = {"type": "issues", "state": "all", "limit": PAGE, "page": page, **_since(since)}
        told, headers = await self._line.ask_all("GET", f"{self._at}/issues", **query)
        return IssuePage(tuple(map(words.issue, told or ())), more(headers, page * PAGE))

    async def issue(self, number: int) -> Issue:
        return words.issue(await self._line.ask("GET", f"{self._at}/issues/{number}"))

    async def comment_issue(self, number: int, text: str) -> Comment:
        return await self.comment(number, text)

    async def dispatch_workflow(self, workflow: str, ref: str, inputs: Mapping[str, str]) -> None:
        at = f"{self._at}/actions/workflows/{segments(workflow)}/dispatches"
        await self._line.ask("POST", at, {"ref": ref, "inputs": dict(inputs)})

    async def ensure_webhook(self, url: str, secret: str) -> bool:
        hooks = await self._line.pages(f"{self._at}/hooks", size="limit")
        config = {"url": url, "content_type": "json", "secret": secret}
        # The secret of a hook cannot be changed; the new one is there before the old one goes.
        await self._line.ask(
            "POST", f"{self._at}/hooks", {"type": "gitea", "config": config, "events": _EVENTS, "active": True}
        )
        old = [hook["id"] for hook in hooks if hook["config"].get("url") == url]
        for number in old:
            await self._line.ask("DELETE", f"{self._at}/hooks/{number}")
        return not old

    async def ensure_label(self, name: str, colour: str) -> bool:
        labels = await self._line.pages(f"{self._at}/labels", size="limit")
        if any(label["name"] == name for label in labels):
            return False
        await self._line.ask("POST", f"{self._at}/labels", {"name": name, "color": f"#{colour}"})
        return True

    async def _edit(self, number: int, **fields: str) -> Any:
        return await self._line.ask("PATCH", f"{self._at}/pulls/{number}", fields)

    async def _pulls_of(self, head: str, state: str) -> list[dict[str, Any]]:
        """That branch's, of the first page that has any, lately changed ones first."""
        # It can be asked by base and head in one request, but then versions differ in whether closed ones count.
        for page in range(1, _MOST_PAGES + 1):
            listed = await self._line.ask(
                "GET", f"{self._at}/pulls", state=state, sort="recentupdate", limit=PAGE, page=page
            )
            found = [told for told in listed or () if words.head_of(told) == head and words.is_own(told)]
            if found or not listed:
                return found
        raise ForgeError(Trouble.REFUSED, f"it has more than {PAGE * _MOST_PAGES} pull requests ({state})")

    def _branch_at(self, branch: str) -> str:
        return f"{self._at}/branches/{segments(branch)}"


def _since(since: datetime | None) -> dict[str, str]:
    return {"since": since.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")} if since else {}
