"""Notices: where the caller gets them, and what was said there."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from ploeg.api.access import Caller, Plane
from ploeg.control.notices import desk, receivers
from ploeg.domain.notice import Notice, Receiver, Topic
from ploeg.wire.base import Items
from ploeg.wire.notices import NewReceiverOut, NoticeOut, ReceiverEdit, ReceiverIn, ReceiverOut, TrialOut

router = APIRouter(prefix="/notices", tags=["notices"])


@router.get("")
async def list_notices(
    plane: Plane, caller: Caller, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> Items[NoticeOut]:
    """What was said to the caller's receivers, the newest first."""
    found = await plane.read(receivers.notices, caller, limit)
    return Items(items=[_notice(notice, receiver) for notice, receiver in found])


@router.get("/receivers")
async def list_receivers(plane: Plane, caller: Caller) -> Items[ReceiverOut]:
    """The caller's own; for administrators also the installation's."""
    return Items(items=[ReceiverOut(**_shown(each)) for each in await plane.read(receivers.listing, caller)])


@router.post("/receivers", status_code=201)
async def add_receiver(plane: Plane, caller: Caller, wish: ReceiverIn) -> NewReceiverOut:
    """A new receiver of the caller's. The answer holds its signing secret, this once."""
    added = await desk.add(plane, caller, desk.Wish(**wish.model_dump()))
    return NewReceiverOut(**_shown(added.receiver), secret=added.secret)


@router.get("/receivers/{receiver}")
async def show_receiver(plane: Plane, caller: Caller, receiver: str) -> ReceiverOut:
    """One receiver, by name or id."""
    return ReceiverOut(**_shown(await plane.read(receivers.show, caller, receiver)))


@router.patch("/receivers/{receiver}")
async def edit_receiver(plane: Plane, caller: Caller, receiver: str, wish: ReceiverEdit) -> ReceiverOut:
    """Changes the fields that are given."""
    changed = await plane.write(receivers.edit, caller, receiver, wish.model_dump(exclude_unset=True))
    return ReceiverOut(**_shown(changed))


@router.delete("/receivers/{receiver}")
async def remove_receiver(plane: Plane, caller: Caller, receiver: str) -> ReceiverOut:
    """It is told nothing any more."""
    return ReceiverOut(**_shown(await desk.remove(plane, caller, receiver)))


@router.post("/receivers/{receiver}/trial")
async def try_receiver(plane: Plane, caller: Caller, receiver: str) -> TrialOut:
    """Sends a message there now, and says what came of it."""
    sent = await desk.trial(plane, caller, receiver)
    return TrialOut(arrived=sent.trouble is None, trouble=sent.trouble, reason=sent.reason or None)


def _shown(receiver: Receiver) -> dict[str, Any]:
    names = set(ReceiverOut.model_fields) - {"installed", "topics"}
    topics = [topic for topic in Topic if receiver.wants(topic)]
    return {name: getattr(receiver, name) for name in names} | {
        "installed": receiver.user_id is None,
        "topics": topics,
    }


def _notice(notice: Notice, receiver: Receiver) -> NoticeOut:
    names = set(NoticeOut.model_fields) - {"receiver"}
    return NoticeOut(receiver=receiver.name, **{name: getattr(notice, name) for name in names})
