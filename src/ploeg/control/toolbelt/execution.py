"""Tools about the tasks of a job for a whole sprint run."""

from __future__ import annotations

from ploeg.control.sprints import executions
from ploeg.control.toolbelt.caller import AttemptCaller, Caller
from ploeg.control.toolbelt.handler import Handlers
from ploeg.domain.errors import NotFound
from ploeg.domain.executions import SETTLED
from ploeg.domain.sprint_run import ExecutionStatus
from ploeg.store.transaction import Transaction
from ploeg.tools.execution import ExecutionUpdated, UpdateTaskExecution


def update_task_execution(tx: Transaction, caller: Caller, arguments: UpdateTaskExecution) -> ExecutionUpdated:
    if not isinstance(caller, AttemptCaller):
        raise NotFound("execution", arguments.execution_id)
    status = ExecutionStatus(arguments.status)
    changed = executions.update(tx, caller.job, caller.by, arguments.execution_id, status, arguments.skip_reason)
    unsettled = [each for each in tx.sprints.executions(caller.job.id) if each.status not in SETTLED]
    return ExecutionUpdated(
        execution_id=changed.id,
        task=executions.settled(tx, changed).task,
        status=changed.status,
        verify_result=changed.coverage,
        base_sha=changed.base_sha,
        head_sha=changed.head_sha,
        next_execution_id=unsettled[0].id if unsettled else None,
    )


HANDLERS: Handlers = {UpdateTaskExecution: update_task_execution}
