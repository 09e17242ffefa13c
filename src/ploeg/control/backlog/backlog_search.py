"""Finding items of the backlog by what stands in them."""

from __future__ import annotations

from dataclasses import dataclass

from ploeg.control import find
from ploeg.control.backlog import backlog_view
from ploeg.control.backlog.backlog_view import View
from ploeg.control.docs.text import prose
from ploeg.domain.access import Principal, Scope
from ploeg.domain.backlog import Pbi, Story, Task
from ploeg.domain.errors import Invalid
from ploeg.domain.search import Query, first_match, read_query, snippet
from ploeg.store.transaction import Transaction

LIMIT_MAX = 50


@dataclass(frozen=True, slots=True)
class Hit:
    view: View
    snippet: str


def search(tx: Transaction, actor: Principal, query: str, product: str | None = None, limit: int = 20) -> list[Hit]:
    """The best matches among what the caller may see, best first; archived items and products are left out."""
    actor.require(Scope.READ)
    if not 1 <= limit <= LIMIT_MAX:
        raise Invalid("limit", limit, f"give 1 to {LIMIT_MAX}")
    asked = read_query(prose("query", query, 500))
    if product is not None:
        products = [find.product(tx, actor, product)]
    else:
        products = find.visible_products(tx, actor, include_archived=False)
    found = tx.backlog.find(asked, [visible.id for visible in products], limit)
    return [Hit(backlog_view.view(tx, item), _snippet(item, asked)) for item in found]


def _snippet(item: Pbi | Story | Task, query: Query) -> str:
    texts = [item.description]
    if isinstance(item, Story):
        texts.append(item.acceptance_criteria)
    elif isinstance(item, Task):
        texts.append(item.implementation_plan)
    text = "\n".join(each for each in texts if each)
    return snippet(text, first_match(text, query))
