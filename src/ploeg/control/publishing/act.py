"""One deed, done at its forge. With `publish.py` the only files of this room that know forges.

Every deed may be tried twice, since a server may die between a forge's answer and the commit that notes it: so it looks
first whether the last try has come through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from ploeg.control.publishing.merging import Objection
from ploeg.domain.delivery import TRY_SECONDS, Trouble
from ploeg.domain.forge import ChecksState, CommitStatus, MergeMethod, PullState, PullStatus, StatusState, Verdict
from ploeg.domain.forge_action import Deed, ForgeAction
from ploeg.domain.pull_request import number_of
from ploeg.forges.base import Forge, ForgeError
from ploeg.forges.registry import Forges

#: A commit without checks is merged when that many looks have seen none begin.
LOOKS_FOR_CHECKS = 2


@dataclass(frozen=True, slots=True)
class Done:
    #: A page or a commit, where there is one.
    result: str | None = None


@dataclass(frozen=True, slots=True)
class Waits:
    """It is not time yet."""

    reason: str
    #: The forge does it by itself when it is.
    scheduled: bool = False
    #: People have to do something first.
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Behind:
    """The base is another commit than the one that its work was verified on."""

    base: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """There is nothing left to do."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    trouble: Trouble
    reason: str
    #: Seconds that the forge wants to be left alone.
    retry_after: float | None = None
    #: Trying again would not help.
    final: bool = False


Acted = Done | Waits | Behind | Dropped | Failed


class ForgeActor:
    def __init__(self, forges: Forges, *, seconds: float = TRY_SECONDS) -> None:
        self._forges = forges
        self._seconds = seconds

    async def act(self, action: ForgeAction, objection: Objection | None) -> Acted:
        """Does it, unless something speaks against it. Never raises for what a forge does."""
        if objection is not None and not action.scheduled:
            return _kept_from(objection)
        try:
            async with asyncio.timeout(self._seconds), self._forges.on(action.repo_url) as forge:
                if objection is not None:
                    return await _call_off(forge, action, objection)
                return await _DEEDS[action.deed](forge, action)
        except ForgeError as error:
            return Failed(error.trouble, error.reason, error.retry_after)
        except TimeoutError:
            return Failed(Trouble.UNREACHABLE, f"the forge took longer than {self._seconds:g} seconds")


def _kept_from(objection: Objection) -> Acted:
    return Dropped(objection.reason) if objection.final else Waits(objection.reason, aside=objection.aside)


async def _call_off(forge: Forge, action: ForgeAction, objection: Objection) -> Acted:
    """Has the forge no longer merge it by itself."""
    pull = await _pull(forge, action)
    if pull.status is PullStatus.MERGED and pull.head_sha == action.sha:
        return Done(pull.merged_sha)
    await forge.cancel_merge(pull.number)
    return _kept_from(objection)


async def _set_status(forge: Forge, action: ForgeAction) -> Acted:
    said = action.content
    status = CommitStatus(
        context=said["context"], state=StatusState(said["state"]), text=said["text"], url=said.get("url", "")
    )
    await forge.set_status(action.sha or "", status)
    return Done()


async def _comment(forge: Forge, action: ForgeAction) -> Acted:
    number = await _number(forge, action)
    if action.taken > 1:
        found = next((comment for comment in await forge.comments(number) if _mark(action) in comment.text), None)
        if found is not None:
            return Done(found.url)
    made = await forge.comment(number, f"{action.content['text']}\n\n{_mark(action)}")
    return Done(made.url)


async def _review(forge: Forge, action: ForgeAction) -> Acted:
    number = await _number(forge, action)
    pull = await forge.pull_request(number)
    if pull.head_sha != action.sha:
        return Dropped(f"its head is {pull.head_sha[:12]} now, another commit than the one that was reviewed")
    if action.taken > 1 and any(_mark(action) in review.text for review in await forge.reviews(number)):
        return Done(pull.url)
    text = f"{action.content['text']}\n\n{_mark(action)}"
    # Nobody judges their own pull request on a forge; there the verdict is in the words alone.
    own = pull.author == (await forge.whoami()).login
    verdict = Verdict.COMMENTED if own else Verdict(action.content["verdict"])
    await forge.review(number, sha=action.sha, verdict=verdict, text=text)
    return Done(pull.url)


async def _merge(forge: Forge, action: ForgeAction) -> Acted:
    pull = await _pull(forge, action)
    if pull.status is PullStatus.CLOSED:
        return Dropped("somebody closed the pull request")
    if pull.head_sha != action.sha:
        if pull.status is PullStatus.MERGED:
            return Dropped(f"it was merged at {pull.head_sha[:12]}, another commit")
        if action.scheduled:
            await forge.cancel_merge(pull.number)
        return Failed(Trouble.CONFLICT, f"its head is {pull.head_sha[:12]}, another commit")
    if pull.status is PullStatus.MERGED:
        return Done(pull.merged_sha)
    return await _merge_open(forge, action, pull, pull.head_sha)


