"""A branch's pull request as Ploeg owes it to the forge."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from ploeg.domain.delivery import Trouble
from ploeg.domain.forge import ChecksState, PullStatus
from ploeg.wire.base import Reply


class PullRequestOut(Reply):
    branch: str
    state: Literal["open", "pending", "failed"] = Field(
        description="`open`: it stands on the forge as it should; `pending`: that is to be done; `failed`: given up."
    )
    pr_url: str | None = Field(description="Its page, once there is one.")
    trouble: Trouble | None = Field(description="Why the last try failed.")
    reason: str | None = Field(description="The same in a sentence.")
    tries: int = Field(description="Tries that failed since something changed.")
    due_at: datetime | None = Field(description="When it is tried next.")
    status: PullStatus | None = Field(description="How it stood when its forge was last asked; null: not yet.")
    checks: ChecksState | None = Field(description="What the checks of its last commit say.")
    mergeable: bool | None = Field(description="False: it conflicts with its base; null: nobody knows.")
