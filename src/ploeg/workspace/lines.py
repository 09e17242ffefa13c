"""From chunks to lines, with a limit on each."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ploeg.workspace.process import Process
from ploeg.workspace.redact import Redactor


class LineSplitter:
    """Cuts a stream of chunks at its newlines. A line longer than the limit loses its end, and says so."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._begun: list[bytes] = []
        self._length = 0
        self._dropped = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that this chunk ends, without their newlines."""
        first, *others = chunk.split(b"\n")
        self._extend(first)
        if not others:
            return []
        *whole, rest = others
        lines = [self._end(), *map(self._cut, whole)]
        self._extend(rest)
        return lines

    def flush(self) -> list[bytes]:
        """The last line, if the stream did not end with a newline."""
        return [self._end()] if self._length or self._dropped else []

    def _extend(self, part: bytes) -> None:
        room = self._limit - self._length
        kept = part[:room]
        if kept:
            self._begun.append(kept)
            self._length += len(kept)
        self._dropped += len(part) - len(kept)

    def _end(self) -> bytes:
        line = b"".join(self._begun)
        dropped = self._dropped
        self._begun, self._length, self._dropped = [], 0, 0
        return line + _mark(dropped) if dropped else line

    def _cut(self, line: bytes) -> bytes:
        return line if len(line) <= self._limit else line[: self._limit] + _mark(len(line) - self._limit)


async def read_lines(process: Process, redactor: Redactor, limit: int) -> AsyncIterator[list[bytes]]:
    """A process's output as redacted lines of at most `limit` bytes: those of one chunk at a time."""
    redactor, splitter = redactor.stream(), LineSplitter(limit)
    async for chunk in process.chunks():
        if lines := splitter.feed(redactor.feed(chunk)):
            yield lines
    if lines := [*splitter.feed(redactor.flush()), *splitter.flush()]:
        yield lines


def _mark(dropped: int) -> bytes:
    return b" [ploeg: %d bytes cut]" % dropped
