"""What is asked of forges beyond opening pull requests: a story merged, a product promoted, and how all that stands."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request

from ploeg.api.access import Caller, Plane
from ploeg.control.publishing import actions, merging, promotion
from ploeg.wire.base import Items
from ploeg.wire.forge_actions import ForgeActionOut, ForgeOut, PromotionIn

router = APIRouter(tags=["forges"])

Key = Annotated[str | None, Header(alias="Idempotency-Key")]


@router.get("/forges")
async def list_forges(request: Request, caller: Caller) -> Items[ForgeOut]:
    """The forges that the server has a token for, whatever that opens there."""
    ear = request.app.state.ear
    return Items(items=[ForgeOut(origin=origin, kind=kind) for origin, kind in (ear.forges if ear else {}).items()])


@router.get("/products/{product}/forge-actions")
async def list_forge_actions(
    plane: Plane, caller: Caller, product: str, limit: Annotated[int, Query(ge=1, le=actions.LIMIT_MAX)] = 50
) -> Items[ForgeActionOut]:
    """What was asked of forges for that product, the newest first."""
    found = await plane.read(actions.listed, caller, product, limit)
    return Items(items=[ForgeActionOut.model_validate(action) for action in found])


@router.post("/forge-actions/{action}/retry")
async def retry_forge_action(plane: Plane, caller: Caller, action: str) -> ForgeActionOut:
    """Tries one again that failed or was dropped."""
    return ForgeActionOut.model_validate(await plane.write(actions.retry, caller, action))


@router.post("/stories/{story}/merge", status_code=202)
async def merge_story(plane: Plane, caller: Caller, story: str) -> Items[ForgeActionOut]:
    """Merges a done story's pull requests as soon as their checks have passed, one for each repository."""
    asked = await plane.write(merging.merge, caller, story)
    return Items(items=[ForgeActionOut.model_validate(action) for action in asked])


@router.post("/products/{product}/promotions", status_code=202)
async def promote_product(
    plane: Plane, caller: Caller, product: str, wish: PromotionIn | None = None, key: Key = None
) -> ForgeActionOut:
    """Starts the product's workflow that publishes it elsewhere."""
    ref = wish.ref if wish is not None else None
    return ForgeActionOut.model_validate(await plane.write(promotion.promote, caller, product, ref, key))
