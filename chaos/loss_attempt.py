"""One attempt that is ended in the middle, the start after it, and what salvage brings back."""

from __future__ import annotations

import asyncio
import faulthandler
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import msgspec
from tests.e2e.repository import Remote, make_remote, run_git
from tests.worker.assignments import assignment
from tests.worker.far_end import FarEnd
from tests.worker.rig import Rig

from chaos.loss_disk import SmallDisk
from ploeg.wire.work import FinishReport
from ploeg.workspace.git import Git
from ploeg.workspace.salvage import Left, Salvage, Source, locate

FAULTS = ("kill", "cancel", "stop", "full disk", "plug")
#: Notes each file once it is there; what it cannot write it does not note.
AGENT = """
start()
with open({ledger!r}, "a", buffering=1) as ledger:
    for number in range(1, 10_000):
        name = "loose-%d.txt" % number
        try:
            write("work/" + name, name * 50)
            ledger.write("uncommitted " + name + chr(10))
            if number % {commit_every} == 0:
                sh("git add -A && git commit -qm 'Some more'")
                ledger.write("committed " + name + chr(10))
        except (OSError, subprocess.CalledProcessError):
            pass
        time.sleep({pause})
"""
PATIENCE = 60.0
#: Seconds within which a file that was changed may not be on the disk yet when the power goes.
NOT_SYNCED = 2.0


