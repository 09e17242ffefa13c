"""Whether the server is well."""

from __future__ import annotations

import asyncio

from ploeg.control.plane import ControlPlane
from ploeg.domain.errors import Unavailable
from ploeg.domain.health import Health


async def health(plane: ControlPlane) -> Health:
    """Not live: something that runs beside the server failed, and only a new start brings it back."""
    if plane.watch.stopping:
        return Health(status="stopping", ready=False, well=False, reasons=("the server is stopping",))
    ended = tuple(f"{task.get_name()} failed; start the server anew" for task in plane.beside if _failed(task))
    database = await database_trouble(plane)
    remarks = [f"{matter}: {remark}" for matter, remark in sorted(plane.remarks.items())]
    if not ended and database is None:
        return Health(status="ok", reasons=remarks)
    told = [f"database: {database}"] if database is not None else []
    return Health(status="unhealthy", live=not ended, ready=False, well=False, reasons=[*ended, *told, *remarks])


async def database_trouble(plane: ControlPlane) -> str | None:
    """Why the database does not answer."""
    try:
        await plane.read(lambda tx: tx.events.last_id())
    except Unavailable as error:
        return str(error)
    return None


def _failed(task: asyncio.Task[None]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is not None
