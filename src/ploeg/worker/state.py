"""The worker's own folder: who it is, and what it was doing, so that the next start can clear up after a killed one.

<home>/worker/lock              held by the running worker
<home>/worker/instance          its name for the server, the same after each start
<home>/worker/attempts/<id>     one record per attempt that has not been settled with the server
<home>/worker/spool/<id>        what the server has not yet taken of an attempt's transcript
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ploeg.domain.errors import Conflict, Unavailable
from ploeg.wire.assignment import Assignment
from ploeg.wire.message import Message
from ploeg.wire.work import FinishReport


class AttemptRecord(Message, kw_only=True):
    """What a restart must know of one attempt."""

    assignment: Assignment
    phase: str = "prepare"
    base_sha: str | None = None
    session_id: str | None = None
    model: str | None = None
    agent_started: bool = False
    #: The report that the server has not acknowledged yet.
    report: FinishReport | None = None


class WorkerState:
    """The folder of one worker. One process at a time."""

    def __init__(self, home: Path) -> None:
        self._root = home / "worker"
        self._attempts = self._root / "attempts"
        self._verified = self._root / "verified"
        self._spool = self._root / "spool"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Held while this worker runs; `Conflict` when another one runs from the same home."""
        try:
            for folder in (self._attempts, self._verified, self._spool):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(self._root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Unavailable(f"{self._root} cannot be used: {error.strerror}") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise Conflict(
                f"another worker runs from {self._root.parent}; stop it, or give this one a home of its own"
            ) from None
        finally:
            os.close(lock)

    def instance(self) -> str:
        """This worker's name for the server, made at the first call."""
        path = self._root / "instance"
        try:
            known = path.read_text("ascii").strip()
        except FileNotFoundError:
            known = ""
        if not known:
            known = secrets.token_hex(8)
            _write(path, known.encode())
        return known

    def save(self, record: AttemptRecord) -> None:
        """Durable against a kill at any moment: the old record or the new one, never half of one."""
        _write(self._attempts / record.assignment.attempt_id, msgspec.json.encode(record))

    def forget(self, attempt_id: str) -> None:
        (self._attempts / attempt_id).unlink(missing_ok=True)

    def save_verified(self, job_code: str, report: FinishReport) -> None:
        """Kept from before the push on: whatever happens then, the agent need not work again."""
        _write(self._verified / job_code, msgspec.json.encode(report))

    def verified(self, job_code: str) -> FinishReport | None:
        try:
            return msgspec.json.decode((self._verified / job_code).read_bytes(), type=FinishReport)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None

    def forget_verified(self, job_code: str) -> None:
        (self._verified / job_code).unlink(missing_ok=True)

    def spool(self, attempt_id: str) -> Path:
        """The file for what the server has not yet taken of that attempt's transcript."""
        return self._spool / attempt_id

    def spools(self) -> list[Path]:
        """Of all attempts that have one, each named after its attempt, oldest first."""
        return sorted(self._spool.glob("att_*"))

    def records(self) -> list[AttemptRecord]:
        """What is not settled, oldest first. A record that cannot be read is left out: the server knows the rest."""
        found = []
        for path in sorted(self._attempts.glob("att_*")):
            try:
                found.append(msgspec.json.decode(path.read_bytes(), type=AttemptRecord))
            except msgspec.MsgspecError:
                path.unlink(missing_ok=True)
        return found


def _write(path: Path, content: bytes) -> None:
    fresh = path.with_name(f".{path.name}.new")
    with open(fresh, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
