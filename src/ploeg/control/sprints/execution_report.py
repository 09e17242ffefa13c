"""What a worker says of the tasks of a job for a whole sprint run, and asks about them. Fenced like its other words."""

from __future__ import annotations

from ploeg.control.sprints import executions
from ploeg.control.sprints.sprint_payload import outs
from ploeg.control.work import report
from ploeg.domain.access import Principal
from ploeg.store.transaction import Transaction
from ploeg.wire.work import ExecutionsReply, ExecutionsRequest


def record(tx: Transaction, actor: Principal, attempt_id: str, request: ExecutionsRequest) -> ExecutionsReply:
    """Notes what the worker verified, and tells how all of them stand."""
    attempt, worker = report.of_caller(tx, actor, attempt_id)
    job = report.owned_job(tx, attempt.held_by(worker.id))
    if request.verified is not None:
        executions.note(tx, job, request.verified)
    return ExecutionsReply(executions=outs(tx, tx.sprints.executions(job.id)))
