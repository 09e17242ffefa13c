"""The attempts' door to the tools that the server carries out, each only on its own job's things."""

from __future__ import annotations

from ploeg.control import toolbelt
from ploeg.control.installation import Installation
from ploeg.control.toolbelt.caller import AttemptCaller
from ploeg.control.work import report
from ploeg.domain.access import Principal
from ploeg.domain.errors import Conflict, Denied, Invalid, NotFound, Superseded
from ploeg.store.transaction import Transaction
from ploeg.tools.refusal import refusal_text
from ploeg.wire.work import ToolCall, ToolReply


def call(
    tx: Transaction, actor: Principal, installation: Installation, attempt_id: str, request: ToolCall
) -> ToolReply:
    """Carries the tool out. What it refuses is told to the agent and leaves no trace; a superseded attempt is told
    nothing.
    """
    attempt, worker = report.of_caller(tx, actor, attempt_id)
    attempt = attempt.held_by(worker.id)
    job = report.owned_job(tx, attempt)
    caller = AttemptCaller(actor, installation, job, attempt, request.call_id)
    try:
        with tx.whole():
            result = toolbelt.carry_out(tx, caller, request.tool, request.arguments)
    except Superseded:
        raise
    except (Invalid, NotFound, Denied, Conflict) as refusal:
        return ToolReply(error=refusal_text(refusal))
    return ToolReply(result=result.model_dump(mode="json", exclude_none=True))
