"""The docs that an agent may want to know of: in each folder that the product uses, the first of those in force."""

from __future__ import annotations

from itertools import groupby

from ploeg.control.log import log
from ploeg.domain.doc import folders_of
from ploeg.domain.product import Product
from ploeg.store.transaction import Transaction
from ploeg.wire.assignment import DocFolderOut, DocOut

#: Docs that are named of each folder.
LISTED = 40


def for_claim(tx: Transaction, product: Product) -> list[DocFolderOut]:
    """The index as a payload takes it. A flaw in it keeps no job waiting: then it is empty."""
    try:
        return _index(tx, product)
    except Exception:  # noqa: BLE001 - whatever it is, an agent can do without the index
        log.exception("doc_index.left_out", product=product.code)
        return []


def _index(tx: Transaction, product: Product) -> list[DocFolderOut]:
    listed = tx.docs.listed(product.id, folders_of(product.enabled_doc_folders), LISTED)
    folders = ((folder, list(docs)) for folder, docs in groupby(listed, lambda doc: doc.folder))
    return [
        DocFolderOut(
            folder=folder, count=docs[0].in_folder, docs=[DocOut(slug=doc.slug, title=doc.title) for doc in docs]
        )
        for folder, docs in folders
    ]
