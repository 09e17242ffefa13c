"""GitLab: REST v4, where a pull request is a merge request. A draft's title begins with `Draft: `."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from ploeg.domain.delivery import Trouble
from ploeg.domain.forge import (
    Checks,
    ChecksState,
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
from ploeg.forges import gitlab_words as words
from ploeg.forges.base import ForgeError, Proposal, PullRequest, Repository
from ploeg.forges.branches import Branches
from ploeg.forges.line import PAGE, Line, more
from ploeg.forges.merging import asked, merged
from ploeg.forges.place import Place
from ploeg.forges.reading import moment, together

#: The least that may push a branch, in GitLab's numbers: Developer.
_DEVELOPER = 30
_EVENTS = {
    "push_events": False,
    "merge_requests_events": True,
    "note_events": True,
    "issues_events": True,
    "pipeline_events": True,
    "enable_ssl_verification": True,
}


class GitLab(Branches):
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

    async def whoami(self) -> Identity:
        login = (await self._line.ask("GET", "/user"))["username"]
        try:
            scopes = (await self._line.ask("GET", "/personal_access_tokens/self")).get("scopes")
        except ForgeError as error:
            if error.trouble not in {Trouble.NOT_FOUND, Trouble.REFUSED}:
                raise
            scopes = None
        return Identity(login, frozenset(scopes) if scopes is not None else None)

    async def find(self, head: str) -> PullRequest | None:
        own = await self._requests_of(head, state="opened")
        return words.pull_request(own[0]) if own else None

    async def open(self, proposal: Proposal) -> PullRequest:
        body = {
            "source_branch": proposal.head,
            "target_branch": proposal.base,
            "title": words.DRAFT + proposal.title if proposal.draft else proposal.title,
            "description": proposal.text,
        }
        return words.pull_request(await self._line.ask("POST", f"{self._at}/merge_requests", body))

    async def rewrite(self, found: PullRequest, text: str) -> PullRequest:
        return words.pull_request(await self._edit(found.number, description=text))

    async def mark_ready(self, found: PullRequest) -> PullRequest:
        return words.pull_request(await self._edit(found.number, title=found.title))

    async def newest_of(self, head: str) -> PullState | None:
        own = await self._requests_of(head, state="all")
        return await self.pull_request(max(told["iid"] for told in own)) if own else None

    async def pull_request(self, number: int) -> PullState:
        return words.pull_state(await self._request(number))

    async def close(self, number: int) -> None:
        if (await self.pull_request(number)).status is PullStatus.OPEN:
            await self._edit(number, state_event="close")

    async def merge(self, number: int, *, sha: str, method: MergeMethod = MergeMethod.SQUASH) -> str:
        # Whether it makes a merge commit or rebases is the project's own choice.
        body = {"sha": sha, "squash": method is MergeMethod.SQUASH}
        at = f"{self._at}/merge_requests/{number}/merge"
        return await merged(self, number, sha, lambda: self._line.ask("PUT", at, body))

    async def merge_when_green(self, number: int, *, sha: str, method: MergeMethod = MergeMethod.SQUASH) -> bool:
        if (await self.checks(sha)).state is not ChecksState.PENDING:
            return False
        # A push afterwards takes it back. Before 17.11 it goes by its second name.
        body = {"sha": sha, "squash": method is MergeMethod.SQUASH}
        body |= {"auto_merge": True, "merge_when_pipeline_succeeds": True}
        at = f"{self._at}/merge_requests/{number}/merge"
        await asked(self, number, sha, lambda: self._line.ask("PUT", at, body))
        return True

    async def cancel_merge(self, number: int) -> None:
        if (await self._request(number)).get("merge_when_pipeline_succeeds"):
            await self._line.ask("POST", f"{self._at}/merge_requests/{number}/cancel_merge_when_pipeline_succeeds")

    async def revert(self, number: int) -> str | None:
        done = await self.pull_request(number)
        if done.merged_sha is None:
            raise ForgeError(Trouble.CONFLICT, f"pull request {number} is not merged")
        branch = f"ploeg/revert-{number}"
        found = await self.newest_of(branch)
        if found is not None:
            return found.url
        if await self.branch_tip(branch) is None:
            at = f"{self._at}/repository"
            await self._line.ask("POST", f"{at}/branches", {"branch": branch, "ref": done.base})
            await self._line.ask("POST", f"{at}/commits/{done.merged_sha}/revert", {"branch": branch})
        text = f"This reverts merge request !{number}."
        proposal = Proposal(head=branch, base=done.base, title=f'Revert "{done.title}"', text=text, draft=False)
        return (await self.open(proposal)).url

    async def checks(self, sha: str) -> Checks:
        return together(
            words.status(each) for each in await self._line.pages(f"{self._at}/repository/commits/{sha}/statuses")
        )

    async def set_status(self, sha: str, status: CommitStatus) -> None:
        body = {"name": status.context, "state": words.STATES[status.state], "description": status.text[:255]}
        try:
            await self._line.ask(
                "POST", f"{self._at}/statuses/{sha}", body | ({"target_url": status.url} if status.url else {})
            )
        except ForgeError as error:
            # It says that already.
            if "Cannot transition status" not in error.reason:
                raise

    async def comment(self, number: int, text: str) -> Comment:
        page = (await self._request(number))["web_url"]
        return words.note(
            await self._line.ask("POST", f"{self._at}/merge_requests/{number}/notes", {"body": text}), page
        )

    async def comments(self, number: int, since: datetime | None = None) -> Sequence[Comment]:
        page = (await self._request(number))["web_url"]
        # The newest first, since it does not tell those alone that are newer than a moment.
        at = f"{self._at}/merge_requests/{number}/notes"
        told = await self._line.pages(at, whole=False, sort="desc", order_by="created_at")
        people = [each for each in reversed(told) if not each.get("system")]
        return [words.note(each, page) for each in people if since is None or moment(each["updated_at"]) >= since]

    async def reviews(self, number: int) -> Sequence[Review]:
        told = await self._line.pages(f"{self._at}/merge_requests/{number}/reviewers")
        return sorted((each for each in map(words.review, told) if each), key=lambda review: review.submitted_at)

    async def review(self, number: int, *, sha: str, verdict: Verdict, text: str) -> None:
        at = f"{self._at}/merge_requests/{number}"
        if verdict is Verdict.APPROVED:
            await self._line.ask("POST", f"{at}/approve", {"sha": sha})
        ending = "\n\n/request_changes" if verdict is Verdict.CHANGES_REQUESTED else ""
        await self._line.ask("POST", f"{at}/notes", {"body": text + ending})

    async def may_write(self, username: str) -> bool:
        users = await self._line.ask("GET", "/users", username=username)
        if not users:
            return False
        try:
            told = await self._line.ask("GET", f"{self._at}/members/all/{users[0]['id']}")
        except ForgeError as error:
            if error.trouble is Trouble.NOT_FOUND:
                return False
            raise
        return bool(told["access_level"] >= _DEVELOPER)

    async def issues(self, since: datetime | None = None, page: int = 1) -> IssuePage:
        query: dict[str, str | int] = {"scope": "all", "order_by": "updated_at", "sort": "asc"}
        if since is not None:
            query["updated_after"] = since.isoformat(timespec="seconds")
        told, headers = await self._line.ask_all("GET", f"{self._at}/issues", per_page=PAGE, page=page, **query)
        return IssuePage(tuple(map(words.issue, told)), more(headers, page * PAGE))

    async def issue(self, number: int) -> Issue:
        return words.issue(await self._line.ask("GET", f"{self._at}/issues/{number}"))

    async def comment_issue(self, number: int, text: str) -> Comment:
        page = (await self.issue(number)).url
        return words.note(await self._line.ask("POST", f"{self._at}/issues/{number}/notes", {"body": text}), page)

    async def dispatch_workflow(self, workflow: str, ref: str, inputs: Mapping[str, str]) -> None:
        # It has one pipeline, whose rules see what was asked for.
        variables = {"PLOEG_WORKFLOW": workflow, **inputs}
        listed = [{"key": key, "value": value} for key, value in variables.items()]
        await self._line.ask("POST", f"{self._at}/pipeline", {"ref": ref, "variables": listed})

    async def ensure_webhook(self, url: str, secret: str) -> bool:
        body = {"url": url, "token": secret, **_EVENTS}
        for hook in await self._line.pages(f"{self._at}/hooks"):
            if hook["url"] == url:
                await self._line.ask("PUT", f"{self._at}/hooks/{hook['id']}", body)
                return False
        await self._line.ask("POST", f"{self._at}/hooks", body)
        return True

    async def ensure_label(self, name: str, colour: str) -> bool:
        listed = await self._line.pages(f"{self._at}/labels", search=name)
        if any(label["name"] == name for label in listed):
            return False
        await self._line.ask("POST", f"{self._at}/labels", {"name": name, "color": f"#{colour}"})
        return True

    async def _requests_of(self, head: str, *, state: str) -> list[dict[str, Any]]:
        listed = await self._line.ask("GET", f"{self._at}/merge_requests", state=state, source_branch=head)
        return [told for told in listed if words.is_own(told)]

    async def _request(self, number: int) -> Any:
        return await self._line.ask("GET", f"{self._at}/merge_requests/{number}")

    async def _edit(self, number: int, **fields: str) -> Any:
        return await self._line.ask("PUT", f"{self._at}/merge_requests/{number}", fields)

    def _branch_at(self, branch: str) -> str:
        return f"{self._at}/repository/branches/{quote(branch, safe='')}"
