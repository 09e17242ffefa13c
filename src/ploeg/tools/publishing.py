"""The tool about what a product does at its forge."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from ploeg.domain.forge_action import ActionState, Deed
from ploeg.tools.declaration import Arguments, Reference, Result, Side, Tool


class ListForgeActions(Arguments):
    product_id: Reference = Field(description="The product's id or code.")
    limit: int = Field(default=20, ge=1, le=100, description="At most so many, the newest first.")


class ForgeActionShown(Result):
    id: str
    deed: Deed
    state: ActionState
    created_at: datetime
    branch: str | None = None
    sha: str | None = None
    #: A page or a commit: what came of it.
    result: str | None = None
    #: Why it failed, waits or was dropped.
    reason: str | None = None


class ForgeActionsShown(Result):
    result: list[ForgeActionShown]


LIST_FORGE_ACTIONS = Tool(
    name="list_forge_actions",
    description="What was asked of a product's forge beyond opening pull requests, and how far it is.",
    arguments=ListForgeActions,
    result=ForgeActionsShown,
    side=Side.SERVER,
    people=True,
    writes=False,
)
