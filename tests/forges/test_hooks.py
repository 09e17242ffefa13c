"""A webhook is believed to be its forge's when it is signed, and says only where to look."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ploeg.domain.delivery import Trouble as Word
from ploeg.domain.forge import Hint, HintKind
from ploeg.forges.base import ForgeError
from ploeg.forges.hooks import read
from tests.forges.fake import FakeForge
from tests.forges.far.serving import DIALECTS
from tests.forges.far.things import Hook

BRANCH = "ploeg/ST-001-a1b2c3d4"
SECRET = "hook-s3cret"


def told(forge: FakeForge, what: str, thing: object, secret: str = SECRET) -> list[Hint]:
    made = DIALECTS[forge.kind].hook(forge, what, thing, secret)
    return read(forge.kind, *made, SECRET) if made else []


def test_what_happens_to_a_pull_request_hints_at_it(forge: FakeForge) -> None:
    sha = forge.push(BRANCH)
    pull = forge.open_pull(head=BRANCH, base="trunk", title="Greet", text="")
    (hint,) = told(forge, "pull", pull)
    assert hint == Hint(kind=HintKind.PULL_REQUEST, repo_url=forge.repo_url, number=pull.number, branch=BRANCH, sha=sha)
    (hint,) = told(forge, "comment", forge.say(pull.number, "ada", "/ploeg retry"))
    assert (hint.kind, hint.number) == (HintKind.COMMENT, pull.number)
    (hint,) = told(forge, "review", forge.hand_in(pull.number, "ada", "CHANGES_REQUESTED"))
    assert (hint.number, hint.branch) == (pull.number, BRANCH)


def test_checks_hint_at_their_commit_and_issues_at_themselves(forge: FakeForge) -> None:
    sha = forge.push(BRANCH)
    (hint,) = told(forge, "status", forge.check(sha, "tests", "failure"))
    assert (hint.kind, hint.sha) == (HintKind.CHECKS, sha)
    issue = forge.report("It is broken")
    (hint,) = told(forge, "issue", issue)
    assert (hint.kind, hint.number) == (HintKind.ISSUE, issue.number)


def test_nobody_without_the_secret_is_believed(forge: FakeForge) -> None:
    issue = forge.report("It is broken")
    with pytest.raises(ForgeError) as caught:
        told(forge, "issue", issue, "guessed")
    assert caught.value.trouble is Word.NO_CREDENTIALS
    with pytest.raises(ForgeError):
        read(forge.kind, {}, b"{}", SECRET)


def test_no_secret_signs_nothing(forge: FakeForge) -> None:
    made = DIALECTS[forge.kind].hook(forge, "issue", forge.report("It is broken"), "")
    assert made is not None
    with pytest.raises(ForgeError):
        read(forge.kind, *made, "")


ENDLESS = '{"object_kind": "note", "project": {"git_http_url": "x"}, "issue": {"iid": 1e999}}'


@pytest.mark.parametrize(
    "body", ["", "[]", '"text"', "[" * 100_000, '{"repository": 7}', '{"project": {}}', "\xff", ENDLESS]
)
def test_what_makes_no_sense_is_refused_and_breaks_nothing(body: str) -> None:
    with pytest.raises(ForgeError) as caught:
        read("gitlab", {"X-Gitlab-Token": SECRET}, body.encode("latin-1"), SECRET)
    assert caught.value.trouble is Word.REFUSED


def test_what_is_nothing_to_ploeg_hints_at_nothing() -> None:
    body = json.dumps({"object_kind": "wiki_page", "project": {"git_http_url": "https://git.test/a/b.git"}})
    assert read("gitlab", {"x-gitlab-token": SECRET}, body.encode(), SECRET) == []


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[int]]]:
    """An address that reads webhooks, and how many hints each of them held; -1 for a forged one."""
    heard: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                heard.append(len(read(self.path.strip("/"), dict(self.headers), body, SECRET)))
                status = 204
            except ForgeError:
                heard.append(-1)
                status = 403
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", heard
        server.shutdown()
        thread.join(5)


def test_webhooks_arrive_are_lost_doubled_and_forged(forge: FakeForge, receiver: tuple[str, list[int]]) -> None:
    url, heard = receiver
    forge.hooks.append(Hook(1, f"{url}/{forge.kind}", SECRET, [], forge.now()))
    forge.hook_faults = ["", "lost", "doubled", "forged"]
    for n in range(4):
        forge.report(f"Issue {n}")
    forge.letters.join()
    assert heard == [1, 1, 1, -1]
    assert [status for _, status in forge.hooks_sent] == [204, 204, 204, 403]
