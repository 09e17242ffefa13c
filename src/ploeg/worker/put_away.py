"""The end of a workspace: removed when its work is in the mirror, set aside when some of it could not be read.

One that was there to read holds no work, and simply goes.
"""

from __future__ import annotations

import logging

from ploeg.worker.workbench import Workbench
from ploeg.workspace.checkout import Workspace
from ploeg.workspace.keep import Kept, NeverKept, NothingToKeep

logger = logging.getLogger(__name__)

Left = Kept | NothingToKeep | NeverKept


async def put_away(bench: Workbench, workspace: Workspace) -> Left:
    """Keeps the work and clears the place. Raises `KeepFailed`, `GitError`; then the workspace is where it was."""
    left: Left = NeverKept()
    if workspace.branch is not None:
        left = await bench.keeper.collect(workspace, await bench.mirrors.open(workspace.repo_url))
    await clear(bench, workspace, left)
    return left


async def clear(bench: Workbench, workspace: Workspace, kept: Left) -> None:
    if isinstance(kept, Kept) and not kept.whole:
        place = bench.checkouts.set_aside(workspace)
        logger.warning("%s is set aside in %s", workspace.job_code, place.where, extra={"action": "set_aside"})
        return
    await bench.checkouts.remove(workspace, kept)
