"""An incoming webhook of Slack, or of what understands the same: Mattermost, Rocket.Chat, Zulip, Discord's `/slack`."""

from __future__ import annotations

import json

from ploeg.domain.notice import Message
from ploeg.domain.receiving import Target
from ploeg.notify.line import Line

TEXT_MAX = 3500


async def send(line: Line, target: Target, message: Message) -> None:
    parts = [f"*{escaped(message.title)}*", escaped(message.text[:TEXT_MAX])]
    if message.link is not None:
        parts.append(escaped(message.link))
    body = {"text": "\n".join(part for part in parts if part)}
    await line.post(target.to, json.dumps(body).encode(), {"Content-Type": "application/json"})


def escaped(text: str) -> str:
    """Text in which nobody is called (`<!channel>`) and nothing is a link in disguise."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
