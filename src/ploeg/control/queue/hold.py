"""What holds a queued job back: by which rule, and in words for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class By(StrEnum):
    ANSWER = "answer"
    RUN = "run"
    MOMENT = "moment"
    ARCHIVED = "archived"
    HOURS = "hours"
    PRODUCT_LIMIT = "product_limit"
    RUNTIME_LIMIT = "runtime_limit"
    REVIEW_LIMIT = "review_limit"
    BUDGET = "budget"
    PREREQUISITE = "prerequisite"
    LANE = "lane"
    #: It may not fit into what is left of a quota.
    QUOTA = "quota"
    #: Nothing but a worker: none is there, it stands by, or it is busy.
    WORKER = "worker"


@dataclass(frozen=True, slots=True)
class Hold:
    by: By
    text: str


def clock(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
