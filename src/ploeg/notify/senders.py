"""The one door of this room: a message to a target of some kind."""

from __future__ import annotations

from collections.abc import Collection

from ploeg.domain.notice import Message, ReceiverKind
from ploeg.domain.receiving import Target
from ploeg.notify import apprise, mail, ntfy, slack, webhook
from ploeg.notify.line import SECONDS, Line
from ploeg.notify.mail import MailServer


class Senders:
    """`hosts` are the private hosts that people's own URLs may lead to."""

    def __init__(self, mail_server: MailServer | None, hosts: Collection[str], *, seconds: float = SECONDS) -> None:
        self._mail_server = mail_server
        self._guarded = Line(frozenset(host.lower() for host in hosts), seconds=seconds)
        self._free = Line(None, seconds=seconds)

    async def send(self, kind: ReceiverKind, target: Target, message: Message, *, trusted: bool) -> None:
        """Raises `NotifyError`. `trusted`: an administrator wrote the target into the installation's file."""
        line = self._free if trusted else self._guarded
        match kind:
            case ReceiverKind.NTFY:
                await ntfy.send(line, target, message)
            case ReceiverKind.SLACK:
                await slack.send(line, target, message)
            case ReceiverKind.WEBHOOK:
                await webhook.send(line, target, message)
            case ReceiverKind.MAIL:
                await mail.send(self._mail_server, target, message)
            case ReceiverKind.APPRISE:
                await apprise.send(target, message)
