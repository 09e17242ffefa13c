"""Who owns the processes below one program, so that none of them outlives it.

Three owners: a guardian program (for every agent), within it a PID namespace (where there is bubblewrap), and a plain
process group for Ploeg's own short-lived commands.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath

from ploeg.domain.errors import PloegError
from ploeg.workspace.limits import UNLIMITED, TreeLimits
from ploeg.workspace.pipe import PipeReader

MARKER = "PLOEG_ATTEMPT"
_GUARDIAN = Path(__file__).with_name("guardian.py")
_START_LIMIT = 10.0


class StartFailed(PloegError):
    """A program could not be started."""


class Tree(ABC):
    """One program to be started, and everything that it will start itself."""

    #: What is really started, with which environment and where.
    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    limits = UNLIMITED

    def __init__(self) -> None:
        self._child_fds: list[int] = []

    @property
    def pass_fds(self) -> tuple[int, ...]:
        return tuple(self._child_fds)

    def close_child_ends(self) -> None:
        """Closes this side's copies of what only the child needs."""
        while self._child_fds:
            os.close(self._child_fds.pop())

    @abstractmethod
    async def started(self, pid: int) -> None:
        """Returns once the tree is owned. Raises `StartFailed` when there is nothing to own."""

    @abstractmethod
    def signal(self, number: signal.Signals) -> None:
        """Asks the leader and its process group, as a terminal would."""

    @abstractmethod
    def kill(self) -> None:
        """Ends all of it, whatever it does against that."""

    @abstractmethod
    async def emptied(self, code: int) -> int:
        """Called when the started process has ended with `code`: returns the leader's code once nothing is left."""

    @property
    def excess(self) -> str | None:
        """The limit that ended it, by its name."""
        return None

    def close(self) -> None:
        self.close_child_ends()


class GroupTree(Tree):
    """A process group: for trusted commands, which do not run away from it."""

    def __init__(self, argv: Sequence[str], cwd: PurePath, env: Mapping[str, str]) -> None:
        super().__init__()
        self.argv, self.cwd, self.env = tuple(argv), str(cwd), env
        self._pid = 0

    async def started(self, pid: int) -> None:
        self._pid = pid

    def signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)

    async def emptied(self, code: int) -> int:
        self.kill()
        return code


class GuardianTree(Tree):
    """A guardian program that is the parent of every process below it; see `guardian.py`."""

    def __init__(
        self, argv: Sequence[str], cwd: PurePath, env: Mapping[str, str], limits: TreeLimits = UNLIMITED
    ) -> None:
        super().__init__()
        leash_child, self._leash = os.pipe()
        status, status_child = os.pipe()
        self._child_fds += [leash_child, status_child]
        self._status = PipeReader(status)
        self._said = b""
        self.limits = limits
        told = (leash_child, status_child, limits.memory_bytes, limits.processes)
        self.argv = (sys.executable, "-I", "-S", str(_GUARDIAN), *map(str, told), *argv)
        self.cwd, self.env = str(cwd), env

    async def started(self, pid: int) -> None:
        try:
            async with asyncio.timeout(_START_LIMIT):
                while b"\n" not in self._said:
                    chunk = await self._status.read()
                    if not chunk:
                        raise StartFailed("the guardian of the process ended before it had started it")
                    self._said += chunk
        except TimeoutError:
            raise StartFailed("the guardian of the process did not start it in time") from None
        word, _, number = self._said.decode().partition("\n")[0].partition(" ")
        if word == "failed":
            raise StartFailed(os.strerror(int(number)))

    @property
    def excess(self) -> str | None:
        return next((line[7:] for line in self._said.decode().splitlines() if line.startswith("excess ")), None)

    def signal(self, number: signal.Signals) -> None:
        self._say(b"I" if number is signal.SIGINT else b"T")

    def kill(self) -> None:
        self._say(b"K")

    async def emptied(self, code: int) -> int:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                while chunk := await self._status.read():
                    self._said += chunk
        for line in self._said.decode().splitlines():
            word, _, number = line.partition(" ")
            if word == "ended":
                return int(number)
        # Somebody killed the guardian: what it would have ended is looked for by its mark.
        if marker := self.env.get(MARKER):
            from ploeg.workspace.leftovers import end_leftovers

            await asyncio.to_thread(end_leftovers, marker)
        return code if code < 0 else -signal.SIGKILL

    def close(self) -> None:
        super().close()
        self._status.close()
        if self._leash >= 0:
            os.close(self._leash)
            self._leash = -1

    def _say(self, order: bytes) -> None:
        if self._leash >= 0:
            with contextlib.suppress(OSError):
                os.write(self._leash, order)


