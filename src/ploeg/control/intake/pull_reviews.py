"""Reviews by agents: a job that judges a pull request, and its verdict on the way to the forge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ploeg.control.find import Need
from ploeg.control.installation import Installation
from ploeg.control.intake import following, pulls
from ploeg.control.intake.forge_text import for_a_forge
from ploeg.control.intake.pull_payload import reviewed
from ploeg.control.publishing import actions
from ploeg.control.queue import submit
from ploeg.control.queue.submit import Submitted, Wish
from ploeg.control.queue.thought import requested
from ploeg.control.work import job_events
from ploeg.domain.access import Principal
from ploeg.domain.attempt import Attempt
from ploeg.domain.errors import Conflict
from ploeg.domain.forge import Verdict
from ploeg.domain.forge_action import Deed
from ploeg.domain.ids import JobId, RemarkId, StoryId
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.kinds import KindName
from ploeg.domain.pull import Pull
from ploeg.domain.remark import OWN, TEXT_MAX, Remark, RemarkKind, RemarkState
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    severity: str
    problem: str
    path: str = ""
    line: int | None = None
    remedy: str = ""

    def __str__(self) -> str:
        where = f" `{self.path}{f':{self.line}' if self.line is not None else ''}`" if self.path else ""
        remedy = f"\n  {self.remedy}" if self.remedy else ""
        return f"- **{self.severity}**{where}: {self.problem}{remedy}"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A review that is on its way to the forge, and the commit that it is about."""

    verdict: Verdict
    sha: str


def ask(tx: Transaction, actor: Principal, installation: Installation, reference: str, wish: Wish) -> Submitted:
    """Queues a review of that pull request; `Conflict` while one is unfinished, or when it is not open."""
    pull = pulls.named(tx, actor, reference, Need.CHANGE, lock=True)
    earlier = submit.asked_before(tx, actor, wish.key)
    if earlier is not None:
        if earlier.kind != KindName.PR_REVIEW or earlier.pr_url != pull.url:
            raise Conflict(f"the idempotency key was used for {earlier.code}, another job")
        return Submitted(earlier, new=False)
    return Submitted(queue(tx, actor, installation, pull, wish), new=True)


def queue(tx: Transaction, actor: Principal, installation: Installation, pull: Pull, wish: Wish) -> Job:
    if not pull.open or not pull.head_sha:
        stands = f"is {pull.status}" if pull.status is not None else "was not looked at yet"
        raise Conflict(f"{pull.url} {stands}; only what is open is reviewed")
    product = tx.products.get(pull.product_id)
    assert product is not None, "a foreign key keeps the product of every pull request"
    request = requested(actor, installation, product.ready_for_jobs(), KindName.PR_REVIEW, wish)
    lane = f"review {pull.id}"
    unfinished = tx.jobs.unfinished_in_lane(lane)
    if unfinished is not None:
        raise Conflict(f"{unfinished.code} reviews it already, and is {unfinished.status}")
    delivery = pulls.delivery_of(tx, pull)
    job = Job(
        id=JobId(new_id("job")),
        number=tx.jobs.next_number(),
        kind=request.kind,
        status=JobStatus.QUEUED,
        product_id=product.id,
        requested_by=actor.user.id,
        runtime=request.runtime,
        created_at=tx.now,
        story_id=delivery.story_id if delivery is not None else None,
        labels=request.labels,
        lane=lane,
        rank=request.rank,
        overrides=dict(request.overrides),
        instruction=request.instruction,
        pr_url=pull.url,
    )
    tx.jobs.add(job, request.key)
    job_events.tell(tx, job, actor.name, pull_request=pull.url, title=pull.title)
    return job


def record(
    tx: Transaction,
    job: Job,
    attempt: Attempt,
    verdict: Verdict,
    summary: str,
    findings: Sequence[Finding],
    doubts: Sequence[str],
    by: str,
) -> Recorded:
    """Takes the verdict of the job's agent, which stands from then on, and asks the forge to show it.

    Where it asks for changes, it is an open remark as well.
    """
    pull = reviewed(tx, job)
    seen = (attempt.frozen.get("pull") or {}).get("head_sha")
    if pull is None or not seen:
        raise Conflict(f"{job.code} reviews no pull request")
    pull = tx.pulls.get(pull.id, lock=True) or pull
    key = f"own:{job.id}"
    if any(remark.key == key for remark in tx.pulls.remarks(pull.id)):
        raise Conflict("this job's review was handed in before, and it stands; close the job now")
    text = for_a_forge(_worded(job, verdict, summary, findings, doubts))
    delivery = pulls.delivery_of(tx, pull)
    asks = verdict is Verdict.CHANGES_REQUESTED and delivery is not None and pull.open
    story_id = delivery.story_id if delivery is not None else None
    _hand_in(tx, job, pull, seen, verdict, text, story_id, by)
    tx.pulls.add_remark(_as_remark(tx, job, pull, key, seen, verdict, text, asks=asks))
    following.tell(tx, "pull_request.reviewed", pull, by, job.id, verdict=verdict, findings=len(findings))
    if asks:
        following.hinted(tx, pull, by)
    return Recorded(verdict, seen)


def _hand_in(
    tx: Transaction, job: Job, pull: Pull, sha: str, verdict: Verdict, text: str, story_id: StoryId | None, by: str
) -> None:
    """Asks the forge to show the review, about the commit that the agent saw."""
    actions.ask(
        tx,
        pull.product_id,
        pull.repo_url,
        Deed.REVIEW,
        f"review {job.id}",
        by,
        number=pull.number,
        branch=pull.branch,
        sha=sha,
        content={"verdict": verdict, "text": text},
        job_id=job.id,
        story_id=story_id,
    )


def _as_remark(
    tx: Transaction, job: Job, pull: Pull, key: str, sha: str, verdict: Verdict, text: str, *, asks: bool
) -> Remark:
    return Remark(
        id=RemarkId(new_id("rmk")),
        pull_id=pull.id,
        product_id=pull.product_id,
        kind=RemarkKind.REVIEW,
        key=key,
        state=RemarkState.OPEN if asks else RemarkState.NOTED,
        said_at=tx.now,
        noted_at=tx.now,
        author=OWN,
        trusted=True,
        verdict=verdict,
        text=text[:TEXT_MAX],
        url=pull.url,
        sha=sha,
        job_id=job.id,
    )


def _worded(job: Job, verdict: Verdict, summary: str, findings: Sequence[Finding], doubts: Sequence[str]) -> str:
    said = {
        Verdict.APPROVED: "I would merge this.",
        Verdict.CHANGES_REQUESTED: "This needs changes.",
    }.get(verdict, "No verdict, only remarks.")
    parts = [f"**{said}** {summary}"]
    if findings:
        parts.append("\n".join(map(str, findings)))
    if doubts:
        parts.append("Not made sure of:\n" + "\n".join(f"- {doubt}" for doubt in doubts))
    parts.append(f"_A review by an agent of Ploeg ({job.code})._")
    return "\n\n".join(parts)
