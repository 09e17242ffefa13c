"""Repositories as they are found: missing, closed, empty, moved on, full of odd names."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.e2e.repository import run_git
from tests.worker.rig import Rig

pytestmark = pytest.mark.anyio

DONE = "start(); commit(); report(); finish()"


async def impossible(rig: Rig, url: str) -> str:
    report = await rig.run(DONE, rig.job(repo=url))
    assert report.outcome == "workspace_impossible", report.reason
    assert rig.runtime.briefs == []
    assert rig.workspaces() == []
    return str(report.reason)


async def test_a_repository_that_does_not_exist_is_named(rig: Rig, tmp_path: Path) -> None:
    assert "nowhere.git" in await impossible(rig, str(tmp_path / "nowhere.git"))


async def test_a_repository_that_needs_a_password_says_where_to_put_it(rig: Rig) -> None:
    with demanding_a_password() as url:
        assert "git_credentials_file" in await impossible(rig, f"{url}/closed.git")


async def test_an_empty_repository_is_impossible_to_work_in(rig: Rig, tmp_path: Path) -> None:
    run_git(tmp_path, "init", "-q", "--bare", "empty.git")
    assert "commit" in await impossible(rig, str(tmp_path / "empty.git"))


async def test_a_url_that_would_run_something_is_refused(rig: Rig, tmp_path: Path) -> None:
    await impossible(rig, f"ext::sh -c touch% {tmp_path}/trap")
    assert not (tmp_path / "trap").exists()


async def test_a_server_that_does_not_answer_is_tried_again_later(rig: Rig) -> None:
    report = await rig.run(DONE, rig.job(repo="http://127.0.0.1:9/gone.git"))
    assert report.outcome == "workspace_failed"


async def test_repositories_are_mirrored_before_a_job_asks_for_them(rig: Rig, tmp_path: Path) -> None:
    rig.settings["mirror_repositories"] = [str(tmp_path / "nowhere.git"), str(rig.remote.path)]
    stop = asyncio.Event()
    serving = asyncio.create_task(rig.serve("", stop))
    await rig.until(lambda: len(list((rig.home / "mirrors").glob("*.git"))) == 1)
    stop.set()
    assert await serving == 0


async def test_the_default_branch_is_the_remotes_own(rig: Rig) -> None:
    report = await rig.run(DONE)
    assert report.base_sha == rig.remote.git("rev-parse", "trunk").strip()


async def test_a_branch_that_is_on_the_remote_already_is_gone_on_from(rig: Rig) -> None:
    tip = rig.commit_to_remote(rig.job().branch, "earlier.txt", "a sibling's work\n")
    report = await rig.run("start(); sh('test -f earlier.txt'); commit(); report(); finish()")
    assert report.base_sha == tip
    assert report.receipt is not None
    assert [change["path"] for change in report.receipt["files"]] == ["hello.txt"]
    assert rig.remote.git("rev-parse", f"{rig.job().branch}^").strip() == tip


async def test_a_remote_that_refuses_the_push_is_named_and_the_next_attempt_only_pushes(rig: Rig) -> None:
    hook = rig.remote.path / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'no pushes on Sundays' >&2\nexit 1\n")
    hook.chmod(0o755)
    first = await rig.run(DONE, rig.job(verify_commands=["true"]))
    assert (first.outcome, first.verified) == ("push_failed", True)
    assert "Sundays" in str(first.reason)

    hook.unlink()
    again = rig.next_attempt(first)
    second = await rig.run("raise SystemExit('the agent ran again')", again)
    assert second.outcome == "done", second.reason
    assert second.receipt == first.receipt
    assert second.head_sha == first.head_sha == rig.remote.git("rev-parse", again.branch).strip()
    assert len(rig.runtime.briefs) == 1


async def test_a_remote_that_is_away_at_the_push_is_tried_again_later(rig: Rig) -> None:
    away = rig.remote.path.with_name("away.git")
    rig.before_push(lambda: rig.remote.path.rename(away))
    first = await rig.run(DONE)
    assert (first.outcome, first.verified) == ("push_failed", True)
    away.rename(rig.remote.path)
    assert (await rig.run("sys.exit(1)", rig.next_attempt(first))).outcome == "done"


@contextlib.contextmanager
def demanding_a_password() -> Iterator[str]:
    """A forge that lets nobody in."""

    class Closed(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="forge"')
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Closed)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
