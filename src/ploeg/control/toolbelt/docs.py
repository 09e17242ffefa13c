"""Tools about a product's docs and the guide that binds its agents."""

from __future__ import annotations

from typing import Any

from ploeg.control.docs import doc_reading, docs, guide
from ploeg.control.docs.doc_reading import Followed
from ploeg.control.docs.docs import Wish
from ploeg.control.toolbelt import showing
from ploeg.control.toolbelt.caller import Caller
from ploeg.control.toolbelt.handler import Handlers
from ploeg.domain.doc import ProductDoc
from ploeg.store.transaction import Transaction
from ploeg.tools.docs import (
    AgentGuide,
    CreateProductDoc,
    DocHit,
    DocHits,
    DocInfo,
    DocLink,
    DocList,
    DocPart,
    DocWritten,
    GetAgentGuide,
    GetProductDoc,
    Heading,
    LinkPbiDoc,
    ListProductDocs,
    PbiDocLinked,
    RelatedDocs,
    RelatedProductDocs,
    SearchProductDocs,
)


def get_agent_guide(tx: Transaction, caller: Caller, arguments: GetAgentGuide) -> AgentGuide:
    found = guide.show(tx, caller, arguments.product_id)
    info = DocInfo(**_info(found.doc, found.product)) if found.doc is not None else None
    return AgentGuide(guide_md=found.text, has_product_override=info is not None, doc=info)


def list_product_docs(tx: Transaction, caller: Caller, arguments: ListProductDocs) -> DocList:
    found = doc_reading.listing(
        tx,
        caller,
        arguments.product_id,
        folder=arguments.folder,
        status=arguments.status,
        include_disabled=arguments.include_disabled,
    )
    return DocList(result=[DocInfo(**_info(view.doc, view.product)) for view in found])


def get_product_doc(tx: Transaction, caller: Caller, arguments: GetProductDoc) -> DocPart:
    found = doc_reading.show(tx, caller, arguments.product_id, arguments.folder, arguments.slug)
    text = found.revision.content_md
    if arguments.heading is not None:
        text = doc_reading.section(found, arguments.heading)
    end = arguments.offset + arguments.max_chars
    return DocPart(
        **_info(found.doc, found.product),
        text=text[arguments.offset : end],
        total_chars=len(text),
        truncated=end < len(text),
        next_offset=end if end < len(text) else None,
        headings=[Heading(level=level, heading=heading, anchor=anchor) for level, heading, anchor in found.outline],
    )


def search_product_docs(tx: Transaction, caller: Caller, arguments: SearchProductDocs) -> DocHits:
    hits = doc_reading.search(
        tx,
        caller,
        arguments.product_id,
        arguments.query,
        folder=arguments.folder,
        limit=arguments.limit,
        include_archived=arguments.include_archived,
        include_disabled=arguments.include_disabled,
    )
    return DocHits(
        result=[DocHit(**_info(hit.doc, hit.product), heading=hit.heading, snippet=hit.snippet) for hit in hits]
    )


def related_product_docs(tx: Transaction, caller: Caller, arguments: RelatedProductDocs) -> RelatedDocs:
    found = doc_reading.related(tx, caller, arguments.product_id, arguments.folder, arguments.slug)
    return RelatedDocs(
        forward=[_link(link, found.product) for link in found.forward],
        backward=[_link(link, found.product) for link in found.backward],
        broken=[_link(link, found.product) for link in found.broken],
    )


def create_product_doc(tx: Transaction, caller: Caller, arguments: CreateProductDoc) -> DocWritten:
    wish = Wish(
        folder=arguments.folder,
        slug=arguments.slug,
        content_md=arguments.content_md,
        expected_revision=arguments.expected_revision,
    )
    written = docs.write(tx, caller, arguments.product_id, wish)
    doc = written.doc
    return DocWritten(
        doc_id=doc.id,
        revision_id=doc.revision_id,
        revision=doc.revision,
        hash=doc.content_hash,
        noop=written.noop,
        created=written.created,
        uri=doc.uri(written.product),
    )


def link_pbi_doc(tx: Transaction, caller: Caller, arguments: LinkPbiDoc) -> PbiDocLinked:
    view = docs.link_pbi(tx, caller, arguments.pbi_id, arguments.doc_id, arguments.role, arguments.revision_id)
    return showing.pbi_doc(view)


def _info(doc: ProductDoc, product: str) -> dict[str, Any]:
    names = ("folder", "slug", "title", "status", "revision", "revision_id", "updated_at", "byte_size")
    return {"doc_id": doc.id, "uri": doc.uri(product), **{name: getattr(doc, name) for name in names}}


def _link(link: Followed, product: str) -> DocLink:
    doc = DocInfo(**_info(link.doc, product)) if link.doc is not None else None
    return DocLink(href=link.href, state=link.state, doc=doc, choices=list(link.choices))


HANDLERS: Handlers = {
    GetAgentGuide: get_agent_guide,
    ListProductDocs: list_product_docs,
    GetProductDoc: get_product_doc,
    SearchProductDocs: search_product_docs,
    RelatedProductDocs: related_product_docs,
    CreateProductDoc: create_product_doc,
    LinkPbiDoc: link_pbi_doc,
}
