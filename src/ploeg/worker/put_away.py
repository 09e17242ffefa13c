"""The end of a workspace: removed when its work is in the mirror, set aside when some of it could not be read."""

from __future__ import annotations

import logging

from ploeg.worker.workbench import Workbench
from ploeg.workspace.checkout import Workspace
from ploeg.workspace.keep import Kept, NothingToKeep
from ploeg.workspace.mirror import Mirror

logger = logging.getLogger(__name__)


async def put_away(bench: Workbench, workspace: Workspace, mirror: Mirror) -> Kept | NothingToKeep:
    """Keeps the work and clears the place. Raises `KeepFailed`; then the workspace is where it was."""
    kept = await bench.keeper.collect(workspace, mirror)
    await clear(bench, workspace, kept)
    return kept


async def clear(bench: Workbench, workspace: Workspace, kept: Kept | NothingToKeep) -> None:
    if isinstance(kept, Kept) and not kept.whole:
        place = bench.checkouts.set_aside(workspace)
        logger.warning("%s is set aside in %s", workspace.job_code, place.where, extra={"action": "set_aside"})
        return
    await bench.checkouts.remove(workspace, kept)
