"""Tools that write what comes of work on an idea."""

from __future__ import annotations

import hashlib

from ploeg.control.ideas import idea_work
from ploeg.control.toolbelt.caller import AttemptCaller, Caller
from ploeg.control.toolbelt.handler import Handlers
from ploeg.domain.ids import DocId
from ploeg.store.transaction import Transaction
from ploeg.tools.idea_work import (
    IdeaLogged,
    IdeaSaved,
    LogIdeaDecision,
    PlanFlaw,
    PlanReviewed,
    PlanSaved,
    SavedDoc,
    UpdateIdeaGrillMd,
    UpdateIdeaPlanMd,
    UpdateIdeaPlanReviewed,
)


def update_idea_grill_md(tx: Transaction, caller: Caller, arguments: UpdateIdeaGrillMd) -> IdeaSaved:
    saved = idea_work.write_grill(tx, caller, arguments.idea_id, arguments.markdown)
    return IdeaSaved(idea_id=saved.id, code=saved.code, status=saved.status, doc=_doc(tx, saved.grill_doc_id))


def update_idea_plan_md(tx: Transaction, caller: Caller, arguments: UpdateIdeaPlanMd) -> PlanSaved:
    written = idea_work.write_plan(tx, caller, arguments.idea_id, arguments.markdown)
    saved, plan = written.idea, written.plan
    return PlanSaved(
        idea_id=saved.id,
        code=saved.code,
        status=saved.status,
        ok=plan is not None,
        stories=plan.counts["stories"] if plan is not None else 0,
        tasks=plan.counts["tasks"] if plan is not None else 0,
        doc=_doc(tx, saved.plan_doc_id) if plan is not None else None,
        errors=[PlanFlaw(line=flaw.line, field=flaw.field, remedy=flaw.remedy) for flaw in written.flaws],
    )


def update_idea_plan_reviewed(tx: Transaction, caller: Caller, arguments: UpdateIdeaPlanReviewed) -> PlanReviewed:
    log = arguments.review_log
    findings = [finding.model_dump(mode="json") for finding in log.findings]
    saved = idea_work.record_review(tx, caller, arguments.idea_id, arguments.approval_status, log.summary, findings)
    return PlanReviewed(
        idea_id=saved.id,
        code=saved.code,
        status=saved.status,
        doc=_doc(tx, saved.plan_doc_id),
        verdict=arguments.approval_status,
        rounds=len((saved.review_log or {})["rounds"]),
        findings=len(findings),
    )


def log_idea_decision(tx: Transaction, caller: Caller, arguments: LogIdeaDecision) -> IdeaLogged:
    log = idea_work.log(
        tx, caller, arguments.idea_id, arguments.type, arguments.content, arguments.metadata, call_id=_log_id(caller)
    )
    return IdeaLogged(id=log.id, created_at=log.created_at)


def _doc(tx: Transaction, doc_id: DocId | None) -> SavedDoc | None:
    doc = tx.docs.get(doc_id) if doc_id is not None else None
    product = tx.products.get(doc.product_id) if doc is not None else None
    if doc is None or product is None:
        return None
    return SavedDoc(doc_id=doc.id, revision_id=doc.revision_id, revision=doc.revision, uri=doc.uri(product.code))


def _log_id(caller: Caller) -> str | None:
    """The same call of an attempt always makes the same entry."""
    if not isinstance(caller, AttemptCaller):
        return None
    named = f"{caller.attempt.id}:{caller.call_id}".encode("utf-8", "replace")
    return "log_" + hashlib.sha256(named).hexdigest()[:26]


HANDLERS: Handlers = {
    UpdateIdeaGrillMd: update_idea_grill_md,
    UpdateIdeaPlanMd: update_idea_plan_md,
    UpdateIdeaPlanReviewed: update_idea_plan_reviewed,
    LogIdeaDecision: log_idea_decision,
}