class Attempt:
    """Attempt 1 of job `number`, by a worker in `home`."""

    def __init__(self, folder: Path, home: Path, number: int, fault: str, dice: random.Random) -> None:
        self._folder, self._number, self._fault, self._dice = folder, number, fault, dice
        self._disk = SmallDisk(home) if fault == "full disk" else None
        self._ledger = folder / f"ledger-{number}"
        self._reports = folder / f"reports-{number}"
        settings = {"keep_every_seconds": 0.2, "push_unfinished": True, "disk_keep_free_bytes": 0}
        self._rig = Rig(home, _remote(folder), "none", settings=settings)
        self._job = assignment(self._rig.remote.path, number, renew_seconds=0.1)
        self._workspace = home / "workspaces" / f"J-{number}" / "tree"

    def run(self) -> Counter[str]:
        """What was written, by the agent's own notes, and what of it was lost."""
        if self._disk is not None:
            self._disk.mount()
        try:
            self._live_and_end()
            self._start_again()
            return self._look()
        finally:
            if self._disk is not None:
                self._disk.unmount()

    def _live_and_end(self) -> None:
        ear, mouth = os.pipe()
        child = _forked(lambda: self._work(mouth))
        os.close(mouth)
        assert select.select([ear], [], [], PATIENCE)[0], "the agent never started"
        os.close(ear)
        if self._fault in {"kill", "plug"}:
            time.sleep(self._dice.uniform(0.05, 1.0))
            expected = self._snapshot() if self._fault == "plug" else None
            os.kill(child, signal.SIGKILL)
            self._end_the_agent()
            if expected is not None:
                self._pull_the_plug(expected)
        os.waitpid(child, 0)

    def _work(self, mouth: int) -> None:
        """In a process of its own: the worker, with the faults that come from within."""
        rig, far_end, stop = self._rig, FarEnd(), asyncio.Event()
        rig.far_end = far_end
        script = AGENT.format(
            ledger=str(self._ledger),
            commit_every=self._dice.choice((2, 3, 7)),
            pause=self._dice.choice((0, 0.01, 0.05)),
        )

        async def worked() -> None:
            working = asyncio.create_task(rig.once(script, self._job, stop))
            while not self._ledger.exists():
                await asyncio.sleep(0.01)
            os.write(mouth, b"!")
            await asyncio.sleep(self._dice.uniform(0.05, 1.0))
            if self._fault == "stop":
                stop.set()
            elif self._fault in {"cancel", "full disk"}:
                if self._disk is not None:
                    await asyncio.to_thread(self._disk.fill)
                    await asyncio.sleep(0.2)
                far_end.orders.append("cancel")
            await working

        asyncio.run(worked())
        self._note_reports(far_end)

    def _start_again(self) -> None:
        """A worker starts, clears up, finds no job, and ends."""
        if self._disk is not None:
            self._disk.free()

        def cleared() -> None:
            asyncio.run(self._rig.idle_once())
            self._note_reports(self._rig.far_end)

        pid = _forked(cleared)
        _, status = os.waitpid(pid, 0)
        assert status == 0, f"the worker did not start again after {self._fault} in round {self._number}"

    def _look(self) -> Counter[str]:
        noted = [line.split(" ") for line in self._ledger.read_text("utf-8").splitlines() if line.count(" ") == 1]
        committed = {name for kind, name in noted if kind == "committed"}
        written = self._counted({name for kind, name in noted if kind == "uncommitted"})
        report = self._report()
        found = asyncio.run(self._salvaged(self._rig.home / "mirrors", report))
        lost = {"committed": committed - found, "uncommitted": written - committed - found}
        for kind, names in lost.items():
            for name in sorted(names):
                print(f"round {self._number}, {self._fault}: {kind} {name} is lost", flush=True)
        totals = Counter({self._fault: 1, "committed": len(committed), "uncommitted": len(written - committed)})
        totals += Counter({f"{kind} lost": len(names) for kind, names in lost.items()})
        if report is not None and report.wip_branch is not None:
            remote = asyncio.run(self._salvaged(self._folder / "no-mirrors", report))
            totals += Counter({"shared": 1, "shared whole": int(found <= remote)})
        return totals

    async def _salvaged(self, mirrors: Path, report: FinishReport | None) -> set[str]:
        """The files that `ploeg job salvage` brings back, each with the content that it had."""
        known = {} if report is None else {"head": report.head_sha, "snapshot": report.snapshot}
        branch = report.wip_branch if report is not None else None
        left = Left(attempt=1, repo_url=str(self._rig.remote.path), branch=branch, **known)
        source = await locate(mirrors, Git(), f"J-{self._number}", [left])
        if source is None:
            return set()
        clone = self._folder / "clone"
        if not clone.exists():
            run_git(self._folder, "clone", "-q", str(self._rig.remote.path), "clone")
        name = f"salvage/{'mirror' if source.in_mirror else 'remote'}/J-{self._number}"
        branches = await Salvage(Git(), os.environ).branch(source, clone, name)
        return _whole_files(clone, self._every_commit(clone, source, branches))

    def _every_commit(self, clone: Path, source: Source, branches: list[str]) -> Iterable[str]:
        """The branches that were made; from the remote, also the second parents of what lies there."""
        if source.in_mirror:
            return branches
        tip = run_git(self._rig.remote.path, "rev-parse", source.ref.removeprefix("refs/heads/")).strip()
        return [*branches, *run_git(clone, "rev-parse", f"{tip}^@").split()]

    def _snapshot(self) -> set[str]:
        """What the mirror has of it at this moment."""
        mirrors = list((self._rig.home / "mirrors").glob("*.git"))
        ref = f"refs/ploeg/J-{self._number}/1-snapshot"
        return _whole_files(mirrors[0], [ref]) if mirrors and _exists(mirrors[0], ref) else set()

    def _pull_the_plug(self, expected: set[str]) -> None:
        committed = set(run_git(self._workspace, "ls-tree", "-r", "--name-only", "HEAD").split())
        for path in (self._workspace / "work").glob("*"):
            if f"work/{path.name}" not in committed and path.stat().st_mtime > time.time() - NOT_SYNCED:
                path.write_bytes(b"")
        (self._folder / f"expected-{self._number}").write_bytes(msgspec.json.encode(sorted(expected)))

    def _counted(self, written: set[str]) -> set[str]:
        """Of what was written, what must be there: after a pulled plug, what the last snapshot had."""
        noted = self._folder / f"expected-{self._number}"
        return set(msgspec.json.decode(noted.read_bytes(), type=list[str])) if noted.exists() else written

    def _end_the_agent(self) -> None:
        """Its guardian does that as well; here nothing is looked at before it is gone."""
        deadline = time.monotonic() + PATIENCE
        while subprocess.run(["pgrep", "-f", f"^[^ ]+ -E -B .*/J-{self._number}/agent.py"], capture_output=True).stdout:
            assert time.monotonic() < deadline, "the agent outlived its worker"
            time.sleep(0.01)

    def _note_reports(self, far_end: FarEnd) -> None:
        report = far_end.finished.get(self._job.attempt_id)
        if report is not None:
            self._reports.write_bytes(msgspec.json.encode(report))

    def _report(self) -> FinishReport | None:
        if not self._reports.exists():
            return None
        return msgspec.json.decode(self._reports.read_bytes(), type=FinishReport)


def _forked(act: Callable[[], None]) -> int:
    """The process that does it: without a start of its own, so that a round takes a second."""
    pid = os.fork()
    if pid == 0:
        code = 1
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        with suppress(BaseException):
            act()
            code = 0
        sys.stdout.flush()
        os._exit(code)
    return pid


def _remote(folder: Path) -> Remote:
    path = folder / "origin" / "remote.git"
    return Remote(path) if path.exists() else make_remote(folder / "origin")


def _exists(repository: Path, ref: str) -> bool:
    return bool(run_git(repository, "for-each-ref", ref).strip())


def _whole_files(repository: Path, commits: Iterable[str]) -> set[str]:
    """Names of the agent's files that some of these commits have with all of their content."""
    found = set()
    for commit in commits:
        listed = run_git(repository, "ls-tree", "-r", "-l", commit, "work/").splitlines()
        for line in listed:
            facts, _, path = line.partition("\t")
            name = path.removeprefix("work/")
            if int(facts.split()[3]) == len(name) * 50:
                found.add(name)
    return found
