"""The run log: every redacted line of one attempt on the worker's disk, one JSON object a line."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

logger = logging.getLogger(__name__)

_encode = msgspec.json.Encoder().encode


def utc_now() -> datetime:
    return datetime.now(UTC)


class RunLog:
    """`runs/<timestamp>-<job>.jsonl`, with the link `jobs/<job>.log` to the newest. Never raises: a log ends no job."""

    def __init__(self, home: Path, job_code: str, limit: int, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        self._left = limit
        self._file: BinaryIO | None = None
        self.path = home / "runs" / f"{now():%Y%m%dT%H%M%S.%fZ}-{job_code}.jsonl"
        try:
            self._file = _open_private(self.path)
            point(home / "jobs" / f"{job_code}.log", self.path)
        except OSError as error:
            self._give_up(error)

    def lines(self, stream: str, lines: Iterable[bytes]) -> None:
        """Lines of the agent's output, redacted; bytes that are not UTF-8 are shown as U+FFFD."""
        opening = b'{"at":%s,"%s":' % (_encode(self._now()), stream.encode())
        self._write(b"".join([b"%s%s}\n" % (opening, _encode(line.decode("utf-8", "replace"))) for line in lines]))

    def note(self, action: str, **facts: Any) -> None:
        """Something that the worker did or saw."""
        self._write(_encode({"at": self._now(), "action": action, **facts}) + b"\n")
        self.flush()

    def flush(self) -> None:
        if self._file is not None:
            try:
                self._file.flush()
            except OSError as error:
                self._give_up(error)

    def close(self) -> None:
        self.flush()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, content: bytes) -> None:
        if self._file is None or self._left <= 0:
            return
        self._left -= len(content)
        if self._left <= 0:
            content = _encode({"at": self._now(), "action": "log_full"}) + b"\n"
        try:
            self._file.write(content)
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        logger.warning("the run log ends here: %s", error, extra={"action": "runlog_lost", "path": str(self.path)})
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError:
                logger.debug("closing it failed as well", extra={"action": "runlog_lost"})


def _open_private(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=256 * 1024)


def job_of(path: Path) -> str:
    """The code of the job whose run log that is."""
    return path.name.partition(".jsonl")[0].partition("-")[2]


def point(link: Path, target: Path) -> None:
    """Makes `link` lead there, in one step."""
    link.parent.mkdir(parents=True, exist_ok=True)
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(os.path.relpath(target, link.parent))
    fresh.replace(link)
