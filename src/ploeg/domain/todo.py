"""Something that a person wants to remember: small, private, and no part of any backlog yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from ploeg.domain.ids import ProductId, TodoId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    id: TodoId
    user_id: UserId
    #: `TD-3`, counted for each user.
    code: str
    title: str
    created_at: datetime
    description: str | None = None
    #: The product it is about, if it is about one.
    product_id: ProductId | None = None
    done_at: datetime | None = None
    archived_at: datetime | None = None

    def evolve(self, **changes: Any) -> Self:
        return replace(self, **changes)
