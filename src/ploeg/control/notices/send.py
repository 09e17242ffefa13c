"""One message, sent to one receiver. The only file of this room that knows the ways out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from ploeg.control.notices.vault import Vault
from ploeg.domain.delivery import Trouble
from ploeg.domain.notice import TRY_SECONDS, Message, Receiver
from ploeg.domain.receiving import Target
from ploeg.notify.base import NotifyError
from ploeg.notify.senders import Senders

log = structlog.get_logger("ploeg.notices")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came of it; no trouble: it arrived."""

    trouble: Trouble | None = None
    reason: str = ""
    #: Seconds that the far end wants to be left alone.
    retry_after: float | None = None


class Notifier:
    """`installed` are the targets of the installation's own receivers, by name."""

    def __init__(
        self, senders: Senders, vault: Vault, installed: Mapping[str, Target], *, seconds: float = TRY_SECONDS
    ) -> None:
        self._senders = senders
        self._vault = vault
        self._installed = installed
        self._seconds = seconds

    async def send(self, receiver: Receiver, message: Message) -> Sent:
        """Never raises for what the far end does."""
        trusted = receiver.user_id is None
        target = self._installed.get(receiver.name) if trusted else self._vault.get(receiver.id)
        if target is None:
            reason = "this server does not hold what it takes to reach it; remove it and add it anew"
            return Sent(trouble=Trouble.NO_CREDENTIALS, reason=reason)
        try:
            async with asyncio.timeout(self._seconds):
                await self._senders.send(receiver.kind, target, message, trusted=trusted)
        except NotifyError as error:
            return Sent(trouble=error.trouble, reason=error.reason, retry_after=error.retry_after)
        except TimeoutError:
            return Sent(trouble=Trouble.UNREACHABLE, reason=f"it took longer than {self._seconds:g} seconds")
        except Exception as error:  # noqa: BLE001 - a flaw in one way out must not end all the others
            # Its text may hold a secret.
            log.error("a way out does not work", kind=receiver.kind, error=type(error).__name__)
            return Sent(trouble=Trouble.REFUSED, reason=f"it cannot be sent ({type(error).__name__})")
        return Sent()
