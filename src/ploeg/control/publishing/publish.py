"""One delivery, made at its forge. The only file of this room that knows forges."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from ploeg.control.publishing.pull_request_text import Page
from ploeg.domain.delivery import TRY_SECONDS, Delivery, Trouble
from ploeg.forges.base import ForgeError
from ploeg.forges.ensure import Wanted, ensure
from ploeg.forges.registry import Forges


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What came of it: a pull request's page, or trouble. Neither: people closed it, and nothing landed since."""

    url: str | None = None
    trouble: Trouble | None = None
    reason: str = ""
    #: Seconds that the forge wants to be left alone.
    retry_after: float | None = None


class Publisher:
    def __init__(self, forges: Forges, *, seconds: float = TRY_SECONDS) -> None:
        self._forges = forges
        self._seconds = seconds

    async def publish(self, delivery: Delivery, page: Page) -> Published:
        """Makes the branch's pull request read like that. Never raises for what a forge does."""
        wanted = Wanted(
            head=delivery.branch,
            title=page.title,
            text=page.text,
            draft=page.draft,
            ready=page.ready,
            may_open=delivery.delivered_sha != delivery.head_sha,
        )
        try:
            async with asyncio.timeout(self._seconds), self._forges.on(delivery.repo_url) as forge:
                found = await ensure(forge, wanted)
        except ForgeError as error:
            return Published(trouble=error.trouble, reason=error.reason, retry_after=error.retry_after)
        except TimeoutError:
            reason = f"the forge took longer than {self._seconds:g} seconds"
            return Published(trouble=Trouble.UNREACHABLE, reason=reason)
        return Published(url=found.url if found is not None else None)
