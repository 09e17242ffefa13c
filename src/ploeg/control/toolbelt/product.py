"""Tools to look around with."""

from __future__ import annotations

from ploeg import __version__
from ploeg.control import find, installation_view
from ploeg.control.docs import guide
from ploeg.control.ideas import ideas
from ploeg.control.products import products
from ploeg.control.sprints import sprint_view
from ploeg.control.sprints.next_story import next_story
from ploeg.control.toolbelt import showing, sprint
from ploeg.control.toolbelt.caller import Caller
from ploeg.control.toolbelt.handler import Handlers
from ploeg.domain.idea_step import IdeaStatus
from ploeg.domain.ids import ProductId
from ploeg.domain.sprint import SprintStatus
from ploeg.store.transaction import Transaction
from ploeg.tools.product import (
    ContextShown,
    GetClaudeContext,
    Health,
    HealthShown,
    ListProducts,
    NextStory,
    OpenIdea,
    ProductsShown,
)
from ploeg.tools.sprint import SprintShown

OPEN_IDEAS_MAX = 50


def health(tx: Transaction, caller: Caller, arguments: Health) -> HealthShown:
    there = [view.worker for view in installation_view.workers(tx, caller.principal) if view.online]
    return HealthShown(
        status="ok",
        version=__version__,
        time=tx.now,
        database="ok",
        runtimes=sorted({runtime for worker in there for runtime in worker.runtimes}),
    )


def list_products(tx: Transaction, caller: Caller, arguments: ListProducts) -> ProductsShown:
    found = products.listing(tx, caller.principal)
    return ProductsShown(result=[showing.product(view.product, view.role) for view in found])


def get_claude_context(tx: Transaction, caller: Caller, arguments: GetClaudeContext) -> ContextShown:
    product = caller.product(tx, arguments.product_id)
    role = find.role(tx, caller.principal, product.id)
    assert role is not None, "only who has a place in a product finds it"
    text, flaw = guide.text_or_flaw(tx, product)
    return ContextShown(
        product=showing.product(product, role),
        sprint=_open_sprint(tx, product.id),
        next_story=_next(tx, product.id, product.code),
        open_ideas=_open_ideas(tx, caller, product.code),
        agent_guide=text,
        agent_guide_error=flaw,
    )


def _open_sprint(tx: Transaction, product_id: ProductId) -> SprintShown | None:
    newest = next(iter(tx.sprints.of_product(product_id, [SprintStatus.OPEN])), None)
    return sprint.shown(sprint_view.line(tx, newest)) if newest is not None else None


def _open_ideas(tx: Transaction, caller: Caller, product: str) -> list[OpenIdea]:
    statuses = [status for status in IdeaStatus if status is not IdeaStatus.PLANNED]
    found = [view.idea for view in ideas.listed(tx, caller.principal, product=product, statuses=statuses)]
    return [OpenIdea(code=idea.code, title=idea.title, status=idea.status) for idea in found[:OPEN_IDEAS_MAX]]


def _next(tx: Transaction, product_id: ProductId, code: str) -> NextStory | None:
    found = next_story(tx, product_id)
    if found is None:
        return None
    return NextStory(
        pbi=showing.pbi(found.pbi, code),
        story=showing.story(found.story, code, found.pbi.code),
        tasks=[showing.task(task, code, found.story.code) for task in found.tasks],
    )


HANDLERS: Handlers = {
    Health: health,
    ListProducts: list_products,
    GetClaudeContext: get_claude_context,
}
