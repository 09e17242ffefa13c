"""What an attempt says of itself at its end, gathered on the way."""

from __future__ import annotations

from typing import Any

import msgspec

from ploeg.domain.attempt import Outcome
from ploeg.wire.work import FinishReport
from ploeg.worker.end import Accepted, End
from ploeg.worker.live import LiveAttempt
from ploeg.workspace.git import GitError
from ploeg.workspace.keep import Kept

#: Longest diff that goes to the server, in bytes.
DIFF_BYTES = 1024 * 1024
#: Names of files that a reason carries.
MOST_NAMES = 10
#: Ends after which a later attempt may push a verified commit without running the agent again.
UNPUSHED = frozenset({Outcome.PUSH_FAILED, Outcome.WORKER_STOPPED, Outcome.LEASE_LOST})


class Statement:
    """Of one attempt."""

    def __init__(self, live: LiveAttempt) -> None:
        self._live = live
        self._accepted: Accepted | None = None
        #: As JSON: what was verified, by this attempt or an earlier one.
        self._receipt: dict[str, Any] | None = None
        #: The remote holds the verified commit.
        self.pushed = False
        #: Why the workspace's content is not in the mirror.
        self.not_kept: str | None = None
        #: The branch of the remote that holds what is not done.
        self.wip_branch: str | None = None

    def heard(self, accepted: Accepted | None) -> None:
        """What the agent phase came to."""
        self._accepted = accepted
        if accepted is not None and accepted.receipt is not None:
            self._receipt = msgspec.to_builtins(accepted.receipt)

    def take_over(self, receipt: dict[str, Any]) -> None:
        """The receipt of an earlier attempt, whose commit this one only pushes."""
        self._receipt = receipt

    @property
    def base(self) -> str | None:
        return self._receipt["base_sha"] if self._receipt else self._live.progress.base_sha

    @property
    def head(self) -> str | None:
        """The verified commit if there is one, else the last that is kept."""
        if self._receipt:
            return str(self._receipt["head_sha"])
        return self._live.kept.head if self._live.kept else None

    @property
    def said(self) -> str:
        """The agent's own words on the verified commit."""
        return self._summary() or ""

    def verified(self) -> FinishReport:
        """The report to go on from when the push does not succeed."""
        return self.report(End(outcome=Outcome.PUSH_FAILED, reason="the push was not finished"))

    def report(self, end: End, diff: str | None = None) -> FinishReport:
        live = self._live
        kept = live.kept if isinstance(live.kept, Kept) else None
        return FinishReport(
            outcome=end.outcome,
            reason=self._reason(end),
            summary=self._summary(),
            phase=live.progress.phase,
            session_id=live.progress.session_id,
            model=live.progress.model,
            usage=live.progress.usage_out(),
            base_sha=self.base,
            head_sha=self.head,
            pushed=self.pushed,
            kept_ref=kept.ref if kept else None,
            snapshot=kept.snapshot if kept else None,
            wip_branch=self.wip_branch,
            verified=self._receipt is not None and end.outcome in UNPUSHED,
            receipt=self._receipt,
            diff=diff,
            reset_at=end.reset_at,
            purse=live.progress.purse,
            quota=list(live.progress.quota),
        )

    async def diff(self) -> str | None:
        """The changes for people, redacted; None when there are none or they cannot be read."""
        if self._live.mirror is None or self.base is None or self.head in {None, self.base}:
            return None
        try:
            diff = await self._live.mirror.diff(self.base, str(self.head), text_limit=DIFF_BYTES)
        except GitError as error:
            self._live.log.note("diff_failed", reason=str(error))
            return None
        return self._live.redactor.redact_text(diff.text) + ("\n… (cut)\n" if diff.cut else "")

    def _summary(self) -> str | None:
        if self._accepted is not None:
            return self._accepted.summary
        return str(self._receipt["summary"]) if self._receipt else None

    def _reason(self, end: End) -> str | None:
        left = self._left_behind()
        return "; ".join(filter(None, (end.reason, left))) or None

    def _left_behind(self) -> str | None:
        """What of the work is only in the worker's folders."""
        if self.not_kept is not None:
            return f"its work could not be kept and stays in the worker's workspace: {self.not_kept}"
        kept = self._live.kept
        if not isinstance(kept, Kept) or kept.whole:
            return None
        names = ", ".join(kept.uncommitted[:MOST_NAMES]) or "some of its files"
        return f"not all of its work could be kept (unreadable, or too much): {names}; its workspace is set aside"
