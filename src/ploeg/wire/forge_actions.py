"""What is asked of a forge, as the API tells it."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from ploeg.domain.delivery import Trouble
from ploeg.domain.forge_action import ActionState, Deed
from ploeg.wire.base import Reply, Request


class ForgeOut(Reply):
    origin: str = Field(description="Its address; whatever repositories are beneath it.")
    kind: str = Field(description="`forgejo`, `gitea`, `github`, `gitlab`, or `git` for a host without pull requests.")


class ForgeActionOut(Reply):
    id: str
    deed: Deed
    state: ActionState = Field(description="`dropped`: nobody wants it any longer; `failed`: given up.")
    actor: str = Field(description="Who asked for it.")
    repo_url: str
    number: int | None = Field(description="The pull request, where its number is known.")
    branch: str | None
    sha: str | None = Field(description="The commit that it is about; with another head it is not done.")
    result: str | None = Field(description="A page or a commit: what came of it.")
    trouble: Trouble | None = Field(description="Why the last try failed.")
    reason: str | None = Field(description="Why it failed, waits or was dropped.")
    tries: int = Field(description="Tries that failed.")
    due_at: datetime | None = Field(description="When it is tried, or looked at, next.")
    created_at: datetime
    done_at: datetime | None


class PromotionIn(Request):
    ref: str | None = Field(
        default=None, min_length=1, max_length=200, description="A branch or tag; else the default branch."
    )
