"""Transcripts of attempts: append-only files of JSON lines beside the database, never rows.

The database says how many bytes of a file count. A chunk is written behind them, made durable, and only then counted,
so that a chunk sent again lands on its own place and a crash leaves nothing that anyone would read. With time a file is
compressed, and in the end deleted; offsets stay those of the lines.
"""

from __future__ import annotations

import gzip
import os
import shutil
import threading
import zlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from ploeg.aging import COMPRESSED, Tidied, tidy
from ploeg.domain.attempt import Attempt
from ploeg.domain.retention import Terms

DIFF_MAX = 4 * 1024 * 1024
_LOCKS = 64

#: Stands for what was deleted when it was old.
_DELETED = {"type": "deleted", "text": "this transcript is older than transcripts are kept"}
#: Stands for bytes that are no line of JSON, as after a power failure.
_DAMAGED = {"type": "unreadable", "text": "this part of the transcript is damaged"}


@dataclass(frozen=True, slots=True)
class Page:
    """Some whole lines of a transcript, and where the next begin, in bytes."""

    events: list[dict[str, Any]]
    next_offset: int


class Transcripts:
    """The files below one folder: `<job code>/<attempt number>.jsonl`, and a `.diff` beside it."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        #: One is held while a file is written, or changes places with its compressed one.
        self._locks = [threading.Lock() for _ in range(_LOCKS)]

    @property
    def disk(self) -> Path:
        """A folder on their disk; their own, once there is one."""
        return next(path for path in (self._folder, *self._folder.parents) if path.exists())

    def encode(self, events: list[dict[str, Any]], now: datetime, stored: int) -> bytes:
        """The events as lines that still fit behind `stored` bytes; the last line says when more had to be dropped."""
        if stored >= self._max_bytes:
            return b""
        lines = [msgspec.json.encode({**event, "at": now}) + b"\n" for event in events]
        room = self._max_bytes - stored
        if sum(map(len, lines)) <= room:
            return b"".join(lines)
        fitting = bytearray()
        for line in lines:
            if len(fitting) + len(line) > room:
                break
            fitting += line
        end = {"at": now, "type": "transcript_full", "limit_bytes": self._max_bytes}
        # The notice fills up the rest, so that nothing is ever put behind it.
        return bytes(fitting) + msgspec.json.encode(end).ljust(room - len(fitting) - 1) + b"\n"

    def write(self, job_code: str, number: int, offset: int, data: bytes) -> None:
        """Durable when this returns. Blocking."""
        path = self._path(job_code, number)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._lock(path):
            _unpack(path)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                written = 0
                while written < len(data):
                    written += os.pwrite(descriptor, data[written:], offset + written)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def read(self, job_code: str, attempt: Attempt, offset: int, limit: int) -> Page:
        """Whole lines from `offset` on, about `limit` bytes of them and at least one if there is one. Blocking."""
        end = attempt.transcript_bytes
        if offset >= end:
            return Page([], offset)
        try:
            opened = _open(self._path(job_code, attempt.number))
        except FileNotFoundError:
            return Page([dict(_DELETED)], end)
        block = b""
        with opened as file, suppress(EOFError, gzip.BadGzipFile, zlib.error):
            file.seek(offset)
            while b"\n" not in block and (more := file.read(min(limit, end - offset - len(block)))):
                block += more
        whole = block[: block.rfind(b"\n") + 1]
        if not whole:
            return Page([dict(_DAMAGED)], end)
        events = [_event(line) for line in whole[:-1].split(b"\n")]
        return Page(events, offset + len(whole))

    def write_diff(self, job_code: str, number: int, text: str) -> None:
        path = self._path(job_code, number).with_suffix(".diff")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "replace")[:DIFF_MAX])

    def read_diff(self, job_code: str, number: int) -> str | None:
        try:
            with _open(self._path(job_code, number).with_suffix(".diff")) as file:
                return file.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return None

    def tidy(self, terms: Terms, now: datetime) -> Tidied:
        """Compresses and deletes what is old enough; blocking. A compressed one can still be written to."""
        jobs = [path for path in self._folder.glob("*") if path.is_dir()]
        done = tidy(jobs, terms, now, lock=self._lock)
        for job in jobs:
            with suppress(OSError):
                job.rmdir()
        return done

    def _lock(self, path: Path) -> threading.Lock:
        return self._locks[hash(path.with_suffix("")) % _LOCKS]

    def _path(self, job_code: str, number: int) -> Path:
        return self._folder / job_code / f"{number}.jsonl"


def _open(path: Path) -> BinaryIO | gzip.GzipFile:
    """The lines, compressed or not."""
    try:
        return path.open("rb")
    except FileNotFoundError:
        return gzip.open(_packed(path), "rb")


def _unpack(path: Path) -> None:
    """For an attempt that speaks again after its transcript was compressed."""
    if path.exists() or not _packed(path).exists():
        return
    fresh = path.with_name(f".{path.name}")
    with gzip.open(_packed(path), "rb") as packed, open(fresh, "wb", opener=_privately) as plain:
        shutil.copyfileobj(packed, plain)
    fresh.rename(path)
    _packed(path).unlink()


def _packed(path: Path) -> Path:
    return path.with_name(path.name + COMPRESSED)


def _privately(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)


def _event(line: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except msgspec.MsgspecError:
        return dict(_DAMAGED)
