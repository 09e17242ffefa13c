"""The export: everything that the caller may see, as lines of JSON."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import StreamingResponse

from ploeg.api.access import Caller, Plane
from ploeg.control import export

router = APIRouter(tags=["export"])

MEDIA = "application/x-ndjson"


@router.get("/export", response_class=StreamingResponse, responses={200: {"content": {MEDIA: {}}}})
async def export_everything(plane: Plane, caller: Caller, product: str | None = None) -> StreamingResponse:
    """One product, or all that the caller may see: a header, one record on each line, and an end that counts them."""
    prepared = await export.prepare(plane, caller, product)
    return StreamingResponse(prepared.lines(), media_type=MEDIA, headers={"Cache-Control": "no-store"})
