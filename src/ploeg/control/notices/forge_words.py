"""What pull requests and other deeds at forges have to say."""

from __future__ import annotations

from typing import Any

from ploeg.domain.delivery import Trouble
from ploeg.domain.notice import Topic, Urgency, Words
from ploeg.domain.occurrence import Event
from ploeg.domain.remark import FollowUps
from ploeg.store.transaction import Transaction

_SAID = {
    Topic.PULL_REQUEST_OPENED: "was opened",
    Topic.PULL_REQUEST_MERGED: "was merged",
    Topic.PULL_REQUEST_CLOSED: "was closed",
    Topic.PULL_REQUEST_FAILED: "could not be opened or brought up to date",
}
#: Types of events that are topics as they are.
PULL_REQUEST = frozenset(_SAID)


def pull_request(_tx: Transaction, event: Event) -> Words | None:
    data, topic = event.data, Topic(event.type)
    failed = topic is Topic.PULL_REQUEST_FAILED
    if failed and data.get("trouble") in {Trouble.UNREACHABLE, Trouble.RATE_LIMITED} and data.get("due_at"):
        return None
    branch = data.get("branch") or "a branch"
    name = f"Pull request {data['number']} of {branch}" if data.get("number") else f"The pull request of {branch}"
    return Words(
        topic=topic,
        subject=f"branch:{event.product_id}:{branch}",
        title=f"{name} {_SAID[topic]}",
        text="\n".join(str(part) for part in (data.get("title"), data.get("reason")) if part),
        link=_link(data),
        urgency=Urgency.NORMAL if failed else Urgency.LOW,
    )


def remarked(tx: Transaction, event: Event) -> Words | None:
    """Of a product whose remarks become jobs by themselves nobody needs to do anything."""
    product = tx.products.get(event.product_id) if event.product_id is not None else None
    if product is None or product.follow_ups is FollowUps.ON:
        return None
    data = event.data
    name = f"{product.code}#{data['number']}"
    return Words(
        topic=Topic.PULL_REQUEST_REMARKED,
        subject=f"pull:{data['id']}",
        title=f"Something was said about {name} that waits for an answer",
        text=f"{', '.join(data['kinds'])}\nLook: ploeg pr show {name}\nAnswer: ploeg pr follow-up {name}",
        link=_link(data),
    )


def action_failed(_tx: Transaction, event: Event) -> Words:
    data = event.data
    where = f" on {data['branch']}" if data.get("branch") else ""
    return Words(
        topic=Topic.FORGE_ACTION_FAILED,
        subject=f"action:{data['id']}",
        title=f"The forge did not do «{data['deed']}»{where}",
        text=str(data.get("reason") or data.get("trouble") or ""),
    )


def _link(data: dict[str, Any]) -> str | None:
    url = data.get("url")
    return url if isinstance(url, str) and url.startswith(("https://", "http://")) else None
