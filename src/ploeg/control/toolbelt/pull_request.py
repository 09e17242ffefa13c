"""Tools about a backlog item's pull request."""

from __future__ import annotations

from ploeg.control.publishing import pull_requests
from ploeg.control.toolbelt import showing
from ploeg.control.toolbelt.caller import Caller
from ploeg.control.toolbelt.handler import Handlers
from ploeg.domain.backlog import Pbi
from ploeg.store.transaction import Transaction
from ploeg.tools.backlog import PbiShown
from ploeg.tools.pull_request import MarkPbiPrMerged, SetPbiPr


def set_pbi_pr(tx: Transaction, caller: Caller, arguments: SetPbiPr) -> PbiShown:
    return _shown(tx, pull_requests.link(tx, caller.principal, arguments.pbi_id, arguments.pr_url))


def mark_pbi_pr_merged(tx: Transaction, caller: Caller, arguments: MarkPbiPrMerged) -> PbiShown:
    return _shown(tx, pull_requests.mark_merged(tx, caller.principal, arguments.pbi_id))


def _shown(tx: Transaction, pbi: Pbi) -> PbiShown:
    product = tx.products.get(pbi.product_id)
    assert product is not None, "a foreign key keeps the product of every item"
    return showing.pbi(pbi, product.code)


HANDLERS: Handlers = {
    SetPbiPr: set_pbi_pr,
    MarkPbiPrMerged: mark_pbi_pr_merged,
}
