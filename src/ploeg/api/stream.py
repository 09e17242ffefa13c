"""Server-sent events: what changes, as it changes, resumable by id."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from fastapi import APIRouter, Header, Query
from starlette.responses import StreamingResponse

from ploeg.api.access import Plane, Secret
from ploeg.control.stream import Filter, Stream
from ploeg.control.watch import PASSING
from ploeg.domain.errors import Invalid
from ploeg.domain.occurrence import Event

router = APIRouter(tags=["events"])

#: Milliseconds after which a browser that lost the stream comes back.
RETRY = b"retry: 1000\n\n"
KEEP_ALIVE = b": keep-alive\n\n"

_encoder = msgspec.json.Encoder()


@router.get("/events", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}})
async def events(
    plane: Plane,
    secret: Secret,
    after: Annotated[int | None, Query(ge=0, le=2**53)] = None,
    product: str | None = None,
    job: str | None = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """Everything that happens to what the caller may see: from behind `Last-Event-ID` or `after`, else from now on."""
    stream = Stream(plane, secret, Filter(product=product, job=job))
    await stream.open(_resume(last_event_id) if last_event_id is not None else after)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_frames(stream), media_type="text/event-stream", headers=headers)


async def _frames(stream: Stream) -> AsyncIterator[bytes]:
    yield RETRY
    async for batch in stream.events():
        yield b"".join(map(_frame, batch)) if batch else KEEP_ALIVE


def _frame(event: Event) -> bytes:
    number = b"" if event.id == PASSING else b"id: %d\n" % event.id
    shown = {
        "id": event.id or None,
        "at": event.at,
        "type": event.type,
        "product_id": event.product_id,
        "job_id": event.job_id,
        "attempt_id": event.attempt_id,
        "actor": event.actor,
        "data": event.data,
    }
    return number + b"event: %b\ndata: %b\n\n" % (event.type.encode(), _encoder.encode(shown))


def _resume(last_event_id: str) -> int:
    if not (last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) < 17):
        raise Invalid("Last-Event-ID", last_event_id, "send the id of the last event that arrived")
    return int(last_event_id)
