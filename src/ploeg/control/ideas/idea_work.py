"""What people and agents make of an idea: its grill report, its plan, the review of that plan, and its log."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ploeg.control.backlog.backlog_fields import one_of
from ploeg.control.docs.text import kept_json, prose
from ploeg.control.find import Need
from ploeg.control.ideas import idea_docs, plan_document
from ploeg.control.ideas.idea_events import note, save
from ploeg.domain.errors import Conflict, Invalid
from ploeg.domain.idea import TEXT_MAX, Idea, IdeaLog, IdeaLogType
from ploeg.domain.idea_step import Step, Verdict
from ploeg.domain.ids import IdeaId
from ploeg.domain.plan import Flaw, Plan
from ploeg.store.transaction import Transaction

if TYPE_CHECKING:
    from ploeg.control.toolbelt.caller import Caller

LOG_MAX = 4000
SUMMARY_MAX = 4000
FINDINGS_MAX = 50
#: Rounds of review that an idea keeps.
ROUNDS_MAX = 20
#: What people and agents may write into an idea's log; the rest is written by what happens.
WRITABLE = (IdeaLogType.DECISION, IdeaLogType.NOTE)


@dataclass(frozen=True, slots=True)
class WrittenPlan:
    """The idea with its new plan's text; the plan, or what is wrong with it."""

    idea: Idea
    plan: Plan | None
    flaws: Sequence[Flaw] = field(default_factory=tuple)


def write_grill(tx: Transaction, caller: Caller, reference: str, markdown: str) -> Idea:
    """The report of a grilling: what the idea is to be, and what is not decided yet."""
    before = _held(tx, caller, reference, Step.GRILL)
    text = _text(markdown)
    grilled = _published(tx, caller, before.grilled(text))
    note(tx, grilled, IdeaLogType.GRILL_RESULT, f"a report of {len(text)} characters", caller.by)
    return save(tx, before, grilled, caller.by, "grilled", caller.job_id)


def write_plan(tx: Transaction, caller: Caller, reference: str, markdown: str) -> WrittenPlan:
    """A new plan. One with flaws is kept too, but can become nothing until it is mended: the idea is `PLAN_FAILED`."""
    before = _held(tx, caller, reference, Step.PLAN)
    text = _text(markdown)
    plan, flaws = plan_document.read(text)
    planned = before.planned(text, valid=plan is not None)
    if plan is not None:
        planned = _published(tx, caller, planned)
        said = f"a plan of {plan.counts['stories']} stories and {plan.counts['tasks']} tasks: {plan.title}"
        note(tx, planned, IdeaLogType.PLAN_RESULT, said, caller.by, metadata=plan.counts)
    else:
        listed = "\n".join(str(flaw) for flaw in flaws)[:LOG_MAX]
        note(tx, planned, IdeaLogType.PLAN_RESULT, f"a plan that cannot be used:\n{listed}", caller.by)
    saved = save(tx, before, planned, caller.by, "planned", caller.job_id, valid=plan is not None)
    return WrittenPlan(saved, plan, flaws)


def record_review(
    tx: Transaction,
    caller: Caller,
    reference: str,
    verdict: str,
    summary: str,
    findings: Sequence[Mapping[str, Any]] = (),
) -> Idea:
    """The verdict on the plan as it stands: `approved`, `changes_requested` or `rejected`, never without a reason.

    A finding has its `problem`, and as far as it goes a `severity`, a `where` and a `remedy`.
    """
    before = _held(tx, caller, reference, Step.REVIEW)
    if before.plan_md is None:
        raise Conflict(f"{before.code} has no plan to review")
    judged = one_of(Verdict)("verdict", verdict)
    said = prose("summary", summary, SUMMARY_MAX).strip()
    if not said:
        raise Invalid("summary", summary, "say in a few words why")
    if len(findings) > FINDINGS_MAX:
        raise Invalid("findings", f"{len(findings)} findings", f"give the {FINDINGS_MAX} that matter most")
    this = {
        "verdict": judged,
        "summary": said,
        "findings": kept_json([dict(finding) for finding in findings]),
        "by": caller.by,
        "job_id": caller.job_id,
        "at": tx.now.isoformat(),
        "plan_sha256": hashlib.sha256(before.plan_md.encode()).hexdigest(),
    }
    earlier = list((before.review_log or {}).get("rounds", []))
    log = {"verdict": judged, "summary": said, "rounds": [*earlier, this][-ROUNDS_MAX:]}
    reviewed = before.reviewed(judged, log, tx.now)
    note(tx, reviewed, IdeaLogType.PLAN_REVIEW_RESULT, f"{judged}: {said}", caller.by)
    return save(tx, before, reviewed, caller.by, "reviewed", caller.job_id, verdict=judged)


def log(
    tx: Transaction,
    caller: Caller,
    reference: str,
    type_: str,
    content: str,
    metadata: dict[str, Any] | None = None,
    call_id: str | None = None,
) -> IdeaLog:
    """Writes down a decision or a note."""
    kind = one_of(IdeaLogType)("type", type_.upper())
    if kind not in WRITABLE:
        raise Invalid("type", type_, f"use one of {', '.join(WRITABLE)}")
    said = prose("content", content, LOG_MAX).strip()
    if not said:
        raise Invalid("content", content, "write something")
    idea = caller.idea(tx, reference, Need.CHANGE)
    return note(tx, idea, kind, said, caller.by, metadata=kept_json(metadata), call_id=call_id)


def locked(tx: Transaction, idea_id: IdeaId) -> Idea:
    """The idea as it stands now that nobody else can change it."""
    found = tx.ideas.get(idea_id, lock=True)
    assert found is not None, "ideas are never deleted"
    return found


def _held(tx: Transaction, caller: Caller, reference: str, step: Step) -> Idea:
    """The idea, if the caller may write what that step makes: its own job at any time, a person while no job is."""
    held = locked(tx, caller.idea(tx, reference, Need.CHANGE).id)
    if held.archived:
        raise Conflict(f"{held.code} is archived; restore it first")
    if caller.job_id is None:
        if held.status.busy:
            raise Conflict(f"{held.code} is {held.status}; wait for that job to end, or cancel it")
        return held
    job = tx.jobs.get(caller.job_id)
    if job is None or job.cancel_requested or held.status not in {step.busy, *step.results}:
        raise Conflict(f"{held.code} is {held.status}; this job is not at work on it any more")
    return held


def _text(markdown: str) -> str:
    text = prose("markdown", markdown, TEXT_MAX)
    if not text.strip():
        raise Invalid("markdown", markdown, "write something")
    return text


def _published(tx: Transaction, caller: Caller, idea: Idea) -> Idea:
    return idea_docs.publish(tx, idea, caller.by, caller.job_id) if idea.shared else idea
