"""When a story's pull request is merged: decided on how things stand, whenever something of it has changed.

The story is done, nothing works on its branch, and the commit is the one whose receipt Ploeg holds. The forge is asked
to merge that very commit; when more lands, it is that one's turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ploeg.control import find
from ploeg.control.find import Need
from ploeg.control.intake import following
from ploeg.control.publishing import actions, publication, train
from ploeg.domain.access import Principal
from ploeg.domain.backlog import Story, StoryStatus
from ploeg.domain.delivery import Delivery
from ploeg.domain.errors import Conflict
from ploeg.domain.forge_action import Deed, ForgeAction
from ploeg.domain.product import Product
from ploeg.domain.remark import holding_back
from ploeg.store.transaction import Transaction

#: Deeds after which a pull request is open no longer.
_SETTLES = {Deed.MERGE, Deed.WITHDRAW}


@dataclass(frozen=True, slots=True)
class Objection:
    """Why something is not to be done: now, or with `final` ever."""

    reason: str
    final: bool = False
    #: People have to do something first.
    aside: bool = False


def delivered(tx: Transaction, tried: Delivery, url: str | None) -> None:
    """The forge shows the pull request as it should be; it is merged, where that is wanted."""
    delivery = publication.delivered(tx, tried, url)
    product = tx.products.get(tried.product_id)
    if delivery is None or delivery.due_at is not None or url is None or product is None or not product.auto_merge:
        return
    story = tx.backlog.story(delivery.story_id) if delivery.story_id is not None else None
    if story is not None and story.status is StoryStatus.DONE:
        _ask(tx, delivery, "server")


def story_moved(tx: Transaction, story: Story, actor: str) -> None:
    """A story that is done has its pull requests brought up to date, and merged after that; one that is no longer done
    has their merging called off.
    """
    if story.status is StoryStatus.DONE:
        publication.refresh(tx, story, actor)
    for action in tx.forge_actions.owed_of_story(story.product_id, story.id, Deed.MERGE):
        actions.look_again(tx, action)


def merge(tx: Transaction, actor: Principal, reference: str) -> list[ForgeAction]:
    """Merges a done story's pull requests on a person's word, whether or not the product does so by itself."""
    story = find.story(tx, actor, reference, Need.CHANGE)
    if story.status is not StoryStatus.DONE:
        raise Conflict(f"{story.code} is {story.status}; it is merged when all of its tasks are done")
    shown = [each for each in tx.deliveries.of_story(story.id) if each.pr_url is not None]
    if not shown:
        raise Conflict(f"{story.code} has no pull request of its own")
    return [_ask(tx, delivery, actor.name, by_hand=True) for delivery in shown]


def objection(tx: Transaction, action: ForgeAction) -> Objection | None:
    """What speaks against that deed as things stand; None: do it, which in a merge train takes the turn."""
    product = tx.products.get(action.product_id)
    if product is None or product.archived:
        return Objection("the product is archived", final=True)
    match action.deed:
        case Deed.MERGE:
            return _against_merging(tx, action, product)
        case Deed.WITHDRAW:
            delivery = tx.deliveries.of_branch(action.product_id, action.repo_url, action.branch or "")
            landed = delivery is not None and delivery.head_sha != action.sha
            return Objection("more has landed on its branch since", final=True) if landed else None
        case _:
            return None


def _against_merging(tx: Transaction, action: ForgeAction, product: Product) -> Objection | None:
    if not product.auto_merge and not action.content.get("by_hand"):
        return Objection("the product no longer merges by itself", final=True)
    delivery = tx.deliveries.of_branch(action.product_id, action.repo_url, action.branch or "")
    if delivery is None or delivery.head_sha != action.sha:
        return Objection("more has landed on its branch", final=True)
    story = tx.backlog.story(action.story_id) if action.story_id is not None else None
    if story is None or story.status is not StoryStatus.DONE:
        return Objection("its story is not done", final=True)
    working = [job for job in tx.jobs.unfinished_of_stories([story.id]) if job.branch == action.branch]
    if working:
        return Objection(f"{working[0].code} is {working[0].status} on its branch")
    held = None if action.content.get("by_hand") else _held_back(tx, action)
    if held is not None or not product.merge_train:
        return held
    first = train.boards(tx, action, delivery)
    return Objection(first) if first is not None else None


def done(tx: Transaction, tried: ForgeAction, result: str | None) -> None:
    """The deed is done, and what follows from it is asked: a look at the pull request, and its branch's deletion."""
    action = actions.done(tx, tried, result)
    if action is None or action.deed not in _SETTLES or action.branch is None:
        return
    delivery = tx.deliveries.of_branch(action.product_id, action.repo_url, action.branch)
    for pull in tx.pulls.of_delivery(delivery.id)[:1] if delivery is not None else []:
        following.hinted(tx, pull, "server")
    product = tx.products.get(action.product_id)
    if product is not None and product.delete_merged_branches:
        actions.ask(
            tx,
            action.product_id,
            action.repo_url,
            Deed.DELETE_BRANCH,
            f"delete {action.branch} {action.sha}",
            "server",
            branch=action.branch,
            sha=action.sha,
            content={"pr_url": action.content.get("pr_url")},
            job_id=action.job_id,
            story_id=action.story_id,
            sprint_run_id=action.sprint_run_id,
        )


def _held_back(tx: Transaction, action: ForgeAction) -> Objection | None:
    """People who may push asked for changes, and have not approved since; many a forge merges all the same."""
    pulls = tx.pulls.of_branch(action.product_id, action.repo_url, action.branch or "")
    asking = holding_back(tx.pulls.remarks(pulls[0].id)) if pulls else []
    reason = f"{', '.join(asking)} asked for changes, and did not approve since"
    return Objection(reason, aside=True) if asking else None


def _ask(tx: Transaction, delivery: Delivery, actor: str, *, by_hand: bool = False) -> ForgeAction:
    return actions.ask(
        tx,
        delivery.product_id,
        delivery.repo_url,
        Deed.MERGE,
        f"merge {delivery.id} {delivery.head_sha}",
        actor,
        branch=delivery.branch,
        sha=delivery.head_sha,
        content=_content(tx, delivery, by_hand=by_hand),
        job_id=delivery.job_id,
        story_id=delivery.story_id,
    )


def _content(tx: Transaction, delivery: Delivery, *, by_hand: bool) -> dict[str, Any]:
    product = tx.products.get(delivery.product_id)
    assert product is not None, "a foreign key keeps the product of every delivery"
    content: dict[str, Any] = {"method": product.merge_method, "pr_url": delivery.pr_url}
    if product.merge_train:
        content["verified_on"] = train.verified_on(tx, delivery)
    return content | ({"by_hand": True} if by_hand else {})
