"""A backlog item's pull request, as people and their agents note it."""

from __future__ import annotations

from ploeg.control import find
from ploeg.control.backlog import rollup
from ploeg.control.find import Need
from ploeg.domain.access import Principal
from ploeg.domain.backlog import Pbi
from ploeg.domain.pull_request import check_pr_url
from ploeg.store.transaction import Transaction


def link(tx: Transaction, actor: Principal, reference: str, url: str) -> Pbi:
    """Notes the pull request; that an earlier one was merged is forgotten. The same one again: no change."""
    pbi = find.pbi(tx, actor, reference, Need.CHANGE)
    linked = pbi.link_pull_request(check_pr_url("pr_url", url))
    return _changed(tx, actor, pbi, linked, "pr_linked")


def mark_merged(tx: Transaction, actor: Principal, reference: str) -> Pbi:
    """Notes that it was merged, at this moment; `Conflict` without one. Again: no change."""
    pbi = find.pbi(tx, actor, reference, Need.CHANGE)
    return _changed(tx, actor, pbi, pbi.merge_pull_request(tx.now), "pr_merged")


def _changed(tx: Transaction, actor: Principal, before: Pbi, after: Pbi, change: str) -> Pbi:
    if after != before:
        tx.backlog.update_pbi(after)
        rollup.tell(tx, "pbi", after, actor.name, change=change)
    return after
