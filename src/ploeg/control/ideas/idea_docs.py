"""An idea's grill report and plan as docs of its product, from the moment that others may see the idea."""

from __future__ import annotations

import json

from ploeg.control.docs import docs
from ploeg.control.docs.docs import Wish
from ploeg.control.ideas.plan_document import read
from ploeg.domain.doc import TITLE_MAX, Folder, PbiDoc, PbiDocRole, ProductDoc, folders_of
from ploeg.domain.idea import Idea
from ploeg.domain.ids import DocId, JobId, PbiId
from ploeg.domain.plan import Plan
from ploeg.domain.product import Product
from ploeg.store.transaction import Transaction


def publish(tx: Transaction, idea: Idea, by: str, job_id: JobId | None = None) -> Idea:
    """The idea with its docs, which hold its texts as they are now. A folder that the product does not use gets none.

    A plan that cannot be read as one is kept on the idea alone.
    """
    product = tx.products.get(idea.product_id) if idea.product_id is not None else None
    if product is None:
        return idea
    plan = read(idea.plan_md)[0] if idea.plan_md is not None else None
    if idea.grill_md is not None:
        doc = _put(tx, product, idea, Folder.GRILLS, "grill", idea.grill_md, by, job_id)
        idea = idea.evolve(grill_doc_id=doc)
    if plan is not None:
        doc = _put(tx, product, idea, Folder.PLANS, "plan", markdown(plan), by, job_id)
        idea = idea.evolve(plan_doc_id=doc)
    return idea


def lean(tx: Transaction, idea: Idea, pbi_id: PbiId, by: str) -> None:
    """The backlog item leans on the idea's docs, at their revisions of now."""
    for doc_id, role in ((idea.plan_doc_id, PbiDocRole.PLAN), (idea.grill_doc_id, PbiDocRole.GRILL)):
        doc = tx.docs.get(doc_id) if doc_id is not None else None
        if doc is not None:
            link = PbiDoc(pbi_id=pbi_id, revision_id=doc.revision_id, role=role, created_by=by, created_at=tx.now)
            tx.docs.link_pbi(link)


def markdown(plan: Plan) -> str:
    """A plan to be read: headings instead of fields."""
    parts = [plan.description or ""]
    for story in plan.stories:
        parts += [f"## {story.title}", story.description or ""]
        if story.acceptance_criteria:
            parts += ["**Accepted when**", story.acceptance_criteria]
        for task in story.tasks:
            parts += [f"### {task.title}", task.description or "", task.implementation_plan]
    if plan.body:
        parts += ["## Notes", plan.body]
    return "\n\n".join(part for part in parts if part)


def _put(
    tx: Transaction, product: Product, idea: Idea, folder: Folder, what: str, text: str, by: str, job_id: JobId | None
) -> DocId | None:
    if folder not in folders_of(product.enabled_doc_folders):
        return None
    # YAML takes no character that cannot be printed.
    title = "".join(c if c.isprintable() else " " for c in f"{idea.code} {what}: {idea.title}")[:TITLE_MAX]
    head = f"---\ntitle: {json.dumps(title, ensure_ascii=False)}\nstatus: active\n---\n"
    wish = Wish(folder=folder, slug=_slug(tx, product, idea, folder), content_md=f"{head}{text}\n")
    return docs.put(tx, product, by, wish, job_id).doc.id


def _slug(tx: Transaction, product: Product, idea: Idea, folder: Folder) -> str:
    """That of the idea's doc, if there is one in this product; else one that no other idea's doc has."""
    doc = _doc(tx, idea.plan_doc_id if folder is Folder.PLANS else idea.grill_doc_id)
    if doc is not None and doc.product_id == product.id and doc.folder is folder:
        return doc.slug
    return f"{idea.code.lower()}-{idea.id[-6:].lower()}"


def _doc(tx: Transaction, doc_id: DocId | None) -> ProductDoc | None:
    return tx.docs.get(doc_id) if doc_id is not None else None
