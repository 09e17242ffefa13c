"""Orders that people give with a comment at a pull request: `/ploeg fix`, `retry`, `stop`, `dispatch T-3`, `review`.

They come from people who may push to the repository, and work on that branch, or on a task of its product. They are
carried out in the name of whoever had the branch's work done, with that person's rights.
"""

from __future__ import annotations

from ploeg.control import find
from ploeg.control.find import Need
from ploeg.control.installation import Installation
from ploeg.control.intake import answer, following, pull_reviews, pulls
from ploeg.control.intake.forge_text import for_a_forge
from ploeg.control.people.people import acting_for
from ploeg.control.publishing import actions, publication
from ploeg.control.queue import submit
from ploeg.control.queue.submit import Wish
from ploeg.control.work import cancel
from ploeg.domain.access import Principal
from ploeg.domain.delivery import Delivery
from ploeg.domain.errors import Conflict, PloegError
from ploeg.domain.forge_action import Deed
from ploeg.domain.ids import JobId
from ploeg.domain.job import JobStatus
from ploeg.domain.pull import Pull
from ploeg.domain.remark import Command, CommandVerb, Remark, RemarkKind, RemarkState, commands
from ploeg.store.transaction import Transaction

USAGE = (
    "`/ploeg fix` with what is to be mended, `/ploeg retry`, `/ploeg stop`, `/ploeg dispatch T-3` for a task, "
    "or `/ploeg review`"
)


def carry_out(tx: Transaction, installation: Installation, pull: Pull, remark: Remark) -> None:
    """Does what the comment orders, or says at the pull request why not."""
    replies: list[str] = []
    job_id: JobId | None = None
    delivery = pulls.delivery_of(tx, pull)
    assert delivery is not None, "orders are heard at Ploeg's own pull requests alone"
    for command in commands(remark.text):
        try:
            with tx.whole():
                said, job_id = _do(tx, installation, pull, delivery, command, remark)
        except PloegError as refusal:
            said = f"not done: {refusal}"
        replies.append(f"{command.verb or 'no such order'}: {said}")
        following.tell(
            tx,
            "pull_request.ordered",
            pull,
            "server",
            job_id,
            order=command.verb,
            author=remark.author,
            result=said,
        )
    tx.pulls.update_remark(remark.evolve(state=RemarkState.ANSWERED, job_id=job_id))
    actions.ask(
        tx,
        pull.product_id,
        pull.repo_url,
        Deed.COMMENT,
        f"reply {remark.id}",
        "server",
        number=pull.number,
        branch=delivery.branch,
        content={"text": for_a_forge("\n".join(replies))},
        job_id=delivery.job_id,
        story_id=delivery.story_id,
    )


def _do(
    tx: Transaction, installation: Installation, pull: Pull, delivery: Delivery, command: Command, remark: Remark
) -> tuple[str, JobId | None]:
    """What to say of it, and the job that it made."""
    last = tx.jobs.get(delivery.job_id)
    assert last is not None, "a foreign key keeps the job of every delivery"
    actor = acting_for(tx, last.requested_by)
    pull = tx.pulls.get(pull.id, lock=True) or pull
    match command.verb:
        case CommandVerb.FIX:
            wish = Wish(instruction=_in_words(remark, command))
            job = answer.begin(tx, actor, installation, pull, wish, by_hand=True)
            return f"{job.code} is queued.", job.id
        case CommandVerb.RETRY:
            return _retry(tx, actor, installation, pull, delivery)
        case CommandVerb.STOP:
            return _stop(tx, actor, delivery, remark), None
        case CommandVerb.DISPATCH:
            task = find.task(tx, actor, find.within(tx, pull.product_id, command.argument), Need.CHANGE)
            if task.product_id != pull.product_id:
                raise Conflict(f"{task.code} is a task of another product")
            job = submit.run_task(tx, actor, installation, task.id, Wish()).job
            return f"{job.code} is queued for {task.code}.", job.id
        case CommandVerb.REVIEW:
            job = pull_reviews.queue(tx, actor, installation, pull, Wish())
            return f"{job.code} is queued.", job.id
        case None:
            raise Conflict(f"give one of {USAGE}")


def _in_words(remark: Remark, command: Command) -> str | None:
    """What a person of the forge wants: an instruction, since only those who may push are heard."""
    return f"{remark.author} asks for this:\n\n{command.argument}" if command.argument else None


def _retry(
    tx: Transaction, actor: Principal, installation: Installation, pull: Pull, delivery: Delivery
) -> tuple[str, JobId | None]:
    """A follow-up cannot be tried again; another one goes on from where it stopped."""
    ended = [job for job in publication.on_branch(tx, delivery) if job.status.terminal]
    again = [job for job in ended if job.status is not JobStatus.DONE]
    if not again:
        raise Conflict("no job on this branch has failed; say what is to be mended with `/ploeg fix`")
    failed = again[-1]
    if failed.follow_up_of is None:
        job = submit.retry(tx, actor, installation, failed.id, Wish()).job
    else:
        waits = any(remark.kind is not RemarkKind.COMMAND for remark in tx.pulls.open_remarks(pull.id))
        wish = Wish(instruction=None if waits else failed.instruction)
        job = answer.begin(tx, actor, installation, pull, wish, by_hand=True)
    return f"{job.code} is queued in place of {failed.code}.", job.id


def _stop(tx: Transaction, actor: Principal, delivery: Delivery, remark: Remark) -> str:
    unfinished = [job for job in publication.on_branch(tx, delivery) if not job.status.terminal]
    if not unfinished:
        raise Conflict("nothing is queued or at work on this branch")
    for job in unfinished:
        cancel.cancel(tx, actor, job.id, f"{remark.author} said so at the pull request")
    return ", ".join(f"{job.code} is being stopped" for job in unfinished) + "."
