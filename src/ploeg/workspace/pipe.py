"""Reading what a process writes: bounded chunks, never a wait that nothing can end."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os

CHUNK = 256 * 1024
_PIPE_SIZE = 1024 * 1024


def open_pipe() -> tuple[int, int]:
    """A pipe's reading and writing end, with a large buffer where the system allows it."""
    reading, writing = os.pipe()
    set_size = getattr(fcntl, "F_SETPIPE_SZ", None)
    if set_size is not None:
        with contextlib.suppress(OSError):
            fcntl.fcntl(writing, set_size, _PIPE_SIZE)
    return reading, writing


class PipeReader:
    """The reading end of a pipe. Nothing is read ahead, so a fast writer waits for its reader."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self._waiter: asyncio.Future[None] | None = None
        self._no_more = False

    async def read(self) -> bytes:
        """The next chunk, at most `CHUNK` bytes; empty at the end. One caller at a time."""
        while self._fd >= 0:
            try:
                chunk = os.read(self._fd, CHUNK)
            except BlockingIOError:
                if self._no_more:
                    return b""
                await self._readable()
                continue
            # A writer that is always ahead must not keep the loop from everybody else.
            await asyncio.sleep(0)
            return chunk
        return b""

    def expect_no_more(self) -> None:
        """What is in the pipe now is the last: a stranger that holds its other end open is not waited for."""
        self._no_more = True
        self._wake()

    def close(self) -> None:
        self._wake()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        loop.add_reader(self._fd, self._wake)
        try:
            await self._waiter
        finally:
            self._wake()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is None:
            return
        with contextlib.suppress(RuntimeError):
            asyncio.get_running_loop().remove_reader(self._fd)
        if not waiter.done():
            waiter.set_result(None)
