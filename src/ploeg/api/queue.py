"""The queue: how deep it is, and what is next in it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from ploeg.api.access import Caller, Plane
from ploeg.api.jobs import job_out
from ploeg.control.queue import overlap as overlapping
from ploeg.control.queue import queue_view
from ploeg.control.queue.overlap import Overlap
from ploeg.control.queue.queue_view import Depth, Place, QueueView
from ploeg.wire.base import Items
from ploeg.wire.queue import CountsOut, DepthOut, OverlapOut, PlaceOut, QueueOut

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


@router.get("/overlaps/{item}")
async def show_overlaps(plane: Plane, caller: Caller, item: str) -> Items[OverlapOut]:
    """Unfinished jobs on other branches that are about to change the same files as a job, or as a task's would."""
    found = await plane.read(overlapping.of_item, caller, plane.installation, item)
    return Items(items=[overlap_out(each) for each in found])


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
        overlaps=[overlap_out(each) for each in place.overlaps],
    )


def overlap_out(overlap: Overlap) -> OverlapOut:
    return OverlapOut(job=overlap.job.code, status=overlap.job.status, paths=list(overlap.paths))
