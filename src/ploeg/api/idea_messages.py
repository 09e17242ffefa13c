"""Talking with an agent about an idea or its plan."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from ploeg.api.access import Caller, Plane
from ploeg.control.ideas import idea_chat
from ploeg.control.ideas.idea_chat import MessageLine
from ploeg.control.queue.submit import Wish
from ploeg.wire.base import Items
from ploeg.wire.ideas import MessageIn, MessageOut, SaidOut

router = APIRouter(prefix="/ideas", tags=["ideas"])


@router.get("/{idea}/messages")
async def list_idea_messages(
    plane: Plane,
    caller: Caller,
    idea: str,
    channel: str = "idea",
    limit: Annotated[int, Query(ge=1, le=200)] = 200,
) -> Items[MessageOut]:
    """What was said about the idea, or in the channel `plan` about its plan; oldest first."""
    return Items(items=[_out(line) for line in await plane.read(idea_chat.messages, caller, idea, channel, limit)])


@router.post("/{idea}/messages", status_code=201)
async def say_about_idea(plane: Plane, caller: Caller, idea: str, said: MessageIn) -> SaidOut:
    """Says something; a job answers it. What is said while that job runs is answered by the next one."""
    wish = Wish(config=said.config.said() if said.config is not None else {})
    made = await plane.write(idea_chat.say, caller, plane.installation, idea, said.text, said.channel, wish)
    line = await plane.read(idea_chat.line, made.message)
    return SaidOut(message=_out(line), job=made.job.code if made.job is not None else None)


def _out(line: MessageLine) -> MessageOut:
    message, job = line.message, line.job
    return MessageOut(
        number=message.number,
        channel=message.channel,
        author=line.author,
        text=message.text,
        job=job.code if job is not None else None,
        job_status=job.status if job is not None else None,
        created_at=message.created_at,
    )
