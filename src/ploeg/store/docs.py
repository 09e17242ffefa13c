"""Product docs: the doc, its revisions, and what is derived from the text of the current one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, delete, func, insert, select

from ploeg.domain.doc import DocRevision, DocStatus, Folder, PbiDoc, ProductDoc
from ploeg.domain.doc_links import Link
from ploeg.domain.ids import DocId, PbiId, ProductId, RevisionId
from ploeg.domain.markdown import Section
from ploeg.domain.search import Query
from ploeg.store.dialects import per_dialect
from ploeg.store.rows import Shape
from ploeg.store.search import DOCS, SearchIndex
from ploeg.store.series import INSTALLATION, next_in
from ploeg.store.tables.docs import (
    pbi_docs,
    product_doc_links,
    product_doc_revisions,
    product_doc_sections,
    product_docs,
)

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

DOC = Shape(ProductDoc, product_docs, "doc")
REVISION = Shape(DocRevision, product_doc_revisions, "doc revision")

_OF_PRODUCT = DOC.select.where(product_docs.c.product_id == bindparam("product_id")).order_by(
    product_docs.c.folder, product_docs.c.slug
)
_ACTIVE = (
    select(
        product_docs.c.folder,
        product_docs.c.slug,
        product_docs.c.title,
        func.count().over(partition_by=product_docs.c.folder).label("in_folder"),
        func.row_number().over(partition_by=product_docs.c.folder, order_by=product_docs.c.slug).label("place"),
    )
    .where(product_docs.c.product_id == bindparam("product_id"), product_docs.c.status == DocStatus.ACTIVE)
    .subquery()
)
_LISTED = (
    select(_ACTIVE.c.folder, _ACTIVE.c.slug, _ACTIVE.c.title, _ACTIVE.c.in_folder)
    .where(_ACTIVE.c.place <= bindparam("most"))
    .order_by(_ACTIVE.c.folder, _ACTIVE.c.slug)
)
_NAMED = DOC.select.where(
    product_docs.c.product_id == bindparam("product_id"),
    product_docs.c.folder == bindparam("folder"),
    product_docs.c.slug == bindparam("slug"),
)
_NAMED_LOCKED = _NAMED.with_for_update()
_SLUGS = select(product_docs.c.slug, product_docs.c.folder).where(product_docs.c.product_id == bindparam("product_id"))
_KEY = select(product_docs.c.search_key).where(product_docs.c.id == bindparam("doc_id"))
_REVISION = REVISION.select.where(
    product_doc_revisions.c.doc_id == bindparam("doc_id"), product_doc_revisions.c.number == bindparam("number")
)
_REVISIONS = REVISION.select.where(product_doc_revisions.c.doc_id == bindparam("doc_id")).order_by(
    product_doc_revisions.c.number.desc()
)
_ANCHOR = select(product_doc_sections.c.position).where(
    product_doc_sections.c.doc_id == bindparam("doc_id"), product_doc_sections.c.anchor == bindparam("anchor")
)
_SECTIONS = (
    select(product_doc_sections.c.level, product_doc_sections.c.heading, product_doc_sections.c.anchor)
    .where(product_doc_sections.c.doc_id == bindparam("doc_id"))
    .order_by(product_doc_sections.c.position)
)
_LINK = [product_doc_links.c[name] for name in ("href", "folder", "slug", "anchor")]
_LINKS = select(*_LINK).where(product_doc_links.c.doc_id == bindparam("doc_id")).order_by(product_doc_links.c.position)
_LINKS_NAMING = (
    select(*DOC.columns, *_LINK)
    .join(product_doc_links, product_doc_links.c.doc_id == product_docs.c.id)
    .where(product_docs.c.product_id == bindparam("product_id"), product_doc_links.c.slug == bindparam("to_slug"))
    .order_by(product_docs.c.folder, product_docs.c.slug, product_doc_links.c.position)
)
_PBI_DOCS = [pbi_docs.c[name] for name in ("pbi_id", "revision_id", "role", "created_by", "created_at")]
_LINK_PBI = per_dialect(lambda insert_into: insert_into(pbi_docs).on_conflict_do_nothing())
_PBI_LINK = select(*_PBI_DOCS).where(
    pbi_docs.c.pbi_id == bindparam("pbi_id"),
    pbi_docs.c.revision_id == bindparam("revision_id"),
    pbi_docs.c.role == bindparam("role"),
)
_LINKED_TO_PBI = (
    select(*_PBI_DOCS)
    .where(pbi_docs.c.pbi_id == bindparam("pbi_id"))
    .order_by(pbi_docs.c.created_at, pbi_docs.c.revision_id, pbi_docs.c.role)
)
_PBIS_LEANING_ON = (
    select(pbi_docs.c.pbi_id)
    .join(product_doc_revisions, product_doc_revisions.c.id == pbi_docs.c.revision_id)
    .where(product_doc_revisions.c.doc_id == bindparam("doc_id"))
    .distinct()
)


class Listed(NamedTuple):
    """A doc in force, and how many of them its folder has."""

    folder: Folder
    slug: str
    title: str
    in_folder: int


class Docs:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._search = SearchIndex(tx, DOCS)

    def add(self, doc: ProductDoc, revision: DocRevision) -> None:
        """`Conflict` when the product's folder has that slug."""
        DOC.add(self._tx, doc, search_key=next_in(self._tx, INSTALLATION, "doc"))
        REVISION.add(self._tx, revision)

    def revise(self, doc: ProductDoc, revision: DocRevision) -> None:
        REVISION.add(self._tx, revision)
        DOC.update(self._tx, doc)

    def derive(self, doc: ProductDoc, body: str, sections: Sequence[Section], links: Sequence[Link]) -> None:
        """Puts what is derived from the current text in the place of what was."""
        self._forget_derived(doc.id)
        self._insert(
            product_doc_sections,
            ({"position": s.position, "level": s.level, "heading": s.heading, "anchor": s.anchor} for s in sections),
            doc.id,
        )
        self._insert(
            product_doc_links,
            (
                {"position": n, "href": link.href, "folder": link.folder, "slug": link.slug, "anchor": link.anchor}
                for n, link in enumerate(links)
            ),
            doc.id,
        )
        self._search.put(self._key(doc.id), doc.title, body)

    def delete(self, doc: ProductDoc) -> None:
        """With all its revisions; `Conflict` when a backlog item leans on one."""
        self._search.remove(self._key(doc.id))
        self._forget_derived(doc.id)
        self._delete(product_doc_revisions, doc.id)
        self._tx.connection.execute(delete(product_docs).where(product_docs.c.id == doc.id))

    def get(self, doc_id: DocId) -> ProductDoc | None:
        return DOC.get(self._tx, doc_id)

    def named(self, product_id: ProductId, folder: Folder, slug: str, *, lock: bool = False) -> ProductDoc | None:
        statement = _NAMED_LOCKED if lock else _NAMED
        return DOC.one(self._tx, statement, product_id=product_id, folder=folder, slug=slug)

    def of_product(
        self,
        product_id: ProductId,
        folders: Sequence[Folder],
        status: DocStatus | None = None,
        limit: int | None = None,
    ) -> list[ProductDoc]:
        """Those in some of the folders, by folder and slug."""
        statement = _OF_PRODUCT.where(product_docs.c.folder.in_(list(folders))).limit(limit)
        if status is not None:
            statement = statement.where(product_docs.c.status == status)
        return DOC.all(self._tx, statement, product_id=product_id)

    def folders_by_slug(self, product_id: ProductId) -> dict[str, list[Folder]]:
        found: dict[str, list[Folder]] = {}
        for slug, folder in self._tx.connection.execute(_SLUGS, {"product_id": product_id}):
            found.setdefault(slug, []).append(folder)
        return found

    def revision(self, revision_id: RevisionId) -> DocRevision | None:
        return REVISION.get(self._tx, revision_id)

    def revision_numbered(self, doc_id: DocId, number: int) -> DocRevision | None:
        return REVISION.one(self._tx, _REVISION, doc_id=doc_id, number=number)

    def revisions(self, doc_id: DocId) -> list[DocRevision]:
        """Newest first."""
        return REVISION.all(self._tx, _REVISIONS, doc_id=doc_id)

    def outline(self, doc_id: DocId) -> list[tuple[int, str, str]]:
        """Level, heading and anchor of each section, in order."""
        return [(level, heading, anchor) for level, heading, anchor in self._of_doc(_SECTIONS, doc_id)]

    def has_anchor(self, doc_id: DocId, anchor: str) -> bool:
        return self._tx.connection.execute(_ANCHOR, {"doc_id": doc_id, "anchor": anchor}).first() is not None

    def links(self, doc_id: DocId) -> list[Link]:
        return [Link(*row) for row in self._of_doc(_LINKS, doc_id)]

    def links_naming(self, product_id: ProductId, slug: str) -> list[tuple[ProductDoc, Link]]:
        """The product's links to some doc of that slug, each with the doc that has it."""
        rows = self._tx.connection.execute(_LINKS_NAMING, {"product_id": product_id, "to_slug": slug})
        width = len(DOC.columns)
        return [(DOC.record(row[:width]), Link(*row[width:])) for row in rows]

    def search(
        self, product_id: ProductId, query: Query, folders: Sequence[Folder], statuses: Sequence[DocStatus], limit: int
    ) -> list[ProductDoc]:
        """The best matches in those folders, best first."""
        ids = self._search.find(query, limit, product_ids=[product_id], folders=folders, statuses=statuses)
        found: dict[str, ProductDoc] = {
            doc.id: doc for doc in DOC.all(self._tx, DOC.select.where(product_docs.c.id.in_(ids)))
        }
        return [found[doc_id] for doc_id in ids]

    def listed(self, product_id: ProductId, folders: Sequence[Folder], most: int) -> list[Listed]:
        """The active docs of those folders, at most so many of each, by folder and slug."""
        rows = self._tx.connection.execute(_LISTED, {"product_id": product_id, "most": most})
        return [found for found in (Listed(*row) for row in rows) if found.folder in folders]

    def link_pbi(self, link: PbiDoc) -> PbiDoc:
        """The link as it is stored: the first of its kind stands."""
        values = {column.name: getattr(link, column.name) for column in _PBI_DOCS}
        self._tx.connection.execute(_LINK_PBI[self._tx.dialect], values)
        row = self._tx.connection.execute(_PBI_LINK, values).one()
        return _pbi_doc(row)

    def of_pbi(self, pbi_id: PbiId) -> list[PbiDoc]:
        return [_pbi_doc(row) for row in self._tx.connection.execute(_LINKED_TO_PBI, {"pbi_id": pbi_id})]

    def pbis_leaning_on(self, doc_id: DocId) -> list[PbiId]:
        return [PbiId(pbi_id) for (pbi_id,) in self._of_doc(_PBIS_LEANING_ON, doc_id)]

    def _of_doc(self, statement: Any, doc_id: DocId) -> Any:
        return self._tx.connection.execute(statement, {"doc_id": doc_id})

    def _key(self, doc_id: DocId) -> int:
        key: int = self._of_doc(_KEY, doc_id).scalar_one()
        return key

    def _forget_derived(self, doc_id: DocId) -> None:
        self._delete(product_doc_sections, doc_id)
        self._delete(product_doc_links, doc_id)

    def _delete(self, table: Any, doc_id: DocId) -> None:
        self._tx.connection.execute(delete(table).where(table.c.doc_id == doc_id))

    def _insert(self, table: Any, rows: Iterable[dict[str, Any]], doc_id: DocId) -> None:
        values = [row | {"doc_id": doc_id} for row in rows]
        if values:
            self._tx.connection.execute(insert(table), values)


def _pbi_doc(row: Any) -> PbiDoc:
    return PbiDoc(**dict(zip([column.name for column in _PBI_DOCS], row, strict=True)))