class NamespaceTree(GuardianTree):
    """A PID namespace made by bubblewrap: the kernel ends everything in it together with its first process.

    A guardian stands around it nevertheless: bubblewrap binds that first process to its parent only after it has
    started the program, and a worker that was killed in between would leave it.
    """

    def __init__(
        self,
        program: str,
        options: Sequence[str],
        data: Mapping[str, bytes],
        argv: Sequence[str],
        cwd: PurePath,
        limits: TreeLimits,
    ) -> None:
        """`data` maps a path in the sandbox to the content of the file that is to be there."""
        files = {path: content_fd(content) for path, content in data.items()}
        binds = [part for path, fd in files.items() for part in ("--ro-bind-data", str(fd), path)]
        arguments = [*binds, *options, "--chdir", str(cwd)]
        blob = content_fd("".join(f"{argument}\0" for argument in arguments).encode("utf-8", "surrogateescape"))
        info, info_child = os.pipe()
        # An empty environment and the options in a file: /proc/1 of the sandbox shows both.
        command = (program, "--args", str(blob), "--info-fd", str(info_child), "--", *argv)
        super().__init__(command, PurePath("/"), {}, limits)
        self._child_fds += [*files.values(), blob, info_child]
        self._info = PipeReader(info)
        self._first = 0

    async def started(self, pid: int) -> None:
        await super().started(pid)
        said = b""
        try:
            async with asyncio.timeout(_START_LIMIT):
                # Up to its last word, not to the end: the guardian has this pipe too.
                while not said.endswith(b"}\n") and (chunk := await self._info.read()):
                    said += chunk
            self._first = int(json.loads(said)["child-pid"])
        except (TimeoutError, ValueError, KeyError):
            raise StartFailed("bubblewrap did not make its sandbox") from None

    def signal(self, number: signal.Signals) -> None:
        leader = _first_child(self._first)
        if leader is not None:
            # The group is that of the namespace's first process, which takes no signal that it does not handle.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(os.getpgid(leader), number)

    async def emptied(self, code: int) -> int:
        code = await super().emptied(code)
        # Bubblewrap passes the signal that ended the program on as a shell would.
        return 128 - code if 128 < code < 128 + signal.NSIG else code

    def close(self) -> None:
        super().close()
        self._info.close()


def content_fd(content: bytes) -> int:
    """A descriptor from which that content can be read; it is in no directory."""
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("ploeg")
    else:
        with tempfile.TemporaryFile() as file:
            fd = os.dup(file.fileno())
    view = memoryview(content)
    while view:
        view = view[os.write(fd, view) :]
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def _first_child(parent: int) -> int | None:
    """The oldest child of a process."""
    try:
        children = Path(f"/proc/{parent}/task/{parent}/children").read_bytes().split()
        return int(children[0]) if children else None
    except OSError:
        pass  # not every kernel tells
    found = ((pid, _stat(pid)) for pid in (int(entry.name) for entry in Path("/proc").glob("[0-9]*")))
    return min((pid for pid, fields in found if fields and int(fields[1]) == parent), default=None)


def _stat(pid: int) -> list[bytes] | None:
    """The fields of /proc/<pid>/stat after "pid (name)", and the name may hold anything."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    return None
