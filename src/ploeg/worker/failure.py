"""What went wrong on the worker's side, folded into the outcomes that the job knows."""

from __future__ import annotations

import errno

from ploeg.domain.attempt import Outcome
from ploeg.domain.errors import Invalid, PloegError
from ploeg.worker.end import End
from ploeg.workspace.git import GitError

FULL = {errno.ENOSPC, errno.EDQUOT}


class PhaseFailed(PloegError):
    """A phase could not do its work."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        self.outcome = outcome
        super().__init__(reason)


def end_of(error: Exception) -> End:
    """The attempt's end after this error."""
    match error:
        case PhaseFailed():
            return End(outcome=error.outcome, reason=str(error))
        case GitError():
            outcome = Outcome.WORKSPACE_FAILED if error.transient else Outcome.WORKSPACE_IMPOSSIBLE
            return End(outcome=outcome, reason=_with_remedy(error))
        case Invalid():
            return End(outcome=Outcome.WORKSPACE_IMPOSSIBLE, reason=str(error))
        case PloegError():
            return End(outcome=Outcome.WORKSPACE_FAILED, reason=str(error))
        case OSError() if error.errno in FULL:
            return End(outcome=Outcome.WORKSPACE_FAILED, reason="the worker's disk is full")
        case OSError():
            return End(outcome=Outcome.WORKSPACE_FAILED, reason=f"the worker's disk: {error.strerror or error}")
        case _:
            return End(outcome=Outcome.WORKSPACE_FAILED, reason=f"the worker met an error of its own: {error!r}")


def _with_remedy(error: GitError) -> str:
    return f"{error}; {error.remedy}" if error.remedy and error.remedy not in str(error) else str(error)
