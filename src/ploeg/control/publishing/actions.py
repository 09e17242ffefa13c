"""What is asked of forges beyond pull requests: asked once, and how far it is.

Nothing here speaks to a forge. `outbox.py` takes what is due, and `act.py` does it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from ploeg.control import find
from ploeg.control.find import Need
from ploeg.domain.access import Principal
from ploeg.domain.delivery import Trouble
from ploeg.domain.errors import Conflict, Invalid, NotFound
from ploeg.domain.forge_action import Deed, ForgeAction
from ploeg.domain.ids import ForgeActionId, JobId, ProductId, SprintRunId, StoryId
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction

ASKED = "forge_action.asked"
LIMIT_MAX = 500


class About(TypedDict, total=False):
    """What a deed is about; the fields of `ForgeAction`."""

    number: int | None
    branch: str | None
    sha: str | None
    job_id: JobId | None
    story_id: StoryId | None
    sprint_run_id: SprintRunId | None


def ask(
    tx: Transaction,
    product_id: ProductId,
    repo_url: str,
    deed: Deed,
    key: str,
    actor: str,
    *,
    content: Mapping[str, Any] | None = None,
    **about: Unpack[About],
) -> ForgeAction:
    """Asks for that deed, which is done once however often it is asked by the same key; one that failed is tried anew.

    `content` is what the deed needs: of a STATUS `context`, `state` and `text`; of a COMMENT `text`; of a REVIEW
    `verdict` and `text`; of a MERGE `method`; of a WITHDRAWal `why`; of a PROMOTE `workflow` and `ref`.
    """
    known = tx.forge_actions.of_key(product_id, key)
    if known is not None:
        return _again(tx, known.evolve(content={**known.content, **(content or {})}), actor)
    asked = ForgeAction(
        id=ForgeActionId(new_id("act")),
        product_id=product_id,
        repo_url=repo_url,
        deed=deed,
        key=key,
        created_at=tx.now,
        actor=actor,
        content=dict(content or {}),
        due_at=tx.now,
        **about,
    )
    tx.forge_actions.add(asked)
    _tell(tx, ASKED, asked, actor)
    return asked


def listed(tx: Transaction, actor: Principal, reference: str, limit: int = 50) -> list[ForgeAction]:
    """What was asked of forges for that product, the newest first."""
    if not 1 <= limit <= LIMIT_MAX:
        raise Invalid("limit", limit, f"give 1 to {LIMIT_MAX}")
    return tx.forge_actions.of_product(find.product(tx, actor, reference).id, limit)


def retry(tx: Transaction, actor: Principal, reference: str) -> ForgeAction:
    """Tries one again that failed or was dropped; `Conflict` for any other. A promotion takes the product's owner."""
    action = tx.forge_actions.get(ForgeActionId(reference), lock=True)
    if action is None:
        raise NotFound("forge action", reference)
    find.product(tx, actor, action.product_id, Need.OWN if action.deed is Deed.PROMOTE else Need.CHANGE)
    if action.state not in {"failed", "dropped"}:
        raise Conflict(f"it is {action.state}; only what failed or was dropped is tried again")
    return _again(tx, action, actor.name)


def take(tx: Transaction) -> ForgeAction | None:
    """The next one that is due, for this server alone."""
    return tx.forge_actions.take(tx.now)


def done(tx: Transaction, tried: ForgeAction, result: str | None) -> ForgeAction | None:
    """It stands at the forge. None: somebody else has set about it meanwhile, and says so."""
    action = _held(tx, tried)
    return _settle(tx, action.do(result, tx.now), "done") if action is not None else None


def waits(tx: Transaction, tried: ForgeAction, reason: str, *, scheduled: bool = False, aside: bool = False) -> None:
    """It is not time yet."""
    action = _held(tx, tried)
    if action is None:
        return
    waiting = action.wait(reason, tx.now, scheduled=scheduled, aside=aside)
    if waiting.state == "failed":
        _settle(tx, waiting, "failed")
    elif waiting.reason == action.reason:
        tx.forge_actions.update(waiting)
    else:
        _settle(tx, waiting, "waiting")


def failed(tx: Transaction, tried: ForgeAction, trouble: Trouble, reason: str, retry_after: float | None) -> None:
    """It is tried again later, unless trying is given up."""
    action = _held(tx, tried)
    if action is not None:
        jitter = random.random()  # noqa: S311 - spreads tries, hides nothing
        _settle(tx, action.fail(trouble, reason, tx.now, retry_after, jitter), "failed")


def given_up(tx: Transaction, tried: ForgeAction, trouble: Trouble, reason: str) -> None:
    action = _held(tx, tried)
    if action is not None:
        _settle(tx, action.give_up(trouble, reason), "failed")


def dropped(tx: Transaction, tried: ForgeAction, reason: str) -> None:
    """Nobody wants it any longer."""
    action = _held(tx, tried)
    if action is not None:
        _settle(tx, action.drop(reason), "dropped")


def look_again(tx: Transaction, action: ForgeAction) -> None:
    """Something changed that it may wait for."""
    tx.forge_actions.update(action.look_again(tx.now))


def _again(tx: Transaction, known: ForgeAction, actor: str) -> ForgeAction:
    if known.state in {"failed", "dropped"}:
        again = known.retry(tx.now)
        tx.forge_actions.update(again)
        _tell(tx, ASKED, again, actor)
        return again
    look_again(tx, known)
    return known


def _held(tx: Transaction, tried: ForgeAction) -> ForgeAction | None:
    """As it stands, if nobody else has set about it since."""
    action = tx.forge_actions.get(tried.id, lock=True)
    return action if action is not None and action.taken == tried.taken else None


def _settle(tx: Transaction, action: ForgeAction, became: str) -> ForgeAction:
    tx.forge_actions.update(action)
    _tell(tx, f"forge_action.{became}", action, "server")
    return action


def _tell(tx: Transaction, type_: str, action: ForgeAction, actor: str) -> None:
    job = tx.jobs.get(action.job_id) if action.job_id is not None else None
    data = {
        "id": action.id,
        "code": job.code if job is not None else None,
        "deed": action.deed,
        "branch": action.branch,
        "number": action.number,
        "sha": action.sha,
        "state": action.state,
        "result": action.result,
        "trouble": action.trouble,
        "reason": action.reason,
    }
    tx.events.add(
        type_, product_id=action.product_id, job_id=action.job_id, story_id=action.story_id, actor=actor, data=data
    )
