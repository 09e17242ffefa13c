"""What a job does after each way that an attempt can end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ploeg.domain.attempt import Outcome
from ploeg.domain.job import TRANSITIONS, JobStatus
from ploeg.domain.quota import QUOTA_WAIT_LEAST, QUOTA_WAIT_UNNAMED
from ploeg.domain.retry import BACKOFF_LIMIT, MAX_COUNTED, Decision, Ended, backoff, decide
from tests.domain.making import NOW

OUTCOMES = st.sampled_from(list(Outcome))


def after(outcome: Outcome, *, counted: int = 0, reminded: bool = False, reset_at: datetime | None = None) -> Decision:
    ended = Ended(outcome=outcome, reason="why", counted=counted, reminded=reminded, reset_at=reset_at)
    return decide(ended, NOW, 0.0)


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Outcome.DONE, JobStatus.DONE),
        (Outcome.SKIPPED, JobStatus.SKIPPED),
        (Outcome.CANCELLED, JobStatus.CANCELLED),
        (Outcome.WAITING, JobStatus.WAITING),
        (Outcome.REPORTED_FAILED, JobStatus.FAILED),
        (Outcome.GATE_REFUSED, JobStatus.FAILED),
        (Outcome.WORKSPACE_IMPOSSIBLE, JobStatus.FAILED),
        (Outcome.TIMED_OUT, JobStatus.FAILED),
        (Outcome.SILENT, JobStatus.FAILED),
        (Outcome.OVER_BUDGET, JobStatus.FAILED),
        (Outcome.TOO_MANY_TURNS, JobStatus.FAILED),
        (Outcome.RUNAWAY, JobStatus.FAILED),
        (Outcome.PUSH_CONFLICT, JobStatus.FAILED),
        (Outcome.NO_REPORT, JobStatus.QUEUED),
        (Outcome.AGENT_CRASHED, JobStatus.QUEUED),
        (Outcome.WORKSPACE_FAILED, JobStatus.QUEUED),
        (Outcome.PUSH_FAILED, JobStatus.QUEUED),
        (Outcome.QUOTA_EXHAUSTED, JobStatus.QUEUED),
        (Outcome.AUTH_EXPIRED, JobStatus.QUEUED),
        (Outcome.LEASE_LOST, JobStatus.QUEUED),
        (Outcome.WORKER_LOST, JobStatus.QUEUED),
        (Outcome.WORKER_STOPPED, JobStatus.QUEUED),
    ],
)
def test_each_outcome_has_its_status(outcome: Outcome, status: JobStatus) -> None:
    decision = after(outcome)
    assert decision.status is status
    assert decision.reason == "why"


@given(OUTCOMES, st.integers(0, 10), st.booleans(), st.floats(0, 0.999))
def test_every_decision_is_a_legal_step_of_a_running_job(
    outcome: Outcome, counted: int, reminded: bool, jitter: float
) -> None:
    decision = decide(Ended(outcome=outcome, counted=counted, reminded=reminded), NOW, jitter)
    assert decision.status in TRANSITIONS[JobStatus.RUNNING]
    assert decision.not_before is None or decision.not_before >= NOW


@pytest.mark.parametrize(
    "outcome", [Outcome.AGENT_CRASHED, Outcome.WORKSPACE_FAILED, Outcome.WORKER_LOST, Outcome.PUSH_FAILED]
)
def test_what_may_pass_by_itself_is_tried_three_times(outcome: Outcome) -> None:
    waits = [after(outcome, counted=counted).not_before for counted in range(MAX_COUNTED - 1)]
    assert waits == [NOW + timedelta(seconds=10), NOW + timedelta(seconds=20)]
    last = after(outcome, counted=MAX_COUNTED - 1)
    assert last.status is JobStatus.FAILED
    assert last.reason == "why (attempt 3 of 3)"


@pytest.mark.parametrize("outcome", [Outcome.QUOTA_EXHAUSTED, Outcome.AUTH_EXPIRED, Outcome.LEASE_LOST])
def test_what_is_not_the_jobs_fault_never_fails_it(outcome: Outcome) -> None:
    decision = after(outcome, counted=99)
    assert decision.status is JobStatus.QUEUED
    assert not decision.counted


def test_a_stopped_worker_hands_the_job_back_without_a_count_or_a_wait() -> None:
    decision = after(Outcome.WORKER_STOPPED, counted=99)
    assert (decision.status, decision.counted, decision.not_before) == (JobStatus.QUEUED, False, None)


def test_an_attempt_without_a_report_is_reminded_once() -> None:
    first = after(Outcome.NO_REPORT)
    assert first.remind
    assert first.resume
    assert after(Outcome.NO_REPORT, reminded=True).status is JobStatus.FAILED


def test_a_refused_agent_may_mend_it_as_long_as_a_round_is_left() -> None:
    decision = decide(Ended(outcome=Outcome.GATE_REFUSED, counted=2, repairs_left=1), NOW, 0.0)
    assert (decision.status, decision.counted, decision.resume) == (JobStatus.QUEUED, False, True)
    assert after(Outcome.GATE_REFUSED).status is JobStatus.FAILED


def test_a_quota_wall_waits_for_its_reset() -> None:
    reset = NOW + timedelta(hours=3)
    decision = after(Outcome.QUOTA_EXHAUSTED, reset_at=reset)
    assert (decision.not_before, decision.standby_until) == (reset, reset)
    assert decision.resume


def test_a_quota_wall_without_a_reset_waits_a_while() -> None:
    assert after(Outcome.QUOTA_EXHAUSTED).not_before == NOW + QUOTA_WAIT_UNNAMED


def test_a_reset_in_the_past_is_not_tried_again_at_once() -> None:
    past = NOW - timedelta(hours=1)
    assert after(Outcome.QUOTA_EXHAUSTED, reset_at=past).not_before == NOW + QUOTA_WAIT_LEAST


def test_another_account_goes_on_before_the_reset() -> None:
    reset, sooner = NOW + timedelta(hours=3), NOW + timedelta(hours=1)
    ended = Ended(outcome=Outcome.QUOTA_EXHAUSTED, reset_at=reset, elsewhere_at=sooner)
    decision = decide(ended, NOW, 0.0)
    assert (decision.not_before, decision.standby_until, decision.counted) == (sooner, reset, False)
    assert decide(replace(ended, elsewhere_at=NOW), NOW, 0.0).not_before is None, "at once"
    assert decide(replace(ended, elsewhere_at=reset + timedelta(hours=1)), NOW, 0.0).not_before == reset


def test_an_expired_sign_in_asks_for_a_person() -> None:
    assert after(Outcome.AUTH_EXPIRED).sign_in_needed


def test_a_push_that_failed_goes_on_from_the_verified_commit() -> None:
    assert after(Outcome.PUSH_FAILED).resume


@given(st.integers(1, 200), st.floats(0, 0.999))
def test_backoff_lies_between_half_of_it_and_all_of_it(counted: int, jitter: float) -> None:
    whole = backoff(counted, 0.0)
    assert whole / 2 <= backoff(counted, jitter) <= whole <= BACKOFF_LIMIT


def test_backoff_doubles_to_its_limit() -> None:
    assert [backoff(n, 0.0).total_seconds() for n in range(1, 8)] == [10, 20, 40, 80, 160, 300, 300]
