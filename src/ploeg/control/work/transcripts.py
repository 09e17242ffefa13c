"""Transcripts of attempts: append-only files of JSON lines beside the database, never rows.

The database says how many bytes of a file count. A chunk is written behind them, made durable, and only then counted,
so that a chunk sent again lands on its own place and a crash leaves nothing that anyone would read.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from ploeg.domain.attempt import Attempt

DIFF_MAX = 4 * 1024 * 1024

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
        self.folder = folder
        self._max_bytes = max_bytes

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
        with self._path(job_code, attempt.number).open("rb") as file:
            file.seek(offset)
            block = b""
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
            return self._path(job_code, number).with_suffix(".diff").read_text("utf-8", "replace")
        except FileNotFoundError:
            return None

    def _path(self, job_code: str, number: int) -> Path:
        return self.folder / job_code / f"{number}.jsonl"


def _event(line: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except msgspec.MsgspecError:
        return dict(_DAMAGED)
