"""Writing product docs: every text kept as a revision, and what is derived from the newest one built with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ploeg.control.backlog import rollup
from ploeg.control.backlog.backlog_fields import one_of
from ploeg.control.docs import guide
from ploeg.control.docs.frontmatter import FrontMatter, read_front_matter
from ploeg.control.docs.text import line, prose
from ploeg.control.find import Need
from ploeg.domain.doc import (
    CONTENT_MAX,
    TITLE_MAX,
    DocRevision,
    DocStatus,
    Folder,
    PbiDoc,
    PbiDocRole,
    ProductDoc,
    check_slug,
    folder_named,
    folders_of,
    sha256_of,
    slug_of,
)
from ploeg.domain.doc_links import link_to
from ploeg.domain.errors import Conflict, Invalid, NotFound
from ploeg.domain.ids import DocId, JobId, ProductId, RevisionId
from ploeg.domain.markdown import hrefs, sections
from ploeg.domain.product import Product
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction

if TYPE_CHECKING:
    from ploeg.control.toolbelt.caller import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A doc as somebody wants it. Its title and status stand in the front matter of the content."""

    folder: str
    content_md: str
    #: Made of the title if it is left out.
    slug: str | None = None
    #: The revision that the writer read; 0: there is none yet.
    expected_revision: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    doc: ProductDoc
    product: str
    #: The text was the doc's current one already.
    noop: bool = False
    created: bool = False


@dataclass(frozen=True, slots=True)
class PbiDocView:
    """A backlog item's doc, with the revision that it is frozen at."""

    link: PbiDoc
    pbi: str
    product: str
    doc: ProductDoc
    revision: int


@dataclass(frozen=True, slots=True)
class _Checked:
    folder: Folder
    slug: str
    title: str
    status: DocStatus
    head: FrontMatter


def write(tx: Transaction, caller: Caller, product: str, wish: Wish) -> Written:
    """A new doc, or a new revision of the one in that folder with that slug."""
    return put(tx, caller.product(tx, product, Need.CHANGE), caller.by, wish, caller.job_id)


def put(tx: Transaction, product: Product, by: str, wish: Wish, job_id: JobId | None = None) -> Written:
    """`write` for other verbs, which have found the product already."""
    checked = _checked(tx, product, wish)
    doc = tx.docs.named(product.id, checked.folder, checked.slug, lock=True)
    content_hash = sha256_of(checked.head.text)
    if doc is not None and doc.expect(wish.expected_revision).content_hash == content_hash:
        return Written(doc, product.code, noop=True)
    if doc is None and wish.expected_revision:
        path = f"{checked.folder}/{checked.slug}"
        raise Conflict(f"there is no doc {path} yet, so it has no revision {wish.expected_revision}")
    revision = DocRevision(
        id=RevisionId(new_id("rev")),
        doc_id=doc.id if doc is not None else DocId(new_id("doc")),
        number=doc.revision + 1 if doc is not None else 1,
        content_md=checked.head.text,
        content_hash=content_hash,
        created_by=by,
        created_at=tx.now,
    )
    written = _doc(product.id, checked, revision, doc)
    if doc is None:
        tx.docs.add(written, revision)
    else:
        tx.docs.revise(written, revision)
    _derive(tx, product, written, checked.head)
    _tell(tx, written, "doc.updated" if doc is not None else "doc.created", by, job_id)
    return Written(written, product.code, created=doc is None)


def delete(tx: Transaction, caller: Caller, product: str, folder: str, slug: str) -> None:
    """With all its revisions; `Conflict` while a backlog item leans on one of them."""
    found = caller.product(tx, product, Need.CHANGE)
    doc = named(tx, found.id, folder, slug, lock=True)
    leaning = [item.code for item in map(tx.backlog.pbi, tx.docs.pbis_leaning_on(doc.id)) if item is not None]
    if leaning:
        raise Conflict(f"{', '.join(sorted(leaning))} leans on {doc.path}; set its status to archived instead")
    tx.docs.delete(doc)
    _tell(tx, doc, "doc.deleted", caller.by, caller.job_id)


