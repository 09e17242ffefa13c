"""The worker's part of a job's trace: the phases of an attempt, its tools and its commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from ploeg import tracing
from ploeg.domain.attempt import Phase
from ploeg.tracing import Span
from ploeg.wire.assignment import Assignment
from ploeg.worker.runlog import utc_now


class Trace:
    """Of one attempt. Nothing of what an agent said, and no text of a command or an error, gets into it."""

    def __init__(self, assignment: Assignment, now: Callable[[], datetime] = utc_now) -> None:
        self._assignment = assignment
        self._now = now
        self._phase = Phase.PREPARE
        self._began = now()

    def enter(self, phase: Phase) -> None:
        """The phase before is over."""
        self.close()
        self._phase, self._began = phase, self._now()

    def close(self) -> None:
        """The last phase is over as well."""
        self._tell(self._phase, self._began, None)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """What is done within is a step of the attempt."""
        began, error = self._now(), None
        try:
            yield
        except BaseException as raised:
            error = type(raised).__name__
            raise
        finally:
            self._tell(name, began, error)

    def _tell(self, name: str, began: datetime, error: str | None) -> None:
        if tracing.on():
            given = self._assignment
            attributes: dict[str, str | int | float | bool] = {
                "ploeg.job": given.job_code,
                "ploeg.attempt": given.attempt_number,
            }
            tracing.tell(
                Span(
                    name=name,
                    job_id=given.job_id,
                    within=given.attempt_id,
                    began=began,
                    ended=self._now(),
                    error=error,
                    attributes=attributes,
                )
            )
