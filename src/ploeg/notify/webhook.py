"""A webhook of one's own, signed as https://www.standardwebhooks.com has it, whose libraries can check it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from ploeg.domain.notice import Message, Notice
from ploeg.domain.receiving import Target
from ploeg.notify.line import Line

_PREFIX = "whsec_"


async def send(line: Line, target: Target, message: Message) -> None:
    body = json.dumps(shown(message)).encode()
    moment = str(int(message.at.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message.id,
        "webhook-timestamp": moment,
        "webhook-signature": signature(target.secret, message.id, moment, body),
    }
    await line.post(target.to, body, headers)


def signature(secret: str, message_id: str, moment: str, body: bytes) -> str:
    """`v1,` and the base64 of HMAC-SHA256 over the id, the time and the body, with dots between them."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = f"{message_id}.{moment}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def shown(message: Message) -> dict[str, Any]:
    return {
        "type": "ploeg.notices",
        "timestamp": message.at.isoformat(),
        "data": {"title": message.title, "text": message.text, "notices": [_notice(each) for each in message.notices]},
    }


def _notice(notice: Notice) -> dict[str, Any]:
    return {
        "id": notice.id,
        "topic": notice.topic,
        "subject": notice.subject,
        "title": notice.title,
        "text": notice.text,
        "link": notice.link,
        "urgency": notice.urgency.name.lower(),
        "created_at": notice.created_at.isoformat(),
    }
