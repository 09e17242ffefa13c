"""What a look at a pull request changes: how it stands, what was said, and what follows from both.

Everything is decided on what the forge shows now, in one transaction, and the same again changes nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ploeg.control.backlog import rollup
from ploeg.control.installation import Installation
from ploeg.control.intake import answer, following, orders, pulls
from ploeg.control.publishing import actions, publication
from ploeg.domain.backlog import Pbi
from ploeg.domain.delivery import Trouble
from ploeg.domain.forge import Checks, ChecksState, Comment, PullState, PullStatus, Review, Verdict
from ploeg.domain.forge_action import Deed
from ploeg.domain.ids import RemarkId
from ploeg.domain.pull import Pull
from ploeg.domain.remark import (
    Heard,
    Remark,
    RemarkKind,
    RemarkState,
    obsolete,
    of_comments,
    of_reviews,
    of_state,
)
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a forge showed of one pull request."""

    seen: PullState
    checks: Checks = field(default_factory=lambda: Checks(ChecksState.NONE))
    reviews: Sequence[Review] = ()
    comments: Sequence[Comment] = ()
    #: The name of Ploeg's own account there.
    me: str = ""
    #: Those who wrote something new and may push.
    writers: frozenset[str] = frozenset()


def take(tx: Transaction) -> Pull | None:
    """The next one that is due, for this server alone."""
    return tx.pulls.take(tx.now)


def known(tx: Transaction, pull: Pull) -> frozenset[str]:
    """The keys of all that was heard of it."""
    return frozenset(remark.key for remark in tx.pulls.remarks(pull.id))


def noted(tx: Transaction, installation: Installation, tried: Pull, sight: Sight) -> None:
    """Takes over what whoever took `tried` saw, unless somebody else has looked since."""
    before = tx.pulls.get(tried.id, lock=True)
    if before is None or before.taken != tried.taken:
        return
    pull = before.see(tried, sight.seen, sight.checks.state, tx.now, installation.forge_poll)
    tx.pulls.update(pull)
    _tell_changes(tx, before, pull)
    if pull.delivery_id is None:
        return
    if pull.status is not before.status:
        _link(tx, pull)
    _drop_obsolete(tx, pull, sight)
    fresh = _hear(tx, before, pull, sight)
    if fresh or pull.changed_at == tx.now:
        _wake_merging(tx, pull)
    for remark in fresh:
        if remark.kind is RemarkKind.COMMAND and remark.state is RemarkState.OPEN:
            orders.carry_out(tx, installation, pull, remark)
    answer.respond(tx, installation, pull.id)


def failed(tx: Transaction, tried: Pull, trouble: Trouble, reason: str, retry_after: float | None) -> None:
    """It is looked at again later."""
    pull = tx.pulls.get(tried.id, lock=True)
    if pull is not None and pull.taken == tried.taken:
        jitter = random.random()  # noqa: S311 - spreads tries, hides nothing
        tx.pulls.update(pull.fail(trouble, reason, tx.now, retry_after, jitter))


def _tell_changes(tx: Transaction, before: Pull, pull: Pull) -> None:
    if pull.status is not before.status:
        match pull.status:
            case PullStatus.MERGED:
                following.tell(tx, "pull_request.merged", pull, "server", sha=pull.merged_sha)
            case PullStatus.CLOSED:
                following.tell(tx, "pull_request.closed", pull, "server")
            case PullStatus.OPEN if before.status is not None:
                following.tell(tx, "pull_request.reopened", pull, "server")
    same_commit = pull.head_sha == before.head_sha
    if pull.checks is not before.checks or (pull.checks is ChecksState.RED and not same_commit):
        following.tell(tx, following.CHECKED, pull, "server", checks=pull.checks, sha=pull.head_sha)


def _link(tx: Transaction, pull: Pull) -> None:
    """Backlog items whose pull request it is say that it was merged; for one that was closed they wait no longer."""
    delivery = pulls.delivery_of(tx, pull)
    if delivery is None:
        return
    for pbi_id in sorted(publication.pbis_of(tx, delivery)):
        pbi = tx.backlog.pbi(pbi_id, lock=True)
        after = _linked(pbi, pull, tx) if pbi is not None else None
        if after is not None and after != pbi:
            tx.backlog.update_pbi(after)
            rollup.tell(tx, "pbi", after, "server", change=f"pr_{pull.status}")