def link_pbi(tx: Transaction, caller: Caller, pbi: str, doc: str, role: str, revision: str | None = None) -> PbiDocView:
    """Freezes a revision of a doc, the current one if none is named, for a backlog item. Again: no change."""
    item = caller.pbi(tx, pbi, Need.CHANGE)
    found = tx.docs.get(DocId(doc))
    if found is None or found.product_id != item.product_id:
        raise NotFound("doc", doc)
    frozen = tx.docs.revision(RevisionId(revision) if revision is not None else found.revision_id)
    if frozen is None or frozen.doc_id != found.id:
        raise NotFound("doc revision", revision or found.revision_id)
    wanted = PbiDoc(
        pbi_id=item.id,
        revision_id=frozen.id,
        role=one_of(PbiDocRole)("role", role.upper()),
        created_by=caller.by,
        created_at=tx.now,
    )
    if (frozen.id, wanted.role) not in {(link.revision_id, link.role) for link in tx.docs.of_pbi(item.id)}:
        said = {"change": "doc_linked", "doc": found.path, "revision": frozen.number, "role": wanted.role}
        rollup.tell(tx, "pbi", item, caller.by, caller.job_id, **said)
    link = tx.docs.link_pbi(wanted)
    return PbiDocView(link, item.code, _code(tx, item.product_id), found, frozen.number)


def of_pbi(tx: Transaction, caller: Caller, pbi: str) -> list[PbiDocView]:
    """The docs that a backlog item leans on, oldest link first."""
    item = caller.pbi(tx, pbi)
    views = []
    for link in tx.docs.of_pbi(item.id):
        frozen = tx.docs.revision(link.revision_id)
        assert frozen is not None, "a foreign key keeps the revision of every link"
        doc = tx.docs.get(frozen.doc_id)
        assert doc is not None, "a foreign key keeps the doc of every revision"
        views.append(PbiDocView(link, item.code, _code(tx, item.product_id), doc, frozen.number))
    return views


def rebuild(tx: Transaction, caller: Caller, product: str) -> int:
    """Builds sections, links and the full-text index of all its docs anew; how many docs there are."""
    found = caller.product(tx, product, Need.OWN)
    docs = tx.docs.of_product(found.id, tuple(Folder), limit=None)
    for doc in docs:
        revision = tx.docs.revision(doc.revision_id)
        assert revision is not None, "a doc is written with its revision"
        _derive(tx, found, doc, read_front_matter(revision.content_md))
    return len(docs)


def named(tx: Transaction, product_id: ProductId, folder: str, slug: str, *, lock: bool = False) -> ProductDoc:
    where = folder_named(folder)
    doc = tx.docs.named(product_id, where, slug, lock=lock)
    if doc is None:
        raise NotFound("doc", f"{where}/{slug}")
    return doc


def _checked(tx: Transaction, product: Product, wish: Wish) -> _Checked:
    folder = folder_named(wish.folder)
    if folder not in folders_of(product.enabled_doc_folders):
        raise Conflict(f"product {product.code} does not use the folder {folder}; enable it first")
    head = read_front_matter(prose("content_md", wish.content_md, CONTENT_MAX))
    title, status = _title(head), _status(head)
    slug = check_slug(wish.slug) if wish.slug is not None else slug_of(title)
    head = read_front_matter(head.dated(tx.now.date()))
    guide.check(folder, slug, status, head.body)
    return _Checked(folder, slug, title, status, head)


def _title(head: FrontMatter) -> str:
    try:
        return line("title", head.value("title") or "", TITLE_MAX)
    except Invalid as flaw:
        raise flaw if flaw.field == "content_md" else head.refusal("title", flaw.value, flaw.remedy) from None


def _status(head: FrontMatter) -> DocStatus:
    status = head.value("status")
    if status is None:
        return DocStatus.DRAFT
    try:
        return DocStatus(status.lower())
    except ValueError:
        raise head.refusal("status", status, f"use one of {', '.join(DocStatus)}") from None


def _doc(product_id: ProductId, checked: _Checked, revision: DocRevision, before: ProductDoc | None) -> ProductDoc:
    return ProductDoc(
        id=revision.doc_id,
        product_id=product_id,
        folder=checked.folder,
        slug=checked.slug,
        title=checked.title,
        status=checked.status,
        created_by=before.created_by if before is not None else revision.created_by,
        created_at=before.created_at if before is not None else revision.created_at,
        updated_at=revision.created_at,
        revision_id=revision.id,
        revision=revision.number,
        content_hash=revision.content_hash,
        byte_size=len(revision.content_md.encode()),
    )


def _derive(tx: Transaction, product: Product, doc: ProductDoc, head: FrontMatter) -> None:
    links = [link for link in (link_to(href, product.code) for href in hrefs(head.body)) if link is not None]
    tx.docs.derive(doc, head.body, sections(head.body), links)


def _code(tx: Transaction, product_id: ProductId) -> str:
    product = tx.products.get(product_id)
    assert product is not None, "a foreign key keeps the product of every item"
    return product.code


def _tell(tx: Transaction, doc: ProductDoc, type_: str, by: str, job_id: JobId | None) -> None:
    data = {"id": doc.id, "code": doc.path, "title": doc.title, "status": doc.status, "revision": doc.revision}
    tx.events.add(type_, product_id=doc.product_id, job_id=job_id, actor=by, data=data)
