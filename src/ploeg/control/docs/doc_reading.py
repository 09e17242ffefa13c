"""Reading product docs: lists, texts, search, and what leads where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ploeg.control.backlog.backlog_fields import one_of
from ploeg.control.docs.docs import named
from ploeg.control.docs.frontmatter import read_front_matter
from ploeg.control.docs.text import line
from ploeg.domain.doc import DocRevision, DocStatus, Folder, ProductDoc, folder_named, folders_of
from ploeg.domain.doc_links import Lead, Link, LinkState, follow
from ploeg.domain.errors import Invalid, NotFound
from ploeg.domain.ids import ProductId
from ploeg.domain.markdown import section_at, section_text, sections
from ploeg.domain.product import Product
from ploeg.domain.search import first_match, read_query, snippet
from ploeg.store.transaction import Transaction

if TYPE_CHECKING:
    from ploeg.control.toolbelt.caller import Caller

LIST_MAX = 500
QUERY_MIN, QUERY_MAX = 2, 200
HITS_MAX = 50


@dataclass(frozen=True, slots=True)
class DocView:
    doc: ProductDoc
    #: The product's code.
    product: str


@dataclass(frozen=True, slots=True)
class DocText:
    doc: ProductDoc
    product: str
    revision: DocRevision
    #: Level, heading and anchor of each section of the current text.
    outline: list[tuple[int, str, str]]


@dataclass(frozen=True, slots=True)
class Hit:
    doc: ProductDoc
    product: str
    #: Of the section that the snippet is from.
    heading: str | None
    snippet: str


@dataclass(frozen=True, slots=True)
class Followed:
    """A link and where it leads. `doc` is where it leads to, or, of a link from elsewhere, where it stands."""

    href: str
    state: LinkState
    doc: ProductDoc | None
    #: Paths of the docs that it may mean.
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Related:
    doc: ProductDoc
    product: str
    forward: list[Followed]
    backward: list[Followed]
    #: Those that lead nowhere, or to several docs.
    broken: list[Followed]


def listing(
    tx: Transaction,
    caller: Caller,
    product: str,
    *,
    folder: str | None = None,
    status: str | None = None,
    include_disabled: bool = False,
) -> list[DocView]:
    """At most 500, by folder and slug."""
    found = caller.product(tx, product)
    wanted = one_of(DocStatus)("status", status) if status is not None else None
    return in_product(tx, found, _folders(found, folder, include_disabled), wanted)


def in_product(
    tx: Transaction, product: Product, folders: Sequence[Folder], status: DocStatus | None = None
) -> list[DocView]:
    return [DocView(doc, product.code) for doc in tx.docs.of_product(product.id, folders, status, LIST_MAX)]


def show(tx: Transaction, caller: Caller, product: str, folder: str, slug: str, revision: int | None = None) -> DocText:
    """A doc with its current text, or with that of an older revision."""
    return text_in(tx, caller.product(tx, product), folder, slug, revision)


def text_in(tx: Transaction, product: Product, folder: str, slug: str, revision: int | None = None) -> DocText:
    """`show` for callers that have found the product already."""
    doc = named(tx, product.id, folder, slug)
    text = tx.docs.revision_numbered(doc.id, revision if revision is not None else doc.revision)
    if text is None:
        raise NotFound("doc revision", f"{doc.path} {revision}")
    return DocText(doc, product.code, text, tx.docs.outline(doc.id))


def section(text: DocText, heading: str) -> str:
    """The part of it under that heading, by its words or its anchor."""
    found = section_text(read_front_matter(text.revision.content_md).body, heading)
    if found is None:
        raise NotFound(f"heading in {text.doc.path}", heading)
    return found


def revisions(tx: Transaction, caller: Caller, product: str, folder: str, slug: str) -> list[DocRevision]:
    """Newest first."""
    return tx.docs.revisions(named(tx, caller.product(tx, product).id, folder, slug).id)


def search(
    tx: Transaction,
    caller: Caller,
    product: str,
    query: str,
    *,
    folder: str | None = None,
    limit: int = 10,
    include_archived: bool = False,
    include_disabled: bool = False,
) -> list[Hit]:
    """The best matches, best first; any text is a query, and one without a word finds nothing."""
    found = caller.product(tx, product)
    asked = line("query", " ".join(query.split()), QUERY_MAX)
    if len(asked) < QUERY_MIN:
        raise Invalid("query", asked, f"write at least {QUERY_MIN} characters")
    if not 1 <= limit <= HITS_MAX:
        raise Invalid("limit", limit, f"give 1 to {HITS_MAX}")
    parsed = read_query(asked)
    statuses = [status for status in DocStatus if include_archived or status is not DocStatus.ARCHIVED]
    docs = tx.docs.search(found.id, parsed, _folders(found, folder, include_disabled), statuses, limit)
    hits = []
    for doc in docs:
        body = _body(tx, doc)
        at = first_match(body, parsed)
        section = section_at(sections(body), at)
        hits.append(Hit(doc, found.code, section.heading if section is not None else None, snippet(body, at)))
    return hits


def related(tx: Transaction, caller: Caller, product: str, folder: str, slug: str) -> Related:
    """Where the doc's links lead, and which docs have links that lead to it."""
    found = caller.product(tx, product)
    doc = named(tx, found.id, folder, slug)
    names = tx.docs.folders_by_slug(found.id)
    leads = [_followed(tx, found.id, doc, link, names) for link in tx.docs.links(doc.id)]
    backward = [
        Followed(link.href, LinkState.RESOLVED, source)
        for source, link in tx.docs.links_naming(found.id, doc.slug)
        if source.id != doc.id and follow(link, source.folder, names) == Lead(LinkState.RESOLVED, (doc.folder,))
    ]
    forward = [lead for lead in leads if lead.state is LinkState.RESOLVED]
    return Related(doc, found.code, forward, backward, [lead for lead in leads if lead.state is not LinkState.RESOLVED])


def _followed(
    tx: Transaction, product_id: ProductId, doc: ProductDoc, link: Link, names: Mapping[str, list[Folder]]
) -> Followed:
    lead = follow(link, doc.folder, names)
    if lead.state is not LinkState.RESOLVED:
        return Followed(link.href, lead.state, None, tuple(f"{folder}/{link.slug}" for folder in lead.folders))
    target = tx.docs.named(product_id, lead.folders[0], link.slug)
    assert target is not None, "it is among the names of this transaction"
    if link.anchor and not tx.docs.has_anchor(target.id, link.anchor):
        return Followed(link.href, LinkState.BROKEN, target)
    return Followed(link.href, LinkState.RESOLVED, target)


def _folders(product: Product, folder: str | None, include_disabled: bool) -> tuple[Folder, ...]:
    enabled = tuple(Folder) if include_disabled else folders_of(product.enabled_doc_folders)
    if folder is None:
        return enabled
    wanted = folder_named(folder)
    return (wanted,) if wanted in enabled else ()


def _body(tx: Transaction, doc: ProductDoc) -> str:
    revision = tx.docs.revision(doc.revision_id)
    assert revision is not None, "a doc is written with its revision"
    return read_front_matter(revision.content_md).body
