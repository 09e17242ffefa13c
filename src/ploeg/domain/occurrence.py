"""What happened: one line of the installation's history, written in the transaction that made it true."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ploeg.domain.ids import AttemptId, JobId, ProductId, StoryId, UserId

#: Types of events that concern nobody else, where they name a person and no product.
PERSONAL = ("idea.", "question.", "receiver.", "todo.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One change. Events are read in the order of their ids, which is the order of their commits."""

    id: int
    at: datetime
    #: `noun.verb_past`, e.g. `job.claimed`.
    type: str
    #: Who did it: `user:<name>`, `worker:<id>` or `server`.
    actor: str
    product_id: ProductId | None = None
    job_id: JobId | None = None
    attempt_id: AttemptId | None = None
    #: The person it concerns, where that is no matter of a product, or for that person alone to see.
    user_id: UserId | None = None
    #: The story that changed, or whose task changed.
    story_id: StoryId | None = None
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def private(self) -> bool:
        """Only the person that it concerns may see it: it is about an idea that is not shared, or about a todo."""
        return self.user_id is not None and (self.product_id is not None or self.type.startswith(PERSONAL))
