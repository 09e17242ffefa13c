"""What the server has not yet acknowledged of one attempt's transcript, on disk from the first moment on.

A file of lines, each a whole chunk with its number. It is there as long as something is left, over any death of the
worker's; the number tells the server what it has already.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ploeg.wire.message import Message


class Spooled(Message, kw_only=True):
    """A chunk as it lies on disk; its events stay as they were encoded."""

    chunk: int
    events: list[msgspec.Raw]


class Spool:
    """Chunks in their order, at most `limit` bytes of them at a time. Blocking, as short appends to a file are."""

    def __init__(self, path: Path, limit: int) -> None:
        self._path = path
        self._limit = limit
        self._file: int | None = None
        #: Bytes of each line that is left, where the first of them begins and the last ends.
        self._lengths: deque[int] = deque()
        self._begin = self._end = 0
        #: A chunk for which there was no room on disk, when no other was left.
        self._held: bytes | None = None

    @classmethod
    def left_over(cls, path: Path) -> Spool:
        """What an earlier life left. A line that was cut off by the end of it is lost."""
        spool = cls(path, limit=0)
        spool._file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        with path.open("rb") as lines:
            spool._lengths.extend(len(line) for line in lines if line.endswith(b"\n"))
        spool._end = sum(spool._lengths)
        return spool

    @property
    def path(self) -> Path:
        return self._path

    @property
    def empty(self) -> bool:
        return not self._lengths and self._held is None

    def add(self, chunk: int, events: Sequence[bytes]) -> bool:
        """Puts a chunk behind the others. False: it has no place here, and nothing was added."""
        line = b'{"chunk":%d,"events":[%s]}\n' % (chunk, b",".join(events))
        if self._held is not None:
            return False
        if self._end + len(line) <= self._limit and self._append(line):
            self._lengths.append(len(line))
            self._end += len(line)
            return True
        if not self._lengths:
            self._held = line
        return self._held is not None

    def first(self) -> Spooled | None:
        """The oldest chunk; None when nothing is left."""
        if self._held is not None:
            return msgspec.json.decode(self._held, type=Spooled)
        while self._lengths and self._file is not None:
            line = os.pread(self._file, self._lengths[0], self._begin)
            try:
                return msgspec.json.decode(line, type=Spooled)
            except msgspec.MsgspecError:  # a power failure left something else
                self.drop()
        return None

    def drop(self) -> None:
        """The oldest chunk is no longer needed."""
        if self._held is not None:
            self._held = None
            return
        self._begin += self._lengths.popleft()
        if not self._lengths and self._file is not None:
            os.ftruncate(self._file, 0)
            self._begin = self._end = 0

    def close(self) -> None:
        """What is left stays on disk."""
        if self._file is None:
            return
        os.close(self._file)
        self._file = None
        if not self._lengths:
            self._path.unlink(missing_ok=True)

    def discard(self) -> None:
        """What is left is not wanted."""
        self._lengths.clear()
        self.close()

    def _append(self, line: bytes) -> bool:
        try:
            if self._file is None:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            return os.pwrite(self._file, line, self._end) == len(line)
        except OSError:  # a full disk
            return False
