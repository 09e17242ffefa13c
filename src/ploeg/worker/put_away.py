"""The end of a workspace: removed when its work is in the mirror, set aside when some of it could not be read.

One that was there to read holds no work, and simply goes.
"""

from __future__ import annotations

import logging

from ploeg.worker.workbench import Workbench
from ploeg.workspace.checkout import Workspace
from ploeg.workspace.keep import Kept, NeverKept, NothingToKeep
from ploeg.workspace.mirror import Mirror

logger = logging.getLogger(__name__)


Left = Kept | NothingToKeep | NeverKept


async def put_away(bench: Workbench, workspace: Workspace, mirror: Mirror) -> Left:
    """Keeps the work and clears the place. Raises `KeepFailed`; then the workspace is where it was."""
    left = await bench.keeper.collect(workspace, mirror) if workspace.branch is not None else NeverKept()
    await clear(bench, workspace, left)
    return left


async def clear(bench: Workbench, workspace: Workspace, kept: Left) -> None:
    if isinstance(kept, Kept) and not kept.whole:
        place = bench.checkouts.set_aside(workspace)
        logger.warning("%s is set aside in %s", workspace.job_code, place.where, extra={"action": "set_aside"})
        return
    await bench.checkouts.remove(workspace, kept)
