"""What the installation's settings mean to the verbs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from ploeg.domain.budget import Budget
from ploeg.domain.config import ConfigLayer
from ploeg.domain.lease import LeaseTerms
from ploeg.domain.question import OnExpiry


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    #: The layer of the config between the product's and the kind's own.
    config: ConfigLayer = field(default_factory=ConfigLayer)
    lease: LeaseTerms = field(default_factory=LeaseTerms)
    branch_prefix: str = "ploeg/"
    #: Jobs of one runtime that may be at work at the same time, over all products.
    max_jobs_by_runtime: Mapping[str, int] = field(default_factory=dict)
    max_transcript_bytes: int = 64 * 1024 * 1024
    #: How long a question stays open, and what comes of it then.
    question_deadline: timedelta = timedelta(hours=24)
    question_on_expiry: OnExpiry = OnExpiry.PARK
    #: Reviews that an idea's plan gets at most while the idea goes by itself.
    plan_review_rounds: int = 2
    #: What all jobs may spend in a day.
    budget: Budget = field(default_factory=Budget)
    #: Give no job to a worker whose quota it may not fit into before the reset.
    hold_unfit: bool = False
    #: The clocks by which days and months begin.
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    #: Between two looks at an open pull request of which no hook tells.
    forge_poll: timedelta = timedelta(minutes=5)
    #: Follow-ups in a row that what was said about a pull request becomes by itself.
    review_rounds: int = 3
    #: Who may read the metrics: an administrator's token, everybody, or nobody.
    metrics: Literal["token", "open", "off"] = "token"
