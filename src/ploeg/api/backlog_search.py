"""Finding items of the backlog."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from ploeg.api.access import Caller, Plane
from ploeg.control.backlog import backlog_search
from ploeg.control.backlog.backlog_search import Hit
from ploeg.domain.backlog import Pbi, Story
from ploeg.wire.backlog import HitOut
from ploeg.wire.base import Items

router = APIRouter(tags=["backlog"])


@router.get("/backlog/search")
async def search_backlog(
    plane: Plane,
    caller: Caller,
    query: Annotated[str, Query(max_length=500)],
    product: str | None = None,
    limit: Annotated[int, Query(ge=1, le=backlog_search.LIMIT_MAX)] = 20,
) -> Items[HitOut]:
    """Backlog items, stories and tasks by code, title or text, best first: words, "a phrase", or, -without."""
    found = await plane.read(backlog_search.search, caller, query, product, limit)
    return Items(items=[_out(hit) for hit in found])


def _out(hit: Hit) -> HitOut:
    item = hit.view.item
    return HitOut(
        kind="pbi" if isinstance(item, Pbi) else "story" if isinstance(item, Story) else "task",
        id=item.id,
        code=item.code,
        product=hit.view.product,
        parent=hit.view.parent or None,
        title=item.title,
        status=item.status,
        snippet=hit.snippet,
    )
