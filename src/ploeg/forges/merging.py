"""Merging one commit and no other, whatever a forge says meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from ploeg.domain.delivery import Trouble
from ploeg.domain.forge import PullState, PullStatus
from ploeg.forges.base import ForgeError

_ANSWERED = {Trouble.CONFLICT, Trouble.REFUSED, Trouble.NO_CREDENTIALS}


class Looks(Protocol):
    async def pull_request(self, number: int) -> PullState: ...


async def merged(forge: Looks, number: int, sha: str, ask: Callable[[], Awaitable[object]]) -> str:
    """What `Forge.merge` promises, around the one request that merges."""
    now = await asked(forge, number, sha, ask)
    if now.status is not PullStatus.MERGED or not now.merged_sha:
        raise ForgeError(Trouble.UNREACHABLE, f"the forge does not show yet that pull request {number} is merged")
    return now.merged_sha


async def asked(forge: Looks, number: int, sha: str, ask: Callable[[], Awaitable[object]]) -> PullState:
    """How the pull request stands after that request, which is not made when it is merged already.

    It looks first, and again after a refusal: a try before this one may have merged it, and every forge words a moved
    head, a conflict and a rule in another way.
    """
    if _at(sha, await forge.pull_request(number)).status is PullStatus.OPEN:
        try:
            await ask()
        except ForgeError as error:
            if error.trouble not in _ANSWERED:
                raise
            now = _at(sha, await forge.pull_request(number))
            if now.status is not PullStatus.MERGED:
                raise _refusal(now, error) from None
    return _at(sha, await forge.pull_request(number))


def _refusal(now: PullState, error: ForgeError) -> ForgeError:
    """An account that may read and not merge is told so by GitLab as if it were not signed in."""
    conflict = now.mergeable is False or error.trouble is Trouble.CONFLICT
    return ForgeError(Trouble.CONFLICT if conflict else Trouble.REFUSED, error.reason, error.retry_after)


def _at(sha: str, seen: PullState) -> PullState:
    """It, if it is the caller's commit that is or may be merged."""
    if seen.head_sha != sha:
        reason = f"the head of pull request {seen.number} is {seen.head_sha[:12]}, another commit"
        raise ForgeError(Trouble.CONFLICT, reason)
    if seen.status is PullStatus.CLOSED:
        raise ForgeError(Trouble.CONFLICT, f"pull request {seen.number} was closed")
    return seen
