"""Docs, their revisions, what is derived from them, and search, on both databases alike."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from ploeg.domain.doc import DocRevision, DocStatus, Folder, PbiDoc, PbiDocRole, ProductDoc, sha256_of
from ploeg.domain.doc_links import Link
from ploeg.domain.errors import Conflict
from ploeg.domain.ids import DocId, RevisionId
from ploeg.domain.markdown import sections
from ploeg.domain.search import read_query
from ploeg.store.ids import new_id
from ploeg.store.store import Store
from tests.store.installation import START, Installation, pbi, product

ALL = tuple(Folder)


@pytest.fixture
def here(store: Store) -> Installation:
    return Installation(store)


def text_of(doc: ProductDoc, content: str, number: int = 1) -> DocRevision:
    return DocRevision(
        id=RevisionId(new_id("rev")),
        doc_id=doc.id,
        number=number,
        content_md=content,
        content_hash=sha256_of(content),
        created_by="user:ada",
        created_at=START,
    )


def blank(here: Installation, slug: str, content: str = "", **given: Any) -> ProductDoc:
    """A doc that is not stored yet."""
    defaults: dict[str, Any] = {
        "id": DocId(new_id("doc")),
        "product_id": here.product.id,
        "folder": Folder.ADR,
        "slug": slug,
        "title": slug.title(),
        "status": DocStatus.ACTIVE,
        "created_by": "user:ada",
        "created_at": START,
        "updated_at": START,
        "revision_id": "",
        "revision": 1,
        "content_hash": sha256_of(content),
        "byte_size": len(content),
    }
    return ProductDoc(**(defaults | given))


def add(here: Installation, slug: str, content: str = "", links: tuple[Link, ...] = (), **given: Any) -> ProductDoc:
    doc = blank(here, slug, content, **given)
    revision = text_of(doc, content)
    doc = doc.evolve(revision_id=revision.id)

    def write(tx: Any) -> None:
        tx.docs.add(doc, revision)
        tx.docs.derive(doc, content, sections(content), links)

    here.store.write_blocking(write)
    return doc


def found(here: Installation, asked: str, statuses: tuple[DocStatus, ...] = (DocStatus.ACTIVE,)) -> list[str]:
    query = read_query(asked)
    docs = here.store.read_blocking(lambda tx: tx.docs.search(here.product.id, query, ALL, statuses, 10))
    return [doc.slug for doc in docs]


def test_a_doc_and_its_revisions_are_read_as_they_were_written(here: Installation) -> None:
    doc = add(here, "one", "é🦉" * 1000)
    revision = text_of(doc, "two", 2)
    later = doc.evolve(revision=2, revision_id=revision.id, updated_at=START + timedelta(days=1), title="Two")
    here.store.write_blocking(lambda tx: tx.docs.revise(later, revision))
    assert here.store.read_blocking(lambda tx: tx.docs.named(here.product.id, Folder.ADR, "one")) == later
    assert here.store.read_blocking(lambda tx: tx.docs.get(doc.id)) == later
    numbers = [old.number for old in here.store.read_blocking(lambda tx: tx.docs.revisions(doc.id))]
    assert numbers == [2, 1]
    first = here.store.read_blocking(lambda tx: tx.docs.revision_numbered(doc.id, 1))
    assert first is not None
    assert first.content_md == "é🦉" * 1000


def test_a_slug_is_given_once_in_a_folder(here: Installation) -> None:
    add(here, "one")
    add(here, "one", folder=Folder.SPECS)
    with pytest.raises(Conflict):
        add(here, "one")


def test_docs_are_listed_by_folder_and_slug(here: Installation) -> None:
    for slug, folder in (("b", Folder.ADR), ("a", Folder.SPECS), ("c", Folder.ADR)):
        add(here, slug, folder=folder)
    add(here, "d", status=DocStatus.DRAFT)

    def slugs(*folders: Folder, **wanted: Any) -> list[str]:
        docs = here.store.read_blocking(lambda tx: tx.docs.of_product(here.product.id, folders, **wanted))
        return [doc.slug for doc in docs]

    assert slugs(*ALL) == ["b", "c", "d", "a"]
    assert slugs(Folder.ADR, status=DocStatus.ACTIVE) == ["b", "c"]
    assert slugs(*ALL, limit=2) == ["b", "c"]
    assert slugs() == []


def test_the_first_docs_in_force_of_each_folder_are_listed_with_how_many_there_are(here: Installation) -> None:
    for slug, folder in (("b", Folder.ADR), ("a", Folder.SPECS), ("c", Folder.ADR), ("e", Folder.API)):
        add(here, slug, folder=folder)
    add(here, "a", status=DocStatus.DRAFT)
    listed = here.store.read_blocking(lambda tx: tx.docs.listed(here.product.id, [Folder.ADR, Folder.SPECS], 1))
    assert [(doc.folder, doc.slug, doc.in_folder) for doc in listed] == [(Folder.ADR, "b", 2), (Folder.SPECS, "a", 1)]


def test_what_is_derived_is_replaced_with_the_text(here: Installation) -> None:
    doc = add(here, "one", "# A\n## B\n", (Link("b.md", None, "b", ""),))
    here.store.write_blocking(lambda tx: tx.docs.derive(doc, "# C", sections("# C"), []))
    assert here.store.read_blocking(lambda tx: tx.docs.outline(doc.id)) == [(1, "C", "c")]
    assert here.store.read_blocking(lambda tx: tx.docs.links(doc.id)) == []
    assert not here.store.read_blocking(lambda tx: tx.docs.has_anchor(doc.id, "b"))
    assert found(here, "b") == []
    assert found(here, "c") == ["one"]


def test_links_are_found_by_the_slug_that_they_name(here: Installation) -> None:
    link = Link("../SPECS/b.md#x", "SPECS", "b", "x")
    doc = add(here, "one", links=(link, Link("c", None, "c", "")))
    naming = here.store.read_blocking(lambda tx: tx.docs.links_naming(here.product.id, "b"))
    assert naming == [(doc, link)]


def test_a_doc_that_a_backlog_item_leans_on_cannot_be_deleted(here: Installation) -> None:
    doc, free = add(here, "one", "# A\n"), add(here, "two", "# A\n")
    item = pbi(here.product)
    here.keep(item)
    link = PbiDoc(
        pbi_id=item.id, revision_id=doc.revision_id, role=PbiDocRole.PLAN, created_by="user:ada", created_at=START
    )
    again = PbiDoc(
        pbi_id=item.id, revision_id=doc.revision_id, role=PbiDocRole.PLAN, created_by="user:bob", created_at=START
    )
    assert here.store.write_blocking(lambda tx: tx.docs.link_pbi(link)) == link
    assert here.store.write_blocking(lambda tx: tx.docs.link_pbi(again)) == link
    assert here.store.read_blocking(lambda tx: tx.docs.of_pbi(item.id)) == [link]
    assert here.store.read_blocking(lambda tx: tx.docs.pbis_leaning_on(doc.id)) == [item.id]
    with pytest.raises(Conflict):
        here.store.write_blocking(lambda tx: tx.docs.delete(doc))
    here.store.write_blocking(lambda tx: tx.docs.delete(free))
    assert found(here, "a") == ["one"]


SEARCHES = (
    ("invoice", ["invoice", "pay"]),
    ("INVOICE café", ["pay"]),
    ("cafe", ["pay"]),
    ('"by card"', ["card"]),
    ('"card by"', []),
    ("card or customers", ["card", "invoice"]),
    ("invoice -customers", ["pay"]),
    ("user_id", ["card"]),
    ("src/pay.py", ["pay"]),
    ("-invoice", []),
    ("'; DROP TABLE users --", []),
    ('AND OR NOT NEAR( * ^ : " ) & | ! <->', []),
)


def test_a_search_finds_the_same_on_every_database(here: Installation) -> None:
    add(here, "invoice", "For customers.")
    add(here, "pay", "The invoice of the café, see src/pay.py")
    add(here, "card", "Pay by card with a `user_id`.")
    add(here, "old", "invoice", status=DocStatus.ARCHIVED)
    other = product(here.owner)
    here.store.write_blocking(lambda tx: tx.products.add(other))
    add(here, "theirs", "invoice card", product_id=other.id)
    assert {asked: sorted(found(here, asked)) for asked, _ in SEARCHES} == dict(SEARCHES)
    assert found(here, "invoice") == ["invoice", "pay"], "a word in the title comes first"


def test_the_longest_text_is_found_by_its_first_and_its_last_word(here: Installation) -> None:
    add(here, "long", "first " + "again " * 16_000 + "x" * 3000 + " last")
    for word in ("first", "again", "last", "x" * 3000):
        assert found(here, word) == ["long"]


def test_writers_at_once_make_one_doc_whose_revisions_follow_each_other(here: Installation) -> None:
    def write(number: int) -> None:
        def verb(tx: Any) -> None:
            doc = tx.docs.named(here.product.id, Folder.ADR, "one", lock=True)
            if doc is None:
                made = blank(here, "one")
                tx.docs.add(made, text_of(made, "first"))
            else:
                later = doc.evolve(revision=doc.revision + 1)
                tx.docs.revise(later, text_of(later, str(number), later.revision))

        here.store.write_blocking(verb)

    with ThreadPoolExecutor(4) as writers:
        list(writers.map(write, range(12)))
    doc = here.store.read_blocking(lambda tx: tx.docs.named(here.product.id, Folder.ADR, "one"))
    assert doc is not None
    numbers = [revision.number for revision in here.store.read_blocking(lambda tx: tx.docs.revisions(doc.id))]
    assert numbers == list(range(12, 0, -1))
