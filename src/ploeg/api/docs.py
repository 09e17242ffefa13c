"""Product docs: `/products/{product}/docs`. The API's own page is `/api/v1/docs`, which is something else."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from ploeg.api.access import Caller, Plane
from ploeg.control.docs import doc_reading, docs, guide
from ploeg.control.docs.doc_reading import Followed
from ploeg.control.docs.docs import PbiDocView, Wish, Written
from ploeg.control.toolbelt.caller import PersonCaller
from ploeg.domain.doc import ProductDoc
from ploeg.wire.base import Items
from ploeg.wire.docs import (
    DocEdit,
    DocIn,
    DocOut,
    DocTextOut,
    GuideOut,
    HitOut,
    LinkOut,
    PbiDocIn,
    PbiDocOut,
    RebuiltOut,
    RelatedOut,
    RevisionOut,
    WrittenOut,
)

router = APIRouter(tags=["docs"])


def _person(plane: Plane, caller: Caller) -> PersonCaller:
    return PersonCaller(caller, plane.installation)


Person = Annotated[PersonCaller, Depends(_person)]


@router.get("/products/{product}/docs")
async def list_docs(
    plane: Plane,
    person: Person,
    product: str,
    folder: str | None = None,
    status: str | None = None,
    include_disabled: bool = False,
) -> Items[DocOut]:
    """A product's docs by folder and slug, at most 500, without their text."""
    found = await plane.read(
        doc_reading.listing, person, product, folder=folder, status=status, include_disabled=include_disabled
    )
    return Items(items=[DocOut(**_doc(view.doc, view.product)) for view in found])


@router.post("/products/{product}/docs", status_code=201)
async def add_doc(plane: Plane, person: Person, product: str, wish: DocIn, response: Response) -> WrittenOut:
    """A new doc, or a new revision of the one in that folder with that slug (200)."""
    written = await plane.write(docs.write, person, product, Wish(**wish.model_dump()))
    response.status_code = 201 if written.created else 200
    return _written(written)


@router.get("/products/{product}/docs/search")
async def search_docs(
    plane: Plane,
    person: Person,
    product: str,
    query: str,
    folder: str | None = None,
    limit: int = 10,
    include_archived: bool = False,
    include_disabled: bool = False,
) -> Items[HitOut]:
    """The best matches, best first. The query is read as on the web: `"a phrase"`, `one or other`, `-without`."""
    hits = await plane.read(
        doc_reading.search,
        person,
        product,
        query,
        folder=folder,
        limit=limit,
        include_archived=include_archived,
        include_disabled=include_disabled,
    )
    return Items(items=[HitOut(**_doc(hit.doc, hit.product), heading=hit.heading, snippet=hit.snippet) for hit in hits])


@router.put("/products/{product}/docs/index")
async def rebuild_docs(plane: Plane, person: Person, product: str) -> RebuiltOut:
    """Builds sections, links and the full-text index of all docs anew."""
    return RebuiltOut(docs=await plane.write(docs.rebuild, person, product))


@router.get("/products/{product}/docs/{folder}/{slug}")
async def show_doc(
    plane: Plane, person: Person, product: str, folder: str, slug: str, revision: int | None = None
) -> DocTextOut:
    """A doc with its current text, or with that of an older revision."""
    found = await plane.read(doc_reading.show, person, product, folder, slug, revision)
    text = found.revision
    return DocTextOut(**_doc(found.doc, found.product), content_md=text.content_md, shown_revision=text.number)


@router.put("/products/{product}/docs/{folder}/{slug}")
async def write_doc(plane: Plane, person: Person, product: str, folder: str, slug: str, wish: DocEdit) -> WrittenOut:
    """The doc's next revision, or its first; the same text again changes nothing."""
    wanted = Wish(folder=folder, slug=slug, **wish.model_dump())
    return _written(await plane.write(docs.write, person, product, wanted))


@router.delete("/products/{product}/docs/{folder}/{slug}", status_code=204)
async def delete_doc(plane: Plane, person: Person, product: str, folder: str, slug: str) -> None:
    """Deletes it with all its revisions, unless a backlog item leans on one."""
    await plane.write(docs.delete, person, product, folder, slug)


@router.get("/products/{product}/docs/{folder}/{slug}/revisions")
async def list_revisions(plane: Plane, person: Person, product: str, folder: str, slug: str) -> Items[RevisionOut]:
    """Every revision without its text, newest first."""
    found = await plane.read(doc_reading.revisions, person, product, folder, slug)
    return Items(items=[RevisionOut.model_validate(revision) for revision in found])


@router.get("/products/{product}/docs/{folder}/{slug}/links")
async def doc_links(plane: Plane, person: Person, product: str, folder: str, slug: str) -> RelatedOut:
    """Where its links lead, which docs link to it, and which of its links lead nowhere or to several docs."""
    found = await plane.read(doc_reading.related, person, product, folder, slug)
    sides = {"forward": found.forward, "backward": found.backward, "broken": found.broken}
    return RelatedOut(**{side: [_link(link, found.product) for link in links] for side, links in sides.items()})


@router.get("/products/{product}/agent-guide")
async def agent_guide(plane: Plane, person: Person, product: str) -> GuideOut:
    """The guide that binds every agent of the product."""
    found = await plane.read(guide.show, person, product)
    doc = DocOut(**_doc(found.doc, found.product)) if found.doc is not None else None
    return GuideOut(guide_md=found.text, has_product_override=doc is not None, doc=doc)


@router.get("/pbis/{pbi}/docs")
async def list_pbi_docs(plane: Plane, person: Person, pbi: str) -> Items[PbiDocOut]:
    """The docs that a backlog item leans on, oldest link first."""
    return Items(items=[_pbi_doc(view) for view in await plane.read(docs.of_pbi, person, pbi)])


@router.post("/pbis/{pbi}/docs", status_code=201)
async def link_pbi_doc(plane: Plane, person: Person, pbi: str, wish: PbiDocIn) -> PbiDocOut:
    """Freezes a revision of a doc for a backlog item; the same link again changes nothing."""
    return _pbi_doc(await plane.write(docs.link_pbi, person, pbi, wish.doc_id, wish.role, wish.revision_id))


def _doc(doc: ProductDoc, product: str) -> dict[str, Any]:
    own = {name: getattr(doc, name) for name in DocOut.model_fields if name not in {"product", "uri"}}
    return {**own, "product": product, "uri": doc.uri(product)}


def _written(written: Written) -> WrittenOut:
    return WrittenOut(**_doc(written.doc, written.product), noop=written.noop, created=written.created)


def _link(link: Followed, product: str) -> LinkOut:
    doc = DocOut(**_doc(link.doc, product)) if link.doc is not None else None
    return LinkOut(href=link.href, state=link.state, doc=doc, choices=list(link.choices))


def _pbi_doc(view: PbiDocView) -> PbiDocOut:
    return PbiDocOut(
        pbi=view.pbi,
        pbi_id=view.link.pbi_id,
        role=view.link.role,
        frozen_revision=view.revision,
        frozen_revision_id=view.link.revision_id,
        created_by=view.link.created_by,
        created_at=view.link.created_at,
        doc=DocOut(**_doc(view.doc, view.product)),
    )
