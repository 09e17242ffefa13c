"""One attempt while it runs: what its phases know and share."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ploeg.domain.account import Seat
from ploeg.domain.attempt import Phase
from ploeg.wire.assignment import Assignment
from ploeg.worker import caches
from ploeg.worker.halt import Halt
from ploeg.worker.heartbeat import Heard, Lease, unheard
from ploeg.worker.progress import Progress
from ploeg.worker.runlog import RunLog
from ploeg.worker.shipper import Shipper
from ploeg.worker.spool import Spool
from ploeg.worker.state import AttemptRecord
from ploeg.worker.trace import Trace
from ploeg.worker.workbench import Offered, Workbench
from ploeg.workspace.checkout import Workspace
from ploeg.workspace.keep import Kept, NothingToKeep
from ploeg.workspace.mirror import Mirror
from ploeg.workspace.process import MARKER
from ploeg.workspace.redact import Redactor
from ploeg.workspace.repository import Diff
from ploeg.workspace.sandbox import Sandbox, SandboxSpec

logger = logging.getLogger(__name__)


class LiveAttempt:
    """Made with the claim. `mirror` and `workspace` are there once the attempt is prepared."""

    def __init__(self, bench: Workbench, assignment: Assignment, claimed_at: float, heard: Heard = unheard) -> None:
        self.bench = bench
        self.assignment = assignment
        self.progress = Progress()
        self.trace = Trace(assignment)
        self.halt = Halt()
        self.lease = Lease(bench.client, assignment, self.progress, self.halt, claimed_at=claimed_at, heard=heard)
        spool = Spool(bench.state.spool(assignment.attempt_id), bench.settings.max_spool_bytes)
        self.shipper = Shipper(bench.client, assignment.attempt_id, spool)
        self.log = RunLog(bench.settings.home_path, assignment.job_code, bench.settings.max_log_bytes)
        self.record = AttemptRecord(assignment=assignment)
        self._secrets = [*bench.client.tokens, *bench.secrets]
        self.redactor = Redactor(self._secrets)
        self.mirror: Mirror | None = None
        self.workspace: Workspace | None = None
        #: What the pull request changes that is reviewed.
        self.diff: Diff | None = None
        #: What others pushed to the branch that the earlier attempts' work, in the workspace now, does not build on.
        self.moved_on_to: str | None = None
        #: Further repositories to read, by their product's code.
        self.beside: dict[str, Workspace] = {}
        #: The earlier conversation, if this worker still has it.
        self.session_to_resume = _session_to_resume(bench, assignment)
        #: What was kept last.
        self.kept: Kept | NothingToKeep | None = None
        self._keeping = asyncio.Lock()
        #: Shared with the other jobs of the product, if the settings say so.
        self.cache = caches.of_attempt(bench.settings, assignment)

    @property
    def offered(self) -> Offered:
        return self.bench.runtimes[self.assignment.config.runtime]

    @property
    def seat(self) -> Seat:
        return Seat(self.assignment.config.runtime, self.assignment.account)

    def hide(self, *secrets: str) -> None:
        """Redact these as well from now on."""
        self._secrets.extend(secrets)
        self.redactor = Redactor(self._secrets)

    def enter(self, phase: Phase) -> None:
        if phase is not self.progress.phase:
            self.progress.enter(phase)
            self.trace.enter(phase)
            self.note("phase", phase=phase)
            self.save()

    def note(self, action: str, **facts: Any) -> None:
        """Tell the run log, the transcript and the worker's own log."""
        self.log.note(action, **facts)
        self.shipper.note(action, **facts)
        logger.info("%s: %s", self.assignment.job_code, action, extra={"action": action, **_prefixed(facts)})

    def save(self) -> None:
        """Bring the record for a restart up to date. Without it the server knows enough, so a full disk is survived."""
        try:
            self.bench.state.save(self._up_to_date())
        except OSError as error:
            logger.warning("the attempt's record is not saved: %s", error, extra={"action": "record_not_saved"})

    def _up_to_date(self) -> AttemptRecord:
        progress, record = self.progress, self.record
        record.phase = progress.phase
        record.agent_started = progress.agent_started
        record.session_id, record.model, record.base_sha = progress.session_id, progress.model, progress.base_sha
        return record

    @property
    def works(self) -> bool:
        """There is a workspace whose content is the attempt's work, and not one to read."""
        return self.workspace is not None and self.workspace.branch is not None

    async def keep(self) -> Kept | NothingToKeep:
        """Take everything in the workspace over into the mirror. Raises `KeepFailed`; then nothing may be removed."""
        assert self.workspace is not None
        assert self.mirror is not None
        async with self._keeping:
            self.kept = await self.bench.keeper.collect(self.workspace, self.mirror)
            return self.kept

    def sandbox(self, workspace: Workspace, home: Path, readable: tuple[Path, ...] = ()) -> Sandbox:
        spec = SandboxSpec(
            workspace=workspace.tree,
            home=home,
            readable=(workspace.mirror_objects, *(other.tree for other in self.beside.values()), *readable),
            tool_paths=self.bench.tool_paths,
            writable=(self.cache,) if self.cache is not None else (),
            limits=self.bench.limits,
        )
        return self.bench.backend.around(spec)

    def environment(self, sandbox: Sandbox, own: Mapping[str, str] | None = None) -> dict[str, str]:
        """All that a process of this attempt sees of an environment; `own` is what its runtime gives it."""
        return {
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            **self.bench.passed,
            **(caches.environment(self.cache) if self.cache is not None else {}),
            **(own or {}),
            "PATH": sandbox.search_path,
            "HOME": str(sandbox.home),
            MARKER: self.assignment.attempt_id,
        }


def _session_to_resume(bench: Workbench, assignment: Assignment) -> str | None:
    resume = assignment.resume
    if resume is None or resume.worker_id != assignment.worker_id:
        return None
    there = bench.homes.exists(assignment.job_code) or _taken_over(bench, assignment)
    return resume.session_id if there else None


def _taken_over(bench: Workbench, assignment: Assignment) -> bool:
    """The HOME of the job that this one follows up is now its own.

    Agents know a conversation by its working directory as well, which has another name for each job where there is
    no sandbox that gives it one.
    """
    if assignment.follows is None or bench.backend.name == "none":
        return False
    return bench.homes.take_over(assignment.job_code, assignment.follows)


def _prefixed(facts: dict[str, Any]) -> dict[str, Any]:
    """As log records take them: their own field names are taken."""
    return {f"fact_{name}": value for name, value in facts.items()}
