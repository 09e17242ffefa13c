"""The only file that starts processes.

Each has its own session and group, its standard input closed, and an owner for everything it may start in turn
(`tree.py`). Output is read in bounded chunks; no wait on a pipe outlasts the tree that writes into it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from types import TracebackType
from typing import Literal, Protocol, Self

from ploeg.workspace.leftovers import end_leftovers
from ploeg.workspace.output import KeptOutput
from ploeg.workspace.pipe import PipeReader, open_pipe
from ploeg.workspace.tree import MARKER, GroupTree, StartFailed, Tree, content_fd

__all__ = ["MARKER", "Finished", "Process", "StartFailed", "end_leftovers", "run", "start"]

_STDERR_TAIL = 64 * 1024
#: Between killing a tree and giving up on proving that it is gone (a process in an uninterruptible wait).
_KILL_LIMIT = 10.0


class Sandbox(Protocol):
    """Where a process is put; see `sandbox.py`."""

    def tree(self, argv: Sequence[str], cwd: PurePath, env: Mapping[str, str]) -> Tree: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A command that was run to its end."""

    #: Negative: the signal that ended it. None: it was stopped by a limit, or since its head was all that was wanted.
    code: int | None
    stdout: bytes
    stderr: bytes
    timed_out: bool
    #: Output beyond the limit was dropped.
    truncated: bool
    seconds: float
    #: The limit of its sandbox that ended it: "it …".
    excess: str | None = None


