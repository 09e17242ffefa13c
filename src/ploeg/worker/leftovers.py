"""What a killed worker left: its processes are ended, its work is kept, and its attempts are settled."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Set
from dataclasses import dataclass

from ploeg.domain.attempt import Outcome, Phase
from ploeg.domain.errors import PloegError
from ploeg.wire.work import FinishReport, Handback, WorkerInfo
from ploeg.worker import late
from ploeg.worker.insist import Pauses, insist
from ploeg.worker.names import is_ploegs_own
from ploeg.worker.put_away import Left, put_away
from ploeg.worker.report import deliver
from ploeg.worker.share import share
from ploeg.worker.state import AttemptRecord
from ploeg.worker.workbench import Workbench
from ploeg.workspace.checkout import Workspace
from ploeg.workspace.keep import Kept, KeptElsewhere, NeverKept, NothingToKeep, kept_ref
from ploeg.workspace.process import end_leftovers

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was left of one attempt, and the branch of the remote that holds it as well."""

    kept: Kept | NothingToKeep
    wip_branch: str | None = None


KeptWork = dict[tuple[str, int], Found]


async def clear_up(bench: Workbench, info: WorkerInfo) -> None:
    """Before the first claim. The server learns of every earlier attempt; it must be there for it."""
    records = bench.state.records()
    for record in records:
        ended = await asyncio.to_thread(end_leftovers, record.assignment.attempt_id)
        if ended:
            logger.warning(
                "ended %d leftover processes", len(ended), extra={"action": "leftovers_ended", "pids": ended}
            )
    kept = await _keep_all(bench, {_place(record) for record in records if _is_done(record)})
    await bench.checkouts.sweep()
    await asyncio.to_thread(bench.homes.sweep)
    held = [record.assignment.attempt_id for record in records]
    pauses = Pauses.within(min((record.assignment.renew_seconds for record in records), default=15.0))
    await insist(lambda: bench.client.hand_back(Handback(worker=info, still_held=held)), pauses=pauses)
    for record in records:
        await deliver(bench, record, _report(bench, record, kept))
    await late.deliver_all(bench)


async def _keep_all(bench: Workbench, done: Set[tuple[str, int]]) -> KeptWork:
    """The work in every workspace on disk; one whose work cannot be kept stays, for the job's next attempt to try."""
    kept: KeptWork = {}
    for workspace in bench.checkouts.leftovers():
        if is_ploegs_own(workspace.job_code):
            await bench.checkouts.remove(workspace, KeptElsewhere(where="no agent worked here"))
            continue
        try:
            found = await _keep(bench, workspace)
        except (PloegError, OSError) as error:
            logger.warning("%s stays as it is: %s", workspace.directory, error, extra={"action": "leftover_not_kept"})
            continue
        if not isinstance(found, NeverKept):
            place = (workspace.job_code, workspace.attempt)
            branch = await _share(bench, workspace, found) if place not in done else None
            kept[place] = Found(kept=found, wip_branch=branch)
    return kept


async def _share(bench: Workbench, workspace: Workspace, left: Left) -> str | None:
    if not isinstance(left, Kept):
        return None
    return await share(bench, await bench.mirrors.open(workspace.repo_url), workspace.job_code, left)


async def _keep(bench: Workbench, workspace: Workspace) -> Left:
    if workspace.branch is not None:
        mirror = await bench.mirrors.open(workspace.repo_url)
        await mirror.set_by(kept_ref(workspace))
    found = await put_away(bench, workspace)
    logger.info("put away what was left of %s", workspace.job_code, extra={"action": "leftover_kept"})
    return found


def _report(bench: Workbench, record: AttemptRecord, kept: KeptWork) -> FinishReport:
    """What the attempt would have said: its own report, its verified commit, or that its worker was lost."""
    if record.report is not None:
        return record.report
    assignment = record.assignment
    verified = bench.state.verified(assignment.job_code)
    if verified is not None and record.phase in {Phase.VERIFY, Phase.PUSH, Phase.REPORT}:
        verified.reason = "the worker was killed before the push was known to have succeeded"
        return verified
    left = kept.get(_place(record))
    found = left.kept if left is not None else None
    return FinishReport(
        outcome=Outcome.WORKER_LOST,
        reason=f"the worker was killed in the phase «{record.phase}»",
        phase=record.phase,
        session_id=record.session_id,
        model=record.model,
        base_sha=record.base_sha,
        head_sha=found.head if found else None,
        kept_ref=found.ref if isinstance(found, Kept) else None,
        snapshot=found.snapshot if isinstance(found, Kept) else None,
        wip_branch=left.wip_branch if left is not None else None,
    )


def _place(record: AttemptRecord) -> tuple[str, int]:
    return record.assignment.job_code, record.assignment.attempt_number


def _is_done(record: AttemptRecord) -> bool:
    """Its work is on its branch, and only the server has not heard of it."""
    return record.report is not None and record.report.outcome == Outcome.DONE
