"""Bringing the server what it could not be told of transcripts while it was away, or before the worker died."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, cast

from ploeg.domain.errors import PloegError, Unauthenticated, Unavailable
from ploeg.wire.work import EventChunk
from ploeg.worker.client import WorkClient
from ploeg.worker.insist import insist
from ploeg.worker.spool import Spool
from ploeg.worker.workbench import Workbench

logger = logging.getLogger(__name__)

#: Seconds for one chunk; after that the file waits for the next occasion.
PATIENCE = 30.0


async def deliver_all(bench: Workbench) -> None:
    """Of every attempt that has ended and told the server so."""
    untold = {record.assignment.attempt_id for record in bench.state.records()}
    for path in bench.state.spools():
        if path.name not in untold and not bench.leaving.is_set():
            await deliver(bench.client, path)


async def deliver(client: WorkClient, path: Path) -> None:
    """Sends what that file holds, which is named after its attempt, and removes it. Without a server it stays."""
    try:
        spool = Spool.left_over(path)
    except FileNotFoundError:
        return
    try:
        await _send(client, path.name, spool)
    except (Unavailable, Unauthenticated) as error:
        logger.info("a transcript still waits: %s", error, extra={"action": "transcript_waits", "attempt": path.name})
    except PloegError as error:
        logger.warning("a transcript is refused: %s", error, extra={"action": "late_refused", "attempt": path.name})
        spool.discard()
    finally:
        spool.close()


async def _send(client: WorkClient, attempt_id: str, spool: Spool) -> None:
    """The server's count tells what it has already; where it has less than that, its numbers are followed."""
    has, shift = 0, 0
    while (chunk := spool.first()) is not None:
        number = chunk.chunk + shift
        if number >= has:
            message = EventChunk(chunk=number, events=cast(Any, chunk.events), late=True)
            has = (await insist(lambda: client.ship(attempt_id, message), seconds=PATIENCE)).next_chunk  # noqa: B023
            if has <= number:
                shift += has - number
                continue
        spool.drop()
