"""Open remarks become a follow-up: a job on the same branch that goes on with the same conversation.

By themselves they do so where the product says `on`, and only a number of times in a row, until a person has a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ploeg.control.docs.text import optional_prose
from ploeg.control.find import Need
from ploeg.control.installation import Installation
from ploeg.control.intake import following, pulls
from ploeg.control.people.people import acting_for
from ploeg.control.publishing import publication
from ploeg.control.queue import follow_up, submit
from ploeg.control.queue.submit import Submitted, Wish
from ploeg.control.queue.thought import thinking
from ploeg.domain.access import Principal
from ploeg.domain.errors import Conflict, PloegError
from ploeg.domain.ids import PullId
from ploeg.domain.job import Job
from ploeg.domain.pull import Pull
from ploeg.domain.remark import FollowUps, Remark, RemarkKind, RemarkState
from ploeg.store.transaction import Transaction

#: Places in the code that an instruction names.
PLACES_MAX = 20


def follow(tx: Transaction, actor: Principal, installation: Installation, reference: str, wish: Wish) -> Submitted:
    """Queues a follow-up for the open remarks, with what `wish.instruction` says besides; a person's word.

    `Conflict` when there is neither, and for all that keeps a job from being followed up.
    """
    pull = pulls.named(tx, actor, reference, Need.CHANGE, lock=True)
    earlier = submit.asked_before(tx, actor, wish.key)
    if earlier is not None:
        return Submitted(earlier, new=False)
    return Submitted(begin(tx, actor, installation, pull, wish, by_hand=True), new=True)


def respond(tx: Transaction, installation: Installation, pull_id: PullId) -> None:
    """A follow-up for the open remarks, where the product wants it so and nothing speaks against it."""
    pull = tx.pulls.get(pull_id, lock=True)
    product = tx.products.get(pull.product_id) if pull is not None else None
    if pull is None or product is None:
        return
    remarks = tx.pulls.open_remarks(pull.id)
    waits = None
    if remarks and pull.open and not product.archived and product.follow_ups is FollowUps.ON:
        waits = _tried(tx, installation, pull)
    elif remarks and pull.open and product.follow_ups is FollowUps.ASK:
        waits = "people decide; see `ploeg pr follow-up`"
    pull = tx.pulls.get(pull.id) or pull
    if waits != pull.waits:
        tx.pulls.update(pull.evolve(waits=waits))


def begin(
    tx: Transaction, actor: Principal, installation: Installation, pull: Pull, wish: Wish, *, by_hand: bool
) -> Job:
    """Queues it, and has it answer all open remarks. Raises what keeps the branch's last job from being followed up."""
    if not pull.open:
        raise Conflict(f"{pull.url} is {pull.status or 'not known yet'}; only an open one is worked on")
    remarks = [remark for remark in tx.pulls.open_remarks(pull.id) if remark.kind is not RemarkKind.COMMAND]
    own_words = optional_prose("instruction", wish.instruction)
    if not remarks and own_words is None:
        raise Conflict(f"nothing that was said about {pull.url} waits for an answer; give an instruction")
    last = _last_job(tx, pull)
    config = {**last.overrides, **wish.config}
    _check_runtime(tx, installation, last.evolve(overrides=config))
    instruction = instruction_for(pull, remarks, own_words)
    wish = replace(wish, instruction=instruction, config=config)
    job = follow_up.follow_up(tx, actor, installation, last.id, wish).job
    for remark in remarks:
        tx.pulls.update_remark(remark.evolve(state=RemarkState.ANSWERED, job_id=job.id))
    tx.pulls.update(pull.evolve(rounds=0 if by_hand else pull.rounds + 1, waits=None))
    facts = {"remarks": len(remarks), "round": 0 if by_hand else pull.rounds + 1}
    following.tell(tx, "pull_request.followed_up", pull, actor.name, job.id, **facts)
    return job


def instruction_for(pull: Pull, remarks: Sequence[Remark], own_words: str | None) -> str:
    """In Ploeg's words; what was said goes along as data, beside it."""
    said = {
        RemarkKind.CONFLICT: f"The branch conflicts with its base: merge `origin/{pull.base}` into it, and resolve the "
        "conflicts so that both sides keep what they meant.",
        RemarkKind.CHECKS: "The checks of its last commit failed: find out why, and mend it.",
        RemarkKind.REVIEW: "It was reviewed: answer the review.",
        RemarkKind.REMARK: "Places of it were remarked upon: answer each remark.",
    }
    kinds = {remark.kind for remark in remarks}
    parts = [f"The work of this branch is in pull request #{pull.number}."]
    parts += [sentence for kind, sentence in said.items() if kind in kinds]
    places = dict.fromkeys(" ".join(remark.path.replace("`", "").split()) for remark in remarks if remark.path)
    if places:
        parts.append("\n".join(f"- `{path}`" for path in list(places)[:PLACES_MAX]))
    return "\n\n".join([*parts, *([own_words] if own_words is not None else [])])[:4000]


def _tried(tx: Transaction, installation: Installation, pull: Pull) -> str | None:
    """Why none was queued; None: one was."""
    if pull.rounds >= installation.review_rounds:
        return f"it has had {pull.rounds} follow-ups in a row; a person decides how it goes on"
    try:
        with tx.whole():
            last = _last_job(tx, pull)
            begin(tx, acting_for(tx, last.requested_by), installation, pull, Wish(), by_hand=False)
    except PloegError as refusal:
        return str(refusal)
    return None


def _last_job(tx: Transaction, pull: Pull) -> Job:
    delivery = pulls.delivery_of(tx, pull)
    if delivery is None:
        raise Conflict(f"{pull.url} shows no branch of Ploeg's; it is not Ploeg's to change")
    jobs = publication.on_branch(tx, delivery)
    unfinished = next((job for job in jobs if not job.status.terminal), None)
    if unfinished is not None:
        raise Conflict(f"{unfinished.code} is {unfinished.status} on the same branch; wait until it has ended")
    worked = [job for job in jobs if job.attempts]
    if not worked:
        raise Conflict(f"no job has worked on {delivery.branch}")
    return worked[-1]


def _check_runtime(tx: Transaction, installation: Installation, last: Job) -> None:
    """What was said can only be answered by thinking about it."""
    product = tx.products.get(last.product_id)
    task = tx.backlog.task(last.task_id) if last.task_id is not None else None
    assert product is not None, "a foreign key keeps the product of every job"
    thinking(submit.resolved(last, task, product, installation).runtime, product)
