"""A product's merge train: one branch at a time, and only one that was verified on top of all that was merged before.

A branch whose base has moved on is brought up to date by a job that runs no agent: the base is merged in, the gates are
run anew, and it is pushed. One that waits for people, or fails, steps aside; the others go on.
"""

from __future__ import annotations

from ploeg.control.installation import Installation
from ploeg.control.people.people import acting_for
from ploeg.control.publishing import actions
from ploeg.control.queue import submit
from ploeg.control.queue.submit import Follow, Spot, Wish
from ploeg.domain.attempt import Attempt
from ploeg.domain.delivery import Delivery
from ploeg.domain.errors import Conflict, PloegError
from ploeg.domain.forge_action import Deed, ForgeAction
from ploeg.domain.job import Job
from ploeg.store.transaction import Transaction

_BOARDED = "boarded_until"
INSTRUCTION = "Bring this branch up to date with the default branch. Its own work is done."


def verified_on(tx: Transaction, delivery: Delivery) -> str:
    """The commit that the branch's last receipt compares with; empty where none is known."""
    attempt = _last_attempt(tx, delivery)
    return (attempt.base_sha if attempt is not None else None) or ""


def boards(tx: Transaction, action: ForgeAction, delivery: Delivery) -> str | None:
    """Takes the turn, which is its own until its time is up; in words, who has it or comes first."""
    catching_up = [job for job in tx.jobs.catching_up(action.product_id) if job.branch != action.branch]
    if catching_up:
        return f"{catching_up[0].code} brings another branch up to date first"
    owed = [each for each in tx.forge_actions.owed(action.product_id, Deed.MERGE) if each.repo_url == action.repo_url]
    for other in owed:
        if other.id != action.id and (_on_board(other) or (not other.aside and _before(tx, other, delivery))):
            return f"{other.branch} goes first"
    for own in owed:
        if own.id == action.id and own.held_until is not None:
            tx.forge_actions.update(own.evolve(content={**own.content, _BOARDED: own.held_until.isoformat()}))
    return None


def behind(tx: Transaction, installation: Installation, tried: ForgeAction, base: str) -> None:
    """The branch is brought up to date; `tried` waits for that."""
    delivery = tx.deliveries.of_branch(tried.product_id, tried.repo_url, tried.branch or "")
    try:
        with tx.whole():
            job = _queued(tx, installation, delivery)
    except PloegError as refusal:
        actions.waits(tx, tried, f"{base} has moved on, and {refusal}", aside=True)
        return
    actions.waits(tx, tried, f"{base} has moved on; {job.code} brings the branch up to date")


def moved(tx: Transaction, tried: ForgeAction) -> None:
    """That one has been seen to: once it no longer stands in the way, the others look whose turn it is."""
    action = tx.forge_actions.get(tried.id)
    if action is None or "verified_on" not in action.content or (action.due_at is not None and not action.aside):
        return
    if tried.aside and action.aside:
        return
    for other in tx.forge_actions.owed(action.product_id, Deed.MERGE):
        if other.id != action.id and not other.aside:
            actions.look_again(tx, other)


def _queued(tx: Transaction, installation: Installation, delivery: Delivery | None) -> Job:
    last = tx.jobs.get(delivery.job_id) if delivery is not None else None
    task = tx.backlog.task(last.task_id) if last is not None and last.task_id is not None else None
    attempt = _last_attempt(tx, delivery) if delivery is not None else None
    if last is None or task is None or attempt is None:
        raise Conflict("no job of a single task has worked on the branch")
    return submit.enqueue(
        tx,
        acting_for(tx, last.requested_by),
        installation,
        task,
        Wish(instruction=INSTRUCTION, config=last.overrides),
        spot=Spot(branch=last.branch or "", lane=last.lane or "", sequence=last.sequence or 0),
        follow=Follow(of=last.id, last=attempt, catches_up=True),
    )


def _last_attempt(tx: Transaction, delivery: Delivery) -> Attempt | None:
    job = tx.jobs.get(delivery.job_id)
    return tx.attempts.get(job.attempt_id) if job is not None and job.attempt_id is not None else None


def _before(tx: Transaction, other: ForgeAction, delivery: Delivery) -> bool:
    """Whoever was published first is first in line."""
    theirs = tx.deliveries.of_branch(other.product_id, other.repo_url, other.branch or "")
    return theirs is not None and (theirs.created_at, theirs.id) < (delivery.created_at, delivery.id)


def _on_board(other: ForgeAction) -> bool:
    """It is being merged at this moment: what it noted holds as long as whoever took it does."""
    return other.held_until is not None and other.content.get(_BOARDED) == other.held_until.isoformat()
