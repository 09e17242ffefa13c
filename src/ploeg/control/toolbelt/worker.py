"""Tools about the worker that a job runs on."""

from __future__ import annotations

from ploeg.control.toolbelt.caller import AttemptCaller, Caller
from ploeg.control.toolbelt.handler import Handlers
from ploeg.control.work import presence
from ploeg.domain.errors import Denied
from ploeg.store.transaction import Transaction
from ploeg.tools.worker import GetWorkerSettings, WorkerHeard, WorkerHeartbeat, WorkerSettingsShown


def get_worker_settings(tx: Transaction, caller: Caller, arguments: GetWorkerSettings) -> WorkerSettingsShown:
    """An attempt's caller is its worker, so its user is the worker's owner."""
    return WorkerSettingsShown(min_quota_pct=caller.principal.user.min_quota_pct)


def worker_heartbeat(tx: Transaction, caller: Caller, arguments: WorkerHeartbeat) -> WorkerHeard:
    if not isinstance(caller, AttemptCaller):
        raise Denied("only a job's agent runs on a worker")
    told = arguments.last_quota_check_at
    worker = presence.note_word(tx, caller.attempt.worker_id, arguments.last_quota_pct, told)
    return WorkerHeard(
        last_quota_pct=arguments.last_quota_pct, last_quota_check_at=worker.last_quota_check_at or tx.now
    )


HANDLERS: Handlers = {
    GetWorkerSettings: get_worker_settings,
    WorkerHeartbeat: worker_heartbeat,
}
