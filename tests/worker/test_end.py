"""How an attempt ended is decided from structured facts alone."""

from __future__ import annotations

import errno
from datetime import UTC, datetime, timedelta

import pytest

from ploeg.domain.account import Seat
from ploeg.domain.attempt import Outcome
from ploeg.domain.errors import Invalid, PloegError, Unavailable
from ploeg.domain.gate import GateResult
from ploeg.domain.limits import Breach
from ploeg.runtimes.base import Ending
from ploeg.worker.availability import Availability
from ploeg.worker.end import Accepted, End, classify
from ploeg.worker.failure import PhaseFailed, end_of
from ploeg.workspace.git import GitError, GitFault

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
A, B = Seat("a"), Seat("b")
DONE = Accepted(status="done")
REFUSED = GateResult("verify_commands", passed=False, reason="`make` ended with 2")
NORMAL = Ending(outcome=None)
CRASHED = Ending(outcome=Outcome.AGENT_CRASHED, reason="signal 9")
TROUBLE = End(outcome=Outcome.WORKSPACE_FAILED, reason="the disk is full")


@pytest.mark.parametrize(
    ("breach", "accepted", "refused", "trouble", "parked", "ending", "outcome"),
    [
        (None, DONE, None, None, None, NORMAL, Outcome.DONE),
        (None, DONE, None, None, None, CRASHED, Outcome.DONE),
        (Outcome.TIMED_OUT, DONE, None, None, None, None, Outcome.DONE),
        (Outcome.WORKER_STOPPED, DONE, None, None, None, None, Outcome.DONE),
        (Outcome.CANCELLED, DONE, None, None, None, NORMAL, Outcome.CANCELLED),
        (Outcome.LEASE_LOST, DONE, None, None, None, NORMAL, Outcome.LEASE_LOST),
        (None, Accepted(status="failed", error="no"), None, None, None, CRASHED, Outcome.REPORTED_FAILED),
        (None, Accepted(status="skipped", error="no need of it"), None, None, None, NORMAL, Outcome.SKIPPED),
        (Outcome.SILENT, None, REFUSED, None, None, None, Outcome.SILENT),
        (None, None, REFUSED, None, None, NORMAL, Outcome.GATE_REFUSED),
        (None, None, REFUSED, None, None, CRASHED, Outcome.AGENT_CRASHED),
        (None, None, None, TROUBLE, None, NORMAL, Outcome.WORKSPACE_FAILED),
        (None, None, None, None, None, CRASHED, Outcome.AGENT_CRASHED),
        (None, None, None, None, None, NORMAL, Outcome.NO_REPORT),
        (None, None, None, None, "Q-3", NORMAL, Outcome.WAITING),
        (None, None, REFUSED, None, "Q-3", CRASHED, Outcome.WAITING),
        (Outcome.WORKER_STOPPED, None, None, None, "Q-3", None, Outcome.WAITING),
        (Outcome.CANCELLED, None, None, None, "Q-3", None, Outcome.CANCELLED),
        (None, DONE, None, None, "Q-3", NORMAL, Outcome.DONE),
    ],
)
def test_each_end_has_one_outcome(
    breach: Outcome | None,
    accepted: Accepted | None,
    refused: GateResult | None,
    trouble: End | None,
    parked: str | None,
    ending: Ending | None,
    outcome: Outcome,
) -> None:
    end = classify(
        breach=Breach(breach, "so it was") if breach else None,
        accepted=accepted,
        refused=refused,
        trouble=trouble,
        parked=parked,
        ending=ending,
    )
    assert end.outcome is outcome


def test_a_refused_done_as_the_last_word_names_the_gate() -> None:
    end = classify(breach=None, accepted=None, refused=REFUSED, trouble=None, parked=None, ending=NORMAL)
    assert end.reason == "verify_commands: `make` ended with 2"


@pytest.mark.parametrize(
    ("error", "outcome", "said"),
    [
        (PhaseFailed(Outcome.AUTH_EXPIRED, "no token"), Outcome.AUTH_EXPIRED, "no token"),
        (GitError(GitFault.NOT_FOUND, "fetching x", "no such repository"), Outcome.WORKSPACE_IMPOSSIBLE, "repository"),
        (GitError(GitFault.UNREACHABLE, "fetching x", "timed out"), Outcome.WORKSPACE_FAILED, "timed out"),
        (GitError(GitFault.DISK_FULL, "fetching x", "no space"), Outcome.WORKSPACE_FAILED, "no space"),
        (Invalid("branch", "-x", "use another"), Outcome.WORKSPACE_IMPOSSIBLE, "branch"),
        (Unavailable("not now"), Outcome.WORKSPACE_FAILED, "not now"),
        (PloegError("something else"), Outcome.WORKSPACE_FAILED, "something else"),
        (OSError(errno.ENOSPC, "No space left on device"), Outcome.WORKSPACE_FAILED, "disk is full"),
        (OSError(errno.EACCES, "Permission denied"), Outcome.WORKSPACE_FAILED, "Permission denied"),
        (RuntimeError("a bug"), Outcome.WORKSPACE_FAILED, "a bug"),
    ],
)
def test_trouble_of_the_workers_own_has_an_outcome_and_a_reason(error: Exception, outcome: Outcome, said: str) -> None:
    end = end_of(error)
    assert end.outcome is outcome
    assert said in str(end.reason)


class Credentials:
    """One per runtime, exchangeable."""

    def __init__(self) -> None:
        self.present: dict[Seat, object] = {A: "old", B: "old"}

    def __call__(self, seat: Seat) -> object:
        return self.present[seat]


def test_a_quota_wall_lifts_at_its_reset() -> None:
    available = Availability([A], Credentials())
    available.note(A, End(outcome=Outcome.QUOTA_EXHAUSTED, reset_at=NOON + timedelta(hours=1)), NOON)
    assert available.open == []
    assert available.stand_by == (NOON + timedelta(hours=1), "a: the quota is used up")
    assert available.sign_in_needed is None
    assert available.lift(NOON + timedelta(hours=1)) == []
    assert available.open == ["a"]


def test_a_quota_wall_without_a_reset_lifts_after_a_while() -> None:
    available = Availability([A], Credentials())
    available.note(A, End(outcome=Outcome.QUOTA_EXHAUSTED), NOON)
    available.lift(NOON + timedelta(minutes=31))
    assert available.open == ["a"]


def test_an_expired_sign_in_lifts_with_a_new_credential() -> None:
    credentials = Credentials()
    available = Availability([A], credentials)
    available.note(A, End(outcome=Outcome.AUTH_EXPIRED, reason="401"), NOON)
    assert available.lift(NOON + timedelta(days=1)) == []
    assert available.sign_in_needed == "a: 401"
    credentials.present[A] = "new"
    assert available.lift(NOON) == [A]
    assert available.open == ["a"]


def test_one_closed_runtime_leaves_the_other_open() -> None:
    available = Availability([A, B], Credentials())
    available.note(A, End(outcome=Outcome.AUTH_EXPIRED, reason="401"), NOON)
    assert available.open == ["b"]
    assert available.sign_in_needed is None
    assert available.stand_by is None


def test_an_ordinary_end_closes_nothing() -> None:
    available = Availability([A], Credentials())
    available.note(A, End(outcome=Outcome.AGENT_CRASHED), NOON)
    assert available.open == ["a"]
