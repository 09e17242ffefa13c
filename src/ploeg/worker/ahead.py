"""Mirrors that a worker makes before any job asks for them."""

from __future__ import annotations

import logging

from ploeg.domain.errors import PloegError
from ploeg.worker.workbench import Workbench

logger = logging.getLogger(__name__)


async def mirror_ahead(bench: Workbench) -> None:
    """Mirrors the repositories that the settings name, one after another, so that no job waits for a first clone."""
    for url in bench.settings.mirror_repositories:
        try:
            mirror = await bench.mirrors.open(url)
            await mirror.fetch()
            await bench.checkouts.warm_up(mirror)
        except (PloegError, OSError) as error:
            logger.warning("%s was not mirrored ahead: %s", url, error, extra={"action": "mirror_failed"})
        else:
            logger.info("%s is mirrored", url, extra={"action": "mirrored"})
