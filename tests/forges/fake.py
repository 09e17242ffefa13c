"""A forge on loopback: pull requests and what is said about them in memory, branches in a real bare repository.

It speaks the words of three APIs, and git over HTTP, so that a worker can push to the same place. What people do there
are the methods of `FakeForge`.
"""

from __future__ import annotations

import queue
import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path

from tests.forges.far.git import Bare
from tests.forges.far.things import (
    Account,
    Exchange,
    Hook,
    Issue,
    Label,
    Note,
    Opinion,
    Pull,
    Refused,
    Right,
    Scheduled,
    Started,
    Status,
    Token,
    Trouble,
)

TOKEN = "forge-t0ken-0123456789"

#: What happened (`pull`, `comment`, `review`, `status`, `push`, `issue`), and the thing that it happened to.
Listener = Callable[[str, object], None]


class FakeForge:
    """One repository, `crew/greeter`, in `folder/crew/greeter.git`."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder, self.kind = folder, kind
        self.git = Bare(folder / "crew" / "greeter.git")
        self.git.set_up()
        self.url = ""
        self.accounts = {"robot": Account(1, "robot", Right.ADMIN), "ada": Account(2, "ada", Right.WRITE),
                         "eve": Account(3, "eve", Right.READ)}  # fmt: skip
        self.tokens = {TOKEN: Token("robot")}
        self.pulls: list[Pull] = []
        self.issues: list[Issue] = []
        self.notes: list[Note] = []
        self.opinions: list[Opinion] = []
        self.statuses: list[Status] = []
        self.hooks: list[Hook] = []
        self.labels: list[Label] = []
        self.started: list[Started] = []
        self.protected: set[str] = set()
        #: A merge needs checks that all passed.
        self.checks_required = False
        self.troubles: list[Trouble] = []
        #: Method and path of every request to its API, and what came of those that came through.
        self.asked: list[tuple[str, str]] = []
        self.exchanges: list[Exchange] = []
        #: Held by every answer, if set.
        self.gate: threading.Event | None = None
        #: Called with every request to the API before it is carried out.
        self.on_request: Callable[[str, str], None] | None = None
        #: Git asks for a token as well, and for the right to push.
        self.git_needs_token = False
        #: What becomes of the next webhooks: `lost`, `doubled`, `forged` or nothing; and what became of those sent.
        self.hook_faults: list[str] = []
        self.hooks_sent: list[tuple[str, int]] = []
        #: Those that are still to be sent, with what happened to what.
        self.letters: queue.Queue[tuple[Hook, str, object] | None] = queue.Queue()
        self.listener: Listener = lambda _what, _thing: None
        self.lock = threading.RLock()
        self._last_id = 100

    @property
    def repo_url(self) -> str:
        return f"{self.url}/crew/greeter.git"

    @property
    def repository(self) -> Path:
        return self.git.path

    @property
    def default_branch(self) -> str:
        return self.git.default_branch

    @property
    def read_only(self) -> bool:
        return self.accounts["robot"].right <= Right.READ

    @read_only.setter
    def read_only(self, value: bool) -> None:
        self.accounts["robot"].right = Right.READ if value else Right.ADMIN

    # Branches

    def branch(self, name: str) -> None:
        """Makes one at the default branch's tip, as a push would."""
        self.git.point(name, self.git.tip(self.default_branch) or "")

    def push(self, branch: str, files: dict[str, str] | None = None) -> str:
        """What somebody pushes from elsewhere: one more commit. Gives it."""
        with self.lock:
            sha = self.git.commit(branch, files or {"more.txt": secrets.token_hex(8)})
            self.pushed(branch)
        return sha

    def pushed(self, branch: str) -> None:
        """Git took a push: as GitLab, what was to be merged by itself no longer is."""
        for pull in self.pulls:
            if pull.state == "open" and pull.head == branch:
                self.head_of(pull)
                if self.kind == "gitlab":
                    pull.scheduled = None
                self.changed(pull)
        self.listener("push", branch)

    def protect(self, branch: str) -> None:
        self.protected.add(branch)
        (self.repository / "protected").write_text("\n".join(sorted(self.protected)) + "\n")

    def is_protected(self, branch: str) -> bool:
        return any(fnmatch(branch, rule) for rule in self.protected)

    # Pull requests

    def open_pull(
        self, *, head: str, base: str, title: str, text: str, draft: bool = False, author: str = "robot"
    ) -> Pull:
        if self.git.tip(head) is None or self.git.tip(base) is None:
            raise Refused(404, "branch not found")
        if any(pull.head == head and pull.base == base and pull.state == "open" for pull in self.pulls):
            raise Refused(409, "a pull request already exists for these branches")
        pull = Pull(self._next_number(self.pulls), head, base, title, text, author, self.now(), draft)
        self.head_of(pull)
        self.pulls.append(pull)
        self.changed(pull)
        return pull

    def pull(self, number: int) -> Pull:
        found = next((pull for pull in self.pulls if pull.number == number), None)
        if found is None:
            raise Refused(404, "not found")
        return found

    def head_of(self, pull: Pull) -> str:
        """Its head; that of one that is no longer open stays, but where a forge shows the branch all the same."""
        tip = self.git.tip(pull.head)
        if tip and (pull.state == "open" or self.kind == "forgejo"):
            pull.head_sha = tip
        return pull.head_sha

    def changed(self, pull: Pull) -> None:
        pull.changed_at = self.now()
        self.listener("pull", pull)

    def close(self, number: int) -> None:
        pull = self.pull(number)
        if pull.state == "open":
            self.head_of(pull)
            pull.state, pull.scheduled = "closed", None
            self.changed(pull)

    def mergeable(self, pull: Pull) -> bool:
        tip = self.git.tip(pull.base)
        return bool(tip and self.git.merged_tree(tip, self.head_of(pull)))

    def merge(self, number: int, *, sha: str | None = None, method: str = "squash") -> Pull:
        """At once; every forge words the refusals in its own way."""
        pull = self.pull(number)
        if pull.state != "open":
            raise Refused(405, "it is not open")
        if sha is not None and sha != self.head_of(pull):
            raise Refused(409, "the head is another commit")
        if self.checks_required and self.verdict(self.head_of(pull)) != "success":
            raise Refused(405, "required checks have not passed")
        merged_sha = self.git.merge(pull.base, self.head_of(pull), method, pull.title)
        pull.state, pull.merged_sha, pull.scheduled = "merged", merged_sha, None
        self.changed(pull)
        return pull

    def schedule(self, number: int, sha: str, method: str) -> None:
        self.pull(number).scheduled = Scheduled(sha, method)

    # Checks

    def check(self, sha: str, name: str, state: str, text: str = "", *, run: bool = False, url: str = "") -> Status:
        """What a program says about a commit; what waited for it goes in when all have passed."""
        with self.lock:
            status = Status(self.new_id(), sha, name, state, text, url, self.now(), run)
            self.statuses.append(status)
            self.listener("status", status)
            for pull in self.pulls:
                if pull.scheduled and self.head_of(pull) == sha and self.verdict(sha) == "success":
                    self.merge(pull.number, method=pull.scheduled.method)
        return status

    def checks_of(self, sha: str) -> list[Status]:
        """The latest of each name."""
        return list({status.context: status for status in self.statuses if status.sha == sha}.values())

    def verdict(self, sha: str) -> str:
        states = {status.state for status in self.checks_of(sha)}
        for worst in ("error", "failure", "pending", "success"):
            if worst in states:
                return worst
        return "pending"

    # What people say

    def say(self, number: int, login: str, text: str, *, path: str | None = None, line: int | None = None) -> Note:
        note = Note(self.new_id(), number, login, text, self.now(), path, line)
        self.notes.append(note)
        self.listener("comment", note)
        return note

    def hand_in(
        self, number: int, login: str, verdict: str, text: str = "", remarks: tuple[tuple[str, int, str], ...] = ()
    ) -> Opinion:
        """A review, with remarks of (path, line, text)."""
        pull = self.pull(number)
        if login == pull.author and verdict != "COMMENTED":
            raise Refused(422, "one's own pull request is not to be reviewed so")
        opinion = Opinion(self.new_id(), number, login, verdict, text, self.head_of(pull), self.now())
        self.opinions.append(opinion)
        for path, line, said in remarks:
            self.notes.append(Note(self.new_id(), number, login, said, self.now(), path, line, opinion.id))
        self.listener("review", opinion)
        return opinion

    def report(self, title: str, text: str = "", login: str = "ada", labels: tuple[str, ...] = ()) -> Issue:
        now = self.now()
        issue = Issue(self._next_number(self.issues), title, text, login, now, now, labels=list(labels))
        self.issues.append(issue)
        self.listener("issue", issue)
        return issue

    def issue(self, number: int) -> Issue:
        found = next((issue for issue in self.issues if issue.number == number), None)
        if found is None:
            raise Refused(404, "not found")
        return found

    # The rest

    def new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def now(self) -> datetime:
        return datetime.now(UTC).replace(microsecond=0)

    def next_trouble(self, method: str, path: str) -> Trouble | None:
        for trouble in self.troubles:
            if trouble.method in {"", method} and trouble.path in path:
                self.troubles.remove(trouble)
                return trouble
        return None

    def _next_number(self, things: list[Pull] | list[Issue]) -> int:
        """Of GitLab each kind has numbers of its own; elsewhere they share them."""
        numbered = things if self.kind == "gitlab" else [*self.pulls, *self.issues]
        return max((thing.number for thing in numbered), default=0) + 1
