"""A clean workspace for an agent, beside copying the same bytes and beside `git worktree add`, in the same run.

    python -m bench.workspace [--files 10000] [--rounds 7] [--folder /dev/shm]

The repository is generated. Before each taking, the remote gains a commit that touches ten files, the mirror fetches it
and the pool is warm, as after an idle moment: what is timed is what a claim waits for. The last row goes on until the
first word of a program in the sandbox.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from ploeg.workspace.checkout import Checkouts, Workspace
from ploeg.workspace.credentials import Credentials
from ploeg.workspace.git import Git
from ploeg.workspace.keep import Keeper, KeptElsewhere
from ploeg.workspace.mirror import Mirror, Mirrors
from ploeg.workspace.process import start
from ploeg.workspace.sandbox import Backend, SandboxSpec, SandboxUnavailable, choose

COPY, WORKTREE = "copying the bytes", "git worktree add"
TAKEN, MOVED, STARTED = "workspace, tip unchanged", "workspace, moved to a new tip", "… until the agent speaks"
REMOVED, KEPT = "removal", "looking at an untouched tree"
BRANCH = "ploeg/bench"

Timed = Callable[[], Awaitable[object]]


def main() -> None:
    parser = argparse.ArgumentParser(description="A clean workspace, beside copying and beside git worktree.")
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="where to work, e.g. /dev/shm; by default the temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ploeg-bench-", dir=arguments.folder) as folder:
        bench = Bench(Path(folder), arguments.files)
        report(asyncio.run(bench.measure(arguments.rounds)), arguments.files)


class Bench:
    """A repository with its remote, a mirror, and the sides that are measured."""

    def __init__(self, folder: Path, files: int) -> None:
        self.folder = folder
        self.clone = folder / "clone"
        self.remote = folder / "remote.git"
        self._git("init", "--quiet", "--initial-branch=trunk", str(self.clone), at=folder)
        for number in range(files):
            path = self.clone / f"package{number % 97}" / f"part{number % 7}" / f"module{number}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"# module {number}\n" + "value = 'some text of an ordinary length'\n" * (number % 90))
        self._commit()
        self._git("clone", "--quiet", "--bare", str(self.clone), str(self.remote), at=folder)
        self._git("remote", "add", "origin", str(self.remote), at=self.clone)

    async def measure(self, rounds: int) -> dict[str, list[float]]:
        """Seconds of each side, round by round; the sides take turns, so that noise hits them alike."""
        git = Git()
        mirror = await Mirrors(self.folder / "mirrors", git, Credentials()).open(str(self.remote))
        checkouts = Checkouts(self.folder, git, author_name="Bench", author_email="bench@example.org")
        backend = await _backend()
        keeper = Keeper(backend, max_bundle_bytes=1 << 30)
        times: dict[str, list[float]] = {}
        for round_ in range(-1, rounds):
            self._round = round_
            await self._copies(times)
            for name in (TAKEN, MOVED, STARTED):
                await self._taking(name, times, mirror, checkouts, backend, keeper)
            await checkouts.close()
        return times

    async def _copies(self, times: dict[str, list[float]]) -> None:
        copy, tree = self.folder / "copy", self.folder / "worktree"
        await self._timed(times, COPY, lambda: asyncio.to_thread(_run, "cp", "-R", str(self.clone), str(copy)))
        await self._timed(
            times,
            WORKTREE,
            lambda: asyncio.to_thread(self._git, "worktree", "add", "--quiet", "--detach", str(tree), at=self.clone),
        )
        self._git("worktree", "remove", "--force", str(tree), at=self.clone)
        shutil.rmtree(copy)

    async def _taking(
        self,
        name: str,
        times: dict[str, list[float]],
        mirror: Mirror,
        checkouts: Checkouts,
        backend: Backend,
        keeper: Keeper,
    ) -> None:
        await checkouts.warm_up(mirror)
        await asyncio.sleep(1.0)  # the idle moment: git trusts no file of the same second as its index
        if name != TAKEN:
            for number in range(10):
                (self.clone / f"package{number}" / "changed.py").write_text(f"{name} {self._round}\n")
            self._commit()
            self._git("push", "--quiet", "origin", "trunk", at=self.clone)
            await mirror.fetch()
        taken: list[Workspace] = []

        async def take() -> None:
            base = await mirror.base(BRANCH)
            taken.append(await checkouts.take(mirror, job_code="J-1", attempt=1, branch=BRANCH, commit=base.sha))
            if name == STARTED:
                await _first_word(backend, taken[0])

        await self._timed(times, name, take)
        if name == STARTED:
            await self._timed(times, KEPT, lambda: keeper.collect(taken[0], mirror))
            done = KeptElsewhere(where="a bench")
            await self._timed(times, REMOVED, lambda: checkouts.remove(taken[0], done))
        else:
            await checkouts.remove(taken[0], KeptElsewhere(where="a bench"))
        await checkouts.close()

    async def _timed(self, times: dict[str, list[float]], name: str, side: Timed) -> None:
        """The first round only warms up."""
        begin = time.perf_counter()
        await side()
        if self._round >= 0:
            times.setdefault(name, []).append(time.perf_counter() - begin)

    def _commit(self) -> None:
        self._git("add", "--all", at=self.clone)
        who = ("-c", "user.name=Bench", "-c", "user.email=bench@example.org")
        self._git(*who, "commit", "--quiet", "--message", "A change", at=self.clone)

    def _git(self, *arguments: str, at: Path) -> None:
        _run("git", "-C", str(at), *arguments)


async def _first_word(backend: Backend, workspace: Workspace) -> None:
    box = backend.around(SandboxSpec(workspace=workspace.tree, readable=(workspace.mirror_objects,)))
    env = {"PATH": box.search_path, "HOME": str(box.home)}
    async with await start(["echo", "here"], cwd=box.workspace, env=env, sandbox=box) as agent:
        async for _ in agent.chunks():
            break


async def _backend() -> Backend:
    try:
        return await choose("bubblewrap")
    except SandboxUnavailable as error:
        print(f"without a sandbox: {error}\n")
        return await choose("none")


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True)


def report(times: dict[str, list[float]], files: int) -> None:
    floor = statistics.median(times[COPY])
    print(f"{files:,} files{'':24}{'median':>10}{'of copying':>14}")
    for name in (COPY, WORKTREE, TAKEN, MOVED, STARTED, KEPT, REMOVED):
        median = statistics.median(times[name])
        print(f"{name:<33}{median * 1000:>7.0f} ms{median / floor:>14.2f}")


if __name__ == "__main__":
    main()
