"""What every way out says when it failed."""

from __future__ import annotations

from ploeg.domain.delivery import Trouble


class NotifyError(Exception):
    """A message did not get there; the reason is fit to show to a person and holds no secret."""

    def __init__(self, trouble: Trouble, reason: str, retry_after: float | None = None) -> None:
        self.trouble = trouble
        self.reason = reason
        #: Seconds that the far end wants to be left alone.
        self.retry_after = retry_after
        super().__init__(f"{trouble}: {reason}")
