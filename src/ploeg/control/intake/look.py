"""Looks at pull requests on their forges. The only file of this room that speaks to forges, outside any transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from ploeg.control.intake import following, state
from ploeg.control.intake.state import Sight
from ploeg.control.plane import ControlPlane
from ploeg.control.rounds import Rounds, Tray
from ploeg.domain.delivery import Trouble
from ploeg.domain.errors import Unavailable
from ploeg.domain.forge import Comment, PullStatus, Review
from ploeg.domain.pull import LOOK_SECONDS, Pull
from ploeg.domain.remark import of_comments, of_reviews
from ploeg.forges.base import Forge, ForgeError
from ploeg.forges.registry import Forges

#: Comments are asked for from so long before the last look: a forge's clock is not the server's.
OVERLAP = timedelta(days=1)


class Looker(Rounds):
    """A hint has it look at once; without one it looks again every few minutes."""

    def __init__(self, plane: ControlPlane, forges: Forges, *, seconds: float = LOOK_SECONDS) -> None:
        super().__init__(plane, frozenset({following.LOOK_ASKED}), Tray(lambda tx: tx.pulls, state.take, self._look_at))
        self._forges = forges
        self._seconds = seconds

    async def run(self) -> None:
        with suppress(Unavailable):
            await self._plane.write(following.catch_up)
        await super().run()

    async def _look_at(self, pull: Pull) -> None:
        known = await self._plane.read(state.known, pull)
        try:
            async with asyncio.timeout(self._seconds), self._forges.on(pull.repo_url) as forge:
                sight = await _sight(forge, pull, known)
        except ForgeError as error:
            await self._plane.write(state.failed, pull, error.trouble, error.reason, error.retry_after)
        except TimeoutError:
            reason = f"the forge took longer than {self._seconds:g} seconds"
            await self._plane.write(state.failed, pull, Trouble.UNREACHABLE, reason, None)
        else:
            await self._plane.write(state.noted, self._plane.installation, pull, sight)


async def _sight(forge: Forge, pull: Pull, known: frozenset[str]) -> Sight:
    """How it stands; of one that Ploeg works on and that is open, also what is said about it."""
    seen = await forge.pull_request(pull.number)
    if pull.delivery_id is None or seen.status is not PullStatus.OPEN:
        return Sight(seen=seen)
    reviews = await forge.reviews(pull.number)
    comments = await forge.comments(pull.number, _since(pull))
    me = (await forge.whoami()).login
    return Sight(
        seen=seen,
        checks=await forge.checks(seen.head_sha),
        reviews=reviews,
        comments=comments,
        me=me,
        writers=await _writers(forge, reviews, comments, me, known),
    )


async def _writers(
    forge: Forge, reviews: Sequence[Review], comments: Sequence[Comment], me: str, known: frozenset[str]
) -> frozenset[str]:
    """Of those who said something that is new, the ones who may push."""
    heard = [*of_reviews(reviews, me), *of_comments(comments, me)]
    authors = {each.author for each in heard if each.key not in known}
    return frozenset([author for author in sorted(authors) if await forge.may_write(author)])


def _since(pull: Pull) -> datetime | None:
    return pull.looked_at - OVERLAP if pull.looked_at is not None else None
