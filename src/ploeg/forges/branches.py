"""Deleting a branch only while it shows the commit that the caller saw."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ploeg.domain.delivery import Trouble
from ploeg.forges.base import ForgeError


@dataclass(frozen=True, slots=True)
class Branch:
    tip: str
    protected: bool


async def delete(
    branch: str,
    sha: str,
    look: Callable[[str], Awaitable[Branch | None]],
    ask: Callable[[], Awaitable[object]],
) -> bool:
    """What `Forge.delete_branch` promises, around the one request that deletes."""
    found = await look(branch)
    if found is None:
        return False
    if found.protected:
        raise ForgeError(Trouble.REFUSED, f"the branch {branch} is protected")
    if found.tip != sha:
        raise ForgeError(Trouble.CONFLICT, f"the tip of {branch} is {found.tip[:12]}, another commit")
    try:
        await ask()
    except ForgeError as error:
        if error.trouble is Trouble.NOT_FOUND:
            return False
        raise
    return True
