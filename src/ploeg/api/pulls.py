"""Pull requests: how they stand, what was said about them, and what becomes of that."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from ploeg.api.access import Caller, Plane
from ploeg.api.jobs import Key, submitted, wish_of
from ploeg.control.intake import answer, pull_reviews, pulls
from ploeg.control.intake.pulls import PullView
from ploeg.control.plane import ControlPlane
from ploeg.domain.pull import Pull
from ploeg.wire.jobs import JobDetailOut, JobWish
from ploeg.wire.pulls import DismissalIn, FollowedPull, FollowedPullPage, FollowedPulls, PullIn, RemarkShown

router = APIRouter(prefix="/pull-requests", tags=["pull requests"])


@router.get("")
async def list_pull_requests(
    plane: Plane,
    caller: Caller,
    product: str | None = None,
    status: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> FollowedPulls:
    """Pull requests that are followed, the newest first."""
    views = await plane.read(pulls.listed, caller, product=product, status=status, limit=limit)
    return FollowedPulls(items=[FollowedPull(**_shown(view)) for view in views])


@router.post("", status_code=202)
async def add_pull_request(plane: Plane, caller: Caller, wish: PullIn) -> FollowedPullPage:
    """Looks at one that somebody else opened in a product's repository, for it to be reviewed."""
    return await _changed(plane, await plane.write(pulls.add, caller, wish.pull_request))


@router.get("/{pull}")
async def show_pull_request(plane: Plane, caller: Caller, pull: str) -> FollowedPullPage:
    """One by `demo#7`, its id, or the story or job whose work it shows, with all that was said about it."""
    return _page(await plane.read(pulls.shown, caller, pull))


@router.post("/{pull}/look", status_code=202)
async def look_at_pull_request(plane: Plane, caller: Caller, pull: str) -> FollowedPullPage:
    """Asks its forge now how it stands."""
    return await _changed(plane, await plane.write(pulls.look_now, caller, pull))


@router.post("/{pull}/follow-ups", status_code=201)
async def follow_up_pull_request(
    plane: Plane, caller: Caller, pull: str, response: Response, wish: JobWish | None = None, key: Key = None
) -> JobDetailOut:
    """Queues a job on its branch that answers the open remarks, and does what `instruction` says besides."""
    wished = wish_of(wish or JobWish(), key)
    return await submitted(plane, await plane.write(answer.follow, caller, plane.installation, pull, wished), response)


@router.post("/{pull}/reviews", status_code=201)
async def review_pull_request(
    plane: Plane, caller: Caller, pull: str, response: Response, wish: JobWish | None = None, key: Key = None
) -> JobDetailOut:
    """Queues a review by an agent, whose verdict goes to the forge."""
    wished = wish_of(wish or JobWish(), key)
    made = await plane.write(pull_reviews.ask, caller, plane.installation, pull, wished)
    return await submitted(plane, made, response)


@router.post("/{pull}/dismissal")
async def dismiss_remarks(plane: Plane, caller: Caller, pull: str, wish: DismissalIn | None = None) -> FollowedPullPage:
    """Says of open remarks that they need no answer."""
    return await _changed(plane, await plane.write(pulls.dismiss, caller, pull, wish.remarks if wish else ()))


async def _changed(plane: ControlPlane, pull: Pull) -> FollowedPullPage:
    """Shows it to whoever just changed it."""
    return _page(await plane.read(pulls.page, pull))


def _page(view: PullView) -> FollowedPullPage:
    same = set(RemarkShown.model_fields) - {"job"}
    remarks = [
        RemarkShown(**{name: getattr(line.remark, name) for name in same}, job=line.job) for line in view.remarks
    ]
    return FollowedPullPage(**_shown(view), remarks=remarks)


def _shown(view: PullView) -> dict[str, Any]:
    same = set(FollowedPull.model_fields) - {"product", "story", "open_remarks"}
    own = {"product": view.product, "story": view.story, "open_remarks": view.open_remarks}
    return {name: getattr(view.pull, name) for name in same} | own
