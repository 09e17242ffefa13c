"""The one pull request of a branch, however often it is asked for and wherever the last try was cut."""

from __future__ import annotations

from dataclasses import dataclass

from ploeg.domain.delivery import Trouble
from ploeg.forges.base import Forge, ForgeError, Proposal, PullRequest
from ploeg.forges.text import woven


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How the pull request of a branch should stand."""

    head: str
    #: Of a new one; people may change it afterwards.
    title: str
    #: Ploeg's part of the text.
    text: str
    #: A new one begins as a draft.
    draft: bool = False
    #: A draft is marked ready.
    ready: bool = False
    #: False where nothing landed since it was last seen: one that people closed or merged stays so.
    may_open: bool = True


async def ensure(forge: Forge, wanted: Wanted) -> PullRequest | None:
    """The branch's open pull request, brought up to date; opened where there is none. None if it may not be."""
    found = await forge.find(wanted.head)
    if found is None:
        if not wanted.may_open:
            return None
        found = await _opened(forge, wanted)
    text = woven(found.text, wanted.text)
    if text != found.text:
        found = await forge.rewrite(found, text)
    if wanted.ready and found.draft:
        found = await forge.mark_ready(found)
    return found


async def _opened(forge: Forge, wanted: Wanted) -> PullRequest:
    base = (await forge.repository()).default_branch
    if base == wanted.head:
        raise ForgeError(Trouble.REFUSED, f"{base} is the default branch; it gets no pull request")
    text = woven("", wanted.text)
    try:
        return await forge.open(
            Proposal(head=wanted.head, base=base, title=wanted.title, text=text, draft=wanted.draft)
        )
    except ForgeError as error:
        # Somebody else was faster, or an answer got lost on its way.
        found = await forge.find(wanted.head) if error.trouble is Trouble.CONFLICT else None
        if found is None:
            raise
        return found
