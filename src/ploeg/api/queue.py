"""The queue: how deep it is, and what is next in it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from ploeg.api.access import Caller, Plane
from ploeg.api.jobs import job_out
from ploeg.control.queue import queue_view
from ploeg.control.queue.queue_view import Depth, Place, QueueView
from ploeg.wire.queue import CountsOut, DepthOut, PlaceOut, QueueOut

router = APIRouter(prefix="/queue", tags=["jobs"])


@router.get("")
async def show_queue(
    plane: Plane,
    caller: Caller,
    product: str | None = None,
    limit: Annotated[int, Query(ge=0, le=queue_view.SHOWN_MAX, description="Queued jobs to list.")] = 50,
) -> QueueOut:
    """What runs, what is next and why it waits, and how many jobs need which runtime and labels."""
    return _out(await plane.read(queue_view.queue, caller, plane.installation, product=product, limit=limit))


def _out(view: QueueView) -> QueueOut:
    depths = view.depths
    total = {name: sum(getattr(depth, name) for depth in depths) for name in CountsOut.model_fields}
    return QueueOut(
        total=CountsOut(**total),
        by_need=[_depth(depth) for depth in depths],
        running=[job_out(line) for line in view.running],
        queued=[_place(place) for place in view.queued],
    )


def _depth(depth: Depth) -> DepthOut:
    counts = {name: getattr(depth, name) for name in CountsOut.model_fields}
    return DepthOut(runtime=depth.runtime, labels=list(depth.labels), **counts)


def _place(place: Place) -> PlaceOut:
    held = place.hold
    return PlaceOut(
        job=job_out(place.line),
        held_by=held.by if held is not None else None,
        waiting_for=held.text if held is not None else None,
        fits=place.forecast.fits if place.forecast is not None else None,
        forecast=place.forecast.text if place.forecast is not None else None,
    )