def _linked(pbi: Pbi, pull: Pull, tx: Transaction) -> Pbi:
    match pull.status:
        case PullStatus.MERGED if pbi.pr_url == pull.url:
            return pbi.merge_pull_request(tx.now)
        case PullStatus.CLOSED if pbi.pr_url == pull.url and pbi.pr_merged_at is None:
            return pbi.evolve(pr_url=None)
        case PullStatus.OPEN if pbi.pr_url is None:
            return pbi.link_pull_request(pull.url)
        case _:
            return pbi


def _wake_merging(tx: Transaction, pull: Pull) -> None:
    """What waits to merge it decides anew."""
    for action in tx.forge_actions.owed(pull.product_id, Deed.MERGE):
        if (action.repo_url, action.branch) == (pull.repo_url, pull.branch):
            actions.look_again(tx, action)


def _drop_obsolete(tx: Transaction, pull: Pull, sight: Sight) -> None:
    taken_back = {f"review:{each.id}" for each in sight.reviews if each.verdict is Verdict.DISMISSED}
    for remark in tx.pulls.remarks(pull.id):
        waits = remark.state is RemarkState.OPEN
        past = waits and (not pull.open or obsolete(remark, sight.seen, sight.checks))
        if past or (remark.key in taken_back and remark.state is not RemarkState.DISMISSED):
            tx.pulls.update_remark(remark.evolve(state=RemarkState.DISMISSED))


def _hear(tx: Transaction, before: Pull, pull: Pull, sight: Sight) -> list[Remark]:
    """Writes down what is new, and gives it."""
    heard_before = known(tx, pull)
    fresh: dict[str, Remark] = {}
    for heard in _all(tx, before, pull, sight):
        if heard.key not in heard_before and heard.key not in fresh:
            fresh[heard.key] = remark = _remark(tx, pull, heard, sight.writers)
            tx.pulls.add_remark(remark)
            if remark.trusted and remark.verdict is Verdict.APPROVED and remark.kind is RemarkKind.REVIEW:
                following.tell(tx, following.APPROVED, pull, "server", author=remark.author, sha=remark.sha)
            if remark.kind is RemarkKind.CONFLICT:
                following.tell(tx, "pull_request.conflicted", pull, "server", base=pull.base)
    open_ones = [remark for remark in fresh.values() if remark.state is RemarkState.OPEN]
    asking = sorted({remark.kind for remark in open_ones} - {RemarkKind.COMMAND})
    if asking:
        count = sum(remark.kind in asking for remark in open_ones)
        following.tell(tx, "pull_request.remarked", pull, "server", remarks=count, kinds=asking)
    return list(fresh.values())


def _all(tx: Transaction, before: Pull, pull: Pull, sight: Sight) -> Iterator[Heard]:
    yield from of_reviews(sight.reviews, sight.me)
    yield from of_comments(sight.comments, sight.me)
    if pull.open:
        # Forgejo says so of a new commit until it has tried, so a conflict counts when it is seen for the second time.
        still = before.mergeable is False and before.head_sha == pull.head_sha
        yield from of_state(sight.seen, sight.checks, tx.now, conflicts=still)


def _remark(tx: Transaction, pull: Pull, heard: Heard, writers: frozenset[str]) -> Remark:
    trusted = heard.kind.of_a_commit or heard.author in writers
    asks = trusted and heard.asks and pull.open
    return Remark(
        id=RemarkId(new_id("rmk")),
        pull_id=pull.id,
        product_id=pull.product_id,
        kind=heard.kind,
        key=heard.key,
        state=RemarkState.OPEN if asks else RemarkState.NOTED,
        said_at=heard.said_at,
        noted_at=tx.now,
        author=heard.author,
        trusted=trusted,
        verdict=heard.verdict,
        text=heard.text,
        url=heard.url,
        path=heard.path,
        line=heard.line,
        sha=heard.sha,
    )