async def _merge_open(forge: Forge, action: ForgeAction, pull: PullState, sha: str) -> Acted:
    if pull.draft:
        return Waits("it is a draft", action.scheduled, aside=True)
    on = action.content.get("verified_on")
    if on is not None and await forge.branch_tip(pull.base) != on:
        return Behind(pull.base)
    method = MergeMethod(action.content["method"])
    checks = await forge.checks(sha)
    if checks.state is ChecksState.RED:
        failed = ", ".join(check.name for check in checks.failed)
        return Waits(f"its checks have failed: {failed}", action.scheduled, aside=True)
    begun = checks.state is not ChecksState.NONE or action.looks >= LOOKS_FOR_CHECKS
    if checks.state is ChecksState.PENDING or not begun:
        reason = "its checks have not passed yet" if begun else "none of its checks has begun"
        # In a train nothing may be merged while the base moves under it.
        scheduled = on is None and (
            action.scheduled or await forge.merge_when_green(pull.number, sha=sha, method=method)
        )
        return Waits(f"{reason}; the forge merges it after them" if scheduled else reason, scheduled)
    try:
        return Done(await forge.merge(pull.number, sha=sha, method=method))
    except ForgeError as error:
        # A rule may want what only people can give, such as an approval.
        if error.trouble is not Trouble.REFUSED:
            raise
        return Waits(error.reason, action.scheduled, aside=True)


async def _withdraw(forge: Forge, action: ForgeAction) -> Acted:
    pull = await _pull(forge, action)
    match pull.status:
        case PullStatus.OPEN:
            await forge.cancel_merge(pull.number)
            await forge.close(pull.number)
            return Done(pull.url)
        case PullStatus.CLOSED:
            return Done(pull.url)
        case PullStatus.MERGED:
            back = await forge.revert(pull.number)
            reason = f"it is merged, and this forge reverts nothing by itself: revert {pull.merged_sha} by hand"
            return Done(back) if back is not None else Failed(Trouble.REFUSED, reason, final=True)


async def _delete_branch(forge: Forge, action: ForgeAction) -> Acted:
    branch, sha = action.branch or "", action.sha or ""
    tip = await forge.branch_tip(branch)
    if tip is None:
        return Done()
    if tip != sha:
        return Dropped(f"its tip is {tip[:12]} now, another commit")
    kept = await _pull(forge, action)
    if kept.head != branch or kept.head_sha != sha or kept.status is PullStatus.OPEN:
        # Forges keep the last commit of every pull request, so what one shows is not lost with its branch.
        return Failed(Trouble.REFUSED, "no settled pull request keeps its tip, so it stays", final=True)
    await forge.delete_branch(branch, sha=sha)
    return Done()


async def _promote(forge: Forge, action: ForgeAction) -> Acted:
    # A try that failed before it got so far is noted with its trouble.
    if action.taken > 1 + action.settled and action.trouble is None:
        reason = "whether it has begun is not known; look at the forge, and promote again if it has not"
        return Failed(Trouble.UNREACHABLE, reason, final=True)
    said = action.content
    ref = said.get("ref") or (await forge.repository()).default_branch
    try:
        await forge.dispatch_workflow(said["workflow"], ref, said.get("inputs", {}))
    except ForgeError as error:
        return Failed(error.trouble, error.reason, final=True)
    return Done()


async def _number(forge: Forge, action: ForgeAction) -> int:
    return action.number if action.number is not None else (await _pull(forge, action)).number


async def _pull(forge: Forge, action: ForgeAction) -> PullState:
    """The pull request that is meant: by its number or page, or else the newest of its branch."""
    url = action.content.get("pr_url")
    number = action.number or (number_of(url) if url is not None else None)
    if number is not None:
        return await forge.pull_request(number)
    found = await forge.newest_of(action.branch or "")
    if found is None:
        raise ForgeError(Trouble.NOT_FOUND, "the forge shows no pull request of that branch")
    return found


def _mark(action: ForgeAction) -> str:
    """What finds again what this action wrote; people do not see it."""
    return f"<!-- ploeg: {action.id} -->"


_DEEDS: Mapping[Deed, Callable[[Forge, ForgeAction], Awaitable[Acted]]] = {
    Deed.STATUS: _set_status,
    Deed.COMMENT: _comment,
    Deed.REVIEW: _review,
    Deed.MERGE: _merge,
    Deed.WITHDRAW: _withdraw,
    Deed.DELETE_BRANCH: _delete_branch,
    Deed.PROMOTE: _promote,
}
