"""What an attempt left that is not done, put on the remote as well: no other machine has this worker's disk."""

from __future__ import annotations

import asyncio
import logging

from ploeg.domain.errors import PloegError
from ploeg.worker.workbench import Workbench
from ploeg.workspace.keep import Kept
from ploeg.workspace.mirror import Mirror
from ploeg.workspace.unfinished import Unfinished

logger = logging.getLogger(__name__)

#: Seconds that it may take, and while the worker leaves.
PATIENCE = 60.0
LAST_SECONDS = 15.0


async def share(bench: Workbench, mirror: Mirror, job_code: str, kept: Kept) -> str | None:
    """The branch of the remote that holds it now; None when it is only kept here, which the log explains."""
    if not bench.settings.push_unfinished:
        return None
    within = LAST_SECONDS if bench.leaving.is_set() else PATIENCE
    try:
        async with asyncio.timeout(within):
            unfinished = Unfinished(mirror, job_code, bench.settings.branch_prefix)
            result = await unfinished.add(kept, within=within)
    except (PloegError, OSError, TimeoutError) as error:
        logger.warning("%s: unfinished work stays here: %s", job_code, error, extra={"action": "not_shared"})
        return None
    if not result.pushed:
        logger.warning("%s: unfinished work stays here: %s", job_code, result.reason, extra={"action": "not_shared"})
        return None
    return unfinished.branch


async def withdraw(bench: Workbench, mirror: Mirror, job_code: str) -> None:
    """The job is done: what it had left unfinished need not lie on the remote any longer, and is kept here."""
    try:
        result = await Unfinished(mirror, job_code, bench.settings.branch_prefix).withdraw(within=PATIENCE)
        reason = result.reason if result is not None and not result.pushed else None
    except (PloegError, OSError) as error:
        reason = str(error)
    if reason is not None:
        extra = {"action": "not_withdrawn"}
        logger.info("%s: its unfinished work stays on the remote: %s", job_code, reason, extra=extra)
