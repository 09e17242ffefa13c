"""Tools to look around with: the installation, its products, and what to do next in one of them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from ploeg.domain.access import Role
from ploeg.domain.idea_step import IdeaStatus
from ploeg.tools.backlog import PbiShown, StoryShown, TaskShown
from ploeg.tools.declaration import Arguments, Reference, Result, Side, Tool
from ploeg.tools.sprint import SprintShown


class Health(Arguments):
    pass


class HealthShown(Result):
    status: Literal["ok"]
    version: str
    time: datetime
    database: Literal["ok"]
    #: What the workers that are there offer; the caller's own workers, all of them for an administrator.
    runtimes: list[str]


class ListProducts(Arguments):
    pass


class ProductShown(Result):
    id: str
    code: str
    name: str
    description: str | None = None
    repo_url: str | None = None
    definition_of_done: str
    #: The caller's place in it.
    role: Role


class ProductsShown(Result):
    result: list[ProductShown]


class GetClaudeContext(Arguments):
    product_id: Reference = Field(description="The product's id or code.")


class NextStory(Result):
    """The first story of the backlog that is not finished."""

    pbi: PbiShown
    story: StoryShown
    tasks: list[TaskShown]


class OpenIdea(Result):
    """An idea of the product that has not become backlog yet, as far as the caller may see it."""

    code: str
    title: str
    status: IdeaStatus


class ContextShown(Result):
    product: ProductShown
    #: The newest open one.
    sprint: SprintShown | None = None
    #: Left out when every story is finished.
    next_story: NextStory | None = None
    #: At most 50, the newest first.
    open_ideas: list[OpenIdea] = Field(default_factory=list)
    #: What binds every agent of the product.
    agent_guide: str | None = None
    #: Why there is none.
    agent_guide_error: str | None = None


HEALTH = Tool(
    name="health",
    description="Whether the server works: its version, its time, its database, and the runtimes that workers offer.",
    arguments=Health,
    result=HealthShown,
    side=Side.SERVER,
    people=True,
    writes=False,
)

LIST_PRODUCTS = Tool(
    name="list_products",
    description="The products that you own or are a member of, archived ones left out.",
    arguments=ListProducts,
    result=ProductsShown,
    side=Side.SERVER,
    people=True,
    writes=False,
)

GET_CLAUDE_CONTEXT = Tool(
    name="get_claude_context",
    description=(
        "What to know before working on a product: the product itself with its definition of done, the guide that "
        "binds its agents, its newest open sprint, the next story with its backlog item and its tasks in order, and "
        "the ideas that are still open. The next story is the first one that is not finished, in backlog order; "
        "blocked backlog items are passed over."
    ),
    arguments=GetClaudeContext,
    result=ContextShown,
    side=Side.SERVER,
    people=True,
    writes=False,
)
