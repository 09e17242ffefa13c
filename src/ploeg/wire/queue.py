"""The queue as a whole."""

from __future__ import annotations

from pydantic import Field

from ploeg.domain.job import JobStatus
from ploeg.wire.base import Reply
from ploeg.wire.jobs import JobOut


class CountsOut(Reply):
    ready: int = Field(description="Of `due`, those that wait for nothing but a worker.")
    due: int = Field(description="Queued, and their moment has come.")
    later: int = Field(description="Queued for a later moment.")
    running: int
    waiting: int = Field(description="Parked on a question.")


class DepthOut(CountsOut):
    """Jobs that need the same of a worker."""

    runtime: str
    labels: list[str]


class OverlapOut(Reply):
    """An unfinished job on another branch that is about to change the same files, as far as plans tell."""

    job: str = Field(description="Its code.")
    status: JobStatus
    paths: list[str]


class PlaceOut(Reply):
    job: JobOut
    held_by: str | None = Field(
        description=(
            "`run`, `moment`, `archived`, `hours`, `product_limit`, `runtime_limit`, `review_limit`, `budget`, "
            "`prerequisite`, `lane`, `quota` or `worker`."
        )
    )
    waiting_for: str | None = Field(description="The same for people.")
    fits: bool | None = Field(
        description="Whether it fits into what is left of an account's quota, by what jobs like it took; null: unknown."
    )
    forecast: str | None = Field(description="The same for people.")
    overlaps: list[OverlapOut] = Field(description="What may conflict with it when both are merged.")


class QueueOut(Reply):
    total: CountsOut
    by_need: list[DepthOut] = Field(description="By the runtime and the labels that a worker must offer.")
    running: list[JobOut]
    queued: list[PlaceOut] = Field(description="In the order in which they would be claimed.")
