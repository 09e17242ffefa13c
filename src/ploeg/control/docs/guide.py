"""The agent guide of a product: Ploeg's own words, and those of its active doc `MANUAL/agent-guide`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ploeg.control.docs.frontmatter import read_front_matter
from ploeg.control.log import log
from ploeg.domain import guide
from ploeg.domain.doc import DocStatus, Folder, ProductDoc, folders_of
from ploeg.domain.errors import PloegError
from ploeg.domain.product import Product
from ploeg.prompts.guide import built_in_guide
from ploeg.store.transaction import Transaction

if TYPE_CHECKING:
    from ploeg.control.toolbelt.caller import Caller


@dataclass(frozen=True, slots=True)
class Guide:
    text: str
    #: The doc that the product's part comes from.
    doc: ProductDoc | None
    #: The product's code.
    product: str


def show(tx: Transaction, caller: Caller, reference: str) -> Guide:
    """The guide that binds the product's agents; `Invalid` with `AGENT_GUIDE_TOO_LARGE` when it is too long."""
    return of_product(tx, caller.product(tx, reference))


def of_product(tx: Transaction, product: Product) -> Guide:
    doc = tx.docs.named(product.id, guide.FOLDER, guide.SLUG)
    if doc is None or doc.status is not DocStatus.ACTIVE or doc.folder not in folders_of(product.enabled_doc_folders):
        return Guide(guide.compose(built_in_guide(), None), None, product.code)
    revision = tx.docs.revision(doc.revision_id)
    assert revision is not None, "a doc is written with its revision"
    return Guide(guide.compose(built_in_guide(), read_front_matter(revision.content_md).body), doc, product.code)


def for_claim(tx: Transaction, product: Product) -> str:
    """The guide that an attempt is bound to. What is wrong with a product's part of it keeps no job waiting."""
    text, flaw = text_or_flaw(tx, product)
    if flaw is not None:
        log.warning("guide.left_out", product=product.code, reason=flaw)
    return text or built_in_guide()


def text_or_flaw(tx: Transaction, product: Product) -> tuple[str | None, str | None]:
    """The guide, or else what is wrong with it."""
    try:
        return of_product(tx, product).text, None
    except PloegError as error:
        return None, str(error)


def check(folder: Folder, slug: str, status: DocStatus, body: str) -> None:
    """`Invalid` when that doc is the product's part of the guide and would make the guide too long."""
    if (folder, slug, status) == (guide.FOLDER, guide.SLUG, DocStatus.ACTIVE):
        guide.compose(built_in_guide(), body)
