"""A topic of an ntfy server, e.g. `https://ntfy.sh/my-topic`; https://docs.ntfy.sh/publish/#publish-as-json."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from ploeg.domain.notice import Message, Topic, Urgency
from ploeg.domain.receiving import Target
from ploeg.notify.line import Line

#: ntfy makes an attachment of a longer one.
TEXT_MAX = 3500

_TAGS = {Urgency.HIGH: "warning", Urgency.LOW: "white_check_mark"}


async def send(line: Line, target: Target, message: Message) -> None:
    server, topic = place(target.to)
    body: dict[str, object] = {
        "topic": topic,
        "title": message.title,
        "message": message.text[:TEXT_MAX] or message.title,
        "priority": int(message.urgency),
    }
    if message.link is not None:
        body["click"] = message.link
    if message.urgency in _TAGS and message.notices[0].topic is not Topic.TRIAL:
        body["tags"] = [_TAGS[message.urgency]]
    headers = {"Content-Type": "application/json"}
    if target.token:
        headers["Authorization"] = f"Bearer {target.token}"
    await line.post(server, json.dumps(body).encode(), headers)


def place(url: str) -> tuple[str, str]:
    """The server's own URL, where JSON is published, and the topic."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/", parts.path.strip("/")