class Process:
    """A running process and its tree. Used as a context manager, it leaves nothing behind."""

    def __init__(self, argv: Sequence[str], child: asyncio.subprocess.Process, tree: Tree, out: int, err: int) -> None:
        self.argv = tuple(argv)
        self.pid = child.pid
        self.returncode: int | None = None
        self._child = child
        self._tree = tree
        self._stdout = PipeReader(out)
        self._stderr = PipeReader(err)
        self._tail = bytearray()
        self._printing = tree.limits.printing
        self._flooded = False
        self._gone = asyncio.Event()
        self._drain = asyncio.create_task(self._drain_stderr())
        self._watcher: asyncio.Task[None] | None = None

    @property
    def stderr_tail(self) -> bytes:
        """The last 64 KiB of standard error, as it came: not redacted."""
        return bytes(self._tail[-_STDERR_TAIL:])

    @property
    def excess(self) -> str | None:
        """The limit of its sandbox that ended it, once it has ended: "it …"."""
        name = "output" if self._flooded else self._tree.excess
        return self._tree.limits.told(name) if name is not None else None

    async def chunks(self) -> AsyncIterator[bytes]:
        """Standard output, at most 256 KiB at a time, until it ends or the tree is gone. For one reader."""
        while chunk := await self._stdout.read():
            self._printed(len(chunk))
            yield chunk

    async def wait(self, timeout: float | None = None) -> int:  # noqa: ASYNC109 - the limit of every wait is explicit
        """The leader's exit code (negative: its signal), once its whole tree is gone. Raises `TimeoutError`."""
        async with asyncio.timeout(timeout):
            await self._gone.wait()
        assert self.returncode is not None
        return self.returncode

    async def stop(self, grace: float) -> int:
        """Interrupts, asks to terminate after half the grace, then kills; returns when nothing of the tree is left.

        Only what the kernel itself holds in an uninterruptible wait is given up, after ten seconds.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            if grace > 0 and not self._gone.is_set():
                self._tree.signal(number)
                with contextlib.suppress(TimeoutError):
                    return await self.wait(grace / 2)
        if not self._gone.is_set():
            self._tree.kill()
            with contextlib.suppress(TimeoutError):
                return await self.wait(_KILL_LIMIT)
            self._kill_child()
        return await self.wait(_KILL_LIMIT)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self.stop(0)
        finally:
            await self._close()

    async def _begin(self) -> None:
        try:
            await self._tree.started(self.pid)
        except BaseException:
            self._tree.kill()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._child.wait(), _KILL_LIMIT)
            self._kill_child()
            await self._tree.emptied(await self._child.wait())
            self._stdout.expect_no_more()
            self._stderr.expect_no_more()
            await self._drain
            raise
        self._watcher = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        code = -int(signal.SIGKILL)
        try:
            code = await self._child.wait()
            code = await self._tree.emptied(code)
        except asyncio.CancelledError:
            # The loop is being closed, and nobody will be there to watch the end.
            self._tree.kill()
            raise
        finally:
            self.returncode = code
            self._stdout.expect_no_more()
            self._stderr.expect_no_more()
            await asyncio.gather(self._drain, return_exceptions=True)
            self._gone.set()

    def _kill_child(self) -> None:
        # Not `child.kill()`: that reaps a dead child behind the back of asyncio, which then reports no exit code.
        if self._child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    async def _drain_stderr(self) -> None:
        while chunk := await self._stderr.read():
            self._printed(len(chunk))
            self._tail += chunk
            if len(self._tail) > 2 * _STDERR_TAIL:
                del self._tail[:-_STDERR_TAIL]

    def _printed(self, size: int) -> None:
        if self._printing is not None and not self._flooded and not self._printing.take(size):
            self._flooded = True
            self._tree.kill()

    async def _close(self) -> None:
        for task in (self._watcher, self._drain):
            if task is not None and not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        self._stdout.close()
        self._stderr.close()
        self._tree.close()


async def start(
    argv: Sequence[str],
    *,
    cwd: PurePath,
    env: Mapping[str, str],
    sandbox: Sandbox | None = None,
    stdin: bytes | int | None = None,
    pass_fds: Sequence[int] = (),
    merge_stderr: bool = False,
) -> Process:
    """Starts a program with exactly that environment. `cwd` is as the program sees it. Raises `StartFailed`.

    Without a sandbox it is a trusted command; an agent always gets one, if only the backend `none`.
    `stdin` is what it reads, or a descriptor to read it from; None closes it.
    """
    tree = GroupTree(argv, cwd, env) if sandbox is None else sandbox.tree(argv, cwd, env)
    out, out_child = open_pipe()
    err, err_child = os.pipe()
    given = content_fd(stdin) if isinstance(stdin, bytes) else stdin
    try:
        child = await asyncio.create_subprocess_exec(
            *tree.argv,
            stdin=asyncio.subprocess.DEVNULL if given is None else given,
            stdout=out_child,
            stderr=out_child if merge_stderr else err_child,
            cwd=tree.cwd,
            env=dict(tree.env),
            pass_fds=(*tree.pass_fds, *pass_fds),
            start_new_session=True,
        )
    except BaseException as error:
        os.close(out)
        os.close(err)
        tree.close()
        if isinstance(error, OSError):
            raise StartFailed(f"{argv[0]} could not be started: {error.strerror}") from None
        raise
    finally:
        for fd in (out_child, err_child, *([given] if isinstance(stdin, bytes) and given is not None else [])):
            os.close(fd)
        tree.close_child_ends()
    process = Process(argv, child, tree, out, err)
    try:
        await process._begin()
    except BaseException as error:
        await process._close()
        if isinstance(error, StartFailed):
            said = process.stderr_tail.decode("utf-8", "replace").strip()
            raise StartFailed(f"{argv[0]} could not be started: {said or error}") from None
        raise
    return process


async def run(
    argv: Sequence[str],
    *,
    cwd: PurePath,
    env: Mapping[str, str],
    timeout: float,  # noqa: ASYNC109 - at its end the whole tree is stopped and the output kept
    input: bytes | int | None = None,
    sandbox: Sandbox | None = None,
    max_output: int = 1024 * 1024,
    keep: Literal["head", "tail"] = "head",
    merge_stderr: bool = False,
    grace: float = 2.0,
    parting: float = 0.0,
    pass_fds: Sequence[int] = (),
    hear: Callable[[bytes], None] = lambda chunk: None,
) -> Finished:
    """Runs a command to its end or its time limit, and keeps at most `max_output` bytes of what it says.

    `hear` gets every chunk of it as it comes. `parting`: seconds to clear up after itself if its caller is cancelled.

    Of a longer output either the tail is kept, or the head: then the command is stopped, since nobody would read on.
    """
    began = time.monotonic()
    process = await start(
        argv, cwd=cwd, env=env, sandbox=sandbox, stdin=input, pass_fds=pass_fds, merge_stderr=merge_stderr
    )
    output = KeptOutput(max_output, keep)
    timed_out = False
    async with process:
        try:
            async with asyncio.timeout(timeout):
                async for chunk in process.chunks():
                    hear(chunk)
                    output.add(chunk)
                    if output.full:
                        await process.stop(0)
                await process.wait()
        except asyncio.CancelledError:
            await process.stop(parting)
            raise
        except TimeoutError:
            timed_out = True
            await process.stop(grace)
            async for chunk in process.chunks():
                hear(chunk)
                output.add(chunk)
    return Finished(
        code=None if timed_out or output.full or process.excess is not None else process.returncode,
        stdout=output.value,
        stderr=process.stderr_tail,
        timed_out=timed_out,
        truncated=output.truncated,
        seconds=time.monotonic() - began,
        excess=process.excess,
    )
