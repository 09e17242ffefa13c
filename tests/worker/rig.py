"""A worker on a home of its own, with a real repository, a scripted agent, and a far end in memory."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from ploeg.settings import Settings
from ploeg.wire.assignment import Assignment, ResumeOut
from ploeg.wire.work import FinishReport, Heartbeat
from ploeg.worker.service import serve
from tests.e2e.repository import Remote, run_git
from tests.worker.assignments import assignment, attempt_id
from tests.worker.far_end import PATIENCE, WORKER_ID, FarEnd
from tests.worker.scripted import Scripted

TOKEN = "ploeg_wrk_the-workers-own-token"

#: Enough for a worker that has to load the tool protocol first.
LONG = PATIENCE * 3


@dataclass
class Rig:
    home: Path
    remote: Remote
    sandbox: str
    far_end: FarEnd = field(default_factory=FarEnd)
    settings: dict[str, Any] = field(default_factory=dict)
    runtime: Scripted = field(default_factory=lambda: Scripted(""))
    #: What is found where the worker's token is kept, once it is refused.
    token_in_its_place: str = TOKEN
    _hours: str = field(default_factory=lambda: str(100_000_000 + secrets.randbelow(100_000_000)))

    def made(self) -> Settings:
        values: dict[str, Any] = {
            "home": str(self.home),
            "server_url": "http://server",
            "sandbox": self.sandbox,
            "worker_name": "rig",
            "warm_workspaces": 0,
            "kill_grace": 1.0,
            "finish_grace": 0.2,
            "drain_grace": 0.0,
            # Most tests say which branches the remote has.
            "push_unfinished": False,
            **self.settings,
        }
        return Settings(**values)

    def job(self, **changes: Any) -> Assignment:
        """An assignment of job J-1, unless the changes say otherwise."""
        return assignment(changes.pop("repo", self.remote.path), **changes)

    async def run(self, script: str, given: Assignment | None = None) -> FinishReport:
        """One job with that agent, to its report."""
        code = await self.once(script, given)
        assert code in {0, 3}
        return self.report(given)

    async def once(self, script: str, given: Assignment | None = None, stop: asyncio.Event | None = None) -> int:
        self.runtime.script = script
        await self.far_end.offer(given or self.job())
        async with asyncio.timeout(LONG):
            return await self._serve(once=True, stop=stop or asyncio.Event())

    async def idle_once(self) -> int:
        """The exit code of `--once` with nothing queued."""
        async with asyncio.timeout(LONG):
            return await self._serve(once=True, stop=asyncio.Event())

    async def serve(self, script: str, stop: asyncio.Event) -> int:
        self.runtime.script = script
        return await self._serve(once=False, stop=stop)

    async def _serve(self, *, once: bool, stop: asyncio.Event) -> int:
        return await serve(
            self.made(),
            TOKEN,
            environment={"SHOWN": "yes", "HIDDEN": "the-hidden-secret"},
            once=once,
            stop=stop,
            transport=self.far_end.transport,
            runtimes={"scripted": self.runtime},
            token_now=lambda: self.token_in_its_place,
        )

    def report(self, given: Assignment | None = None) -> FinishReport:
        return self.far_end.finished[(given or self.job()).attempt_id]

    def next_attempt(self, last: FinishReport, **changes: Any) -> Assignment:
        """The assignment that a server makes of a report that resumes."""
        resume = ResumeOut(
            attempt_id=attempt_id(),
            worker_id=WORKER_ID,
            session_id=last.session_id,
            commit=last.head_sha,
            snapshot=last.snapshot,
            verified=last.verified,
            receipt=last.receipt if last.verified else None,
        )
        return self.job(attempt=2, resume=resume, base_sha=last.base_sha, **changes)

    def before_push(self, act: Callable[[], object]) -> None:
        """Do it once, when the attempt tells that it pushes."""

        def watch(beat: Heartbeat) -> None:
            if beat.phase == "push":
                self.far_end.on_heartbeat = None
                act()

        self.far_end.on_heartbeat = watch

    def lose_the_homes(self) -> None:
        shutil.rmtree(self.home / "homes")

    def events(self, type_: str, attempt: int = 1) -> list[dict[str, Any]]:
        return [event for event in self.far_end.events.get(attempt_id(attempt=attempt), []) if event["type"] == type_]

    def notes(self, action: str, attempt: int = 1) -> list[dict[str, Any]]:
        return [event for event in self.events("note", attempt) if event["action"] == action]

    def refusals(self) -> list[str]:
        return [event["text"] for event in self.events("tool_returned") if event["is_error"]]

    def run_log(self) -> list[dict[str, Any]]:
        """Of the newest run."""
        newest = max((self.home / "runs").glob("*.jsonl"))
        return [json.loads(line) for line in newest.read_text("utf-8").splitlines()]

    def at_work(self, name: str) -> Path:
        """A file where the agent of job J-1 works: named whole, since a search fails on what git removes meanwhile."""
        return self.home / "workspaces" / "J-1" / "tree" / name

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something on the disk, which tells nobody when it changes."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.02)

    def kept_refs(self) -> list[str]:
        mirrors = list((self.home / "mirrors").glob("*.git"))
        return self.mirror().git("for-each-ref", "--format=%(refname)", "refs/ploeg").split() if mirrors else []

    def mirror(self) -> Remote:
        (path,) = (self.home / "mirrors").glob("*.git")
        return Remote(path)

    def kept(self, path: str, ref: str = "refs/ploeg/J-1/1") -> str:
        """A file of the work that the mirror keeps."""
        return self.mirror().git("show", f"{ref}:{path}")

    @property
    def nap(self) -> str:
        """A command that sleeps for hours and can be told from every other process of this machine."""
        return f"sleep {self._hours}"

    def alive(self) -> list[int]:
        """Processes of this machine that run the rig's own `nap`."""
        processes = psutil.process_iter(["cmdline"])
        return [found.pid for found in processes if any(self._hours in part for part in found.info["cmdline"] or ())]

    def workspaces(self) -> list[str]:
        folder = self.home / "workspaces"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    def commit_to_remote(self, branch: str, path: str, content: str) -> str:
        """What somebody else pushed there."""
        clone = self.home.parent / "somebody"
        if not clone.exists():
            run_git(self.home.parent, "clone", "-q", str(self.remote.path), str(clone))
        run_git(clone, "fetch", "-q", "origin")
        known = branch in self.remote.branches()
        run_git(clone, "checkout", "-q", "-B", branch, f"origin/{branch}" if known else "HEAD")
        (clone / path).write_text(content)
        run_git(clone, "add", "-A")
        run_git(clone, "commit", "-qm", "Somebody else's")
        run_git(clone, "push", "-q", "origin", branch)
        return run_git(clone, "rev-parse", "HEAD").strip()
