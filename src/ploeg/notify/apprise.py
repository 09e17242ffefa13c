"""What apprise can reach, by a URL of its own kind; for the installation's own receivers alone, and as an extra."""

from __future__ import annotations

import asyncio

from ploeg.domain.delivery import Trouble
from ploeg.domain.notice import Message
from ploeg.domain.receiving import Target
from ploeg.notify.base import NotifyError


async def send(target: Target, message: Message) -> None:
    if not await asyncio.to_thread(_send, target.to, message):
        raise NotifyError(Trouble.UNREACHABLE, "apprise could not deliver it")


def _send(url: str, message: Message) -> bool:
    try:
        import apprise
    except ImportError:
        reason = "apprise is not installed; install Ploeg with it: pip install 'ploeg[apprise]'"
        raise NotifyError(Trouble.REFUSED, reason) from None
    sender = apprise.Apprise()
    if not sender.add(url):
        raise NotifyError(Trouble.REFUSED, "apprise does not know that kind of URL")
    body = "\n\n".join(part for part in (message.text or message.title, message.link) if part)
    return bool(sender.notify(title=message.title, body=body))
