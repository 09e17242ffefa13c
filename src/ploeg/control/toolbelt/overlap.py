"""Tools about jobs that are about to change the same files."""

from __future__ import annotations

from ploeg.control.queue import overlap
from ploeg.control.toolbelt.caller import Caller
from ploeg.control.toolbelt.handler import Handlers
from ploeg.store.transaction import Transaction
from ploeg.tools.overlap import ForeseeConflicts, OverlapShown, OverlapsShown


def foresee_conflicts(tx: Transaction, caller: Caller, arguments: ForeseeConflicts) -> OverlapsShown:
    found = overlap.of_item(tx, caller.principal, caller.installation, arguments.item_id)
    return OverlapsShown(
        result=[OverlapShown(job=each.job.code, status=each.job.status, paths=list(each.paths)) for each in found]
    )


HANDLERS: Handlers = {ForeseeConflicts: foresee_conflicts}
