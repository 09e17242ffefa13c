"""Which status of a job may follow which, and what goes with it."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from ploeg.domain.attempt import Outcome
from ploeg.domain.errors import IllegalTransition
from ploeg.domain.ids import AttemptId
from ploeg.domain.job import Job, JobStatus
from tests.domain.making import NOW, a_job

LEGAL = {
    ("queued", "claimed"),
    ("queued", "cancelled"),
    ("claimed", "running"),
    *product(["claimed", "running"], ["queued", "waiting", "done", "failed", "skipped", "cancelled"]),
    ("waiting", "queued"),
    ("waiting", "failed"),
    ("waiting", "cancelled"),
}


def move(job: Job, wanted: JobStatus) -> Job:
    match wanted:
        case JobStatus.CLAIMED:
            return job.claim(AttemptId("att_1"), NOW)
        case JobStatus.RUNNING:
            return job.start(NOW)
        case _:
            return job.settle(wanted, NOW)


@pytest.mark.parametrize(("current", "wanted"), sorted(LEGAL))
def test_a_legal_step_is_taken(current: str, wanted: str) -> None:
    assert move(a_job(JobStatus(current)), JobStatus(wanted)).status == wanted


@pytest.mark.parametrize(
    ("current", "wanted"),
    sorted({(a.value, b.value) for a, b in product(JobStatus, JobStatus)} - LEGAL - {("running", "running")}),
)
def test_any_other_step_is_refused(current: str, wanted: str) -> None:
    with pytest.raises(IllegalTransition, match=rf"J-128 is {current} and cannot become {wanted}"):
        move(a_job(JobStatus(current)), JobStatus(wanted))


def test_nothing_follows_a_terminal_status() -> None:
    assert {a for a, _ in LEGAL}.isdisjoint(s for s in JobStatus if s.terminal)
    assert {s for s in JobStatus if s.terminal} == {"done", "failed", "skipped", "cancelled"}


def test_an_attempt_holds_a_job_that_is_claimed_or_running() -> None:
    assert {s for s in JobStatus if s.active} == {"claimed", "running"}


def test_a_claim_counts_the_attempt_and_forgets_the_wait() -> None:
    job = a_job(not_before=NOW, attempts=1).claim(AttemptId("att_2"), NOW)
    assert (job.attempt_id, job.attempts, job.not_before, job.claimed_at) == ("att_2", 2, None, NOW)


def test_a_second_claim_keeps_when_the_job_was_first_claimed() -> None:
    later = NOW + timedelta(hours=1)
    job = a_job().claim(AttemptId("att_1"), NOW).settle(JobStatus.QUEUED, later).claim(AttemptId("att_2"), later)
    assert job.claimed_at == NOW


def test_starting_twice_changes_nothing() -> None:
    job = a_job(JobStatus.CLAIMED).start(NOW)
    assert job.start(NOW + timedelta(minutes=1)) is job


def test_only_a_terminal_status_ends_a_job() -> None:
    running = a_job(JobStatus.RUNNING)
    assert running.settle(JobStatus.FAILED, NOW).ended_at == NOW
    assert running.settle(JobStatus.QUEUED, NOW).ended_at is None
    assert running.settle(JobStatus.WAITING, NOW).ended_at is None


@pytest.mark.parametrize("status", [JobStatus.QUEUED, JobStatus.CLAIMED, JobStatus.RUNNING, JobStatus.WAITING])
def test_a_job_that_is_not_over_can_be_cancelled(status: JobStatus) -> None:
    job = a_job(status).cancel("not needed", NOW)
    assert (job.status, job.outcome, job.reason, job.ended_at) == ("cancelled", Outcome.CANCELLED, "not needed", NOW)


def test_a_refused_step_leaves_the_job_as_it_was() -> None:
    done = a_job(JobStatus.DONE)
    with pytest.raises(IllegalTransition):
        done.cancel("too late", NOW)
    assert done.status is JobStatus.DONE


def test_a_job_shows_as_its_code() -> None:
    assert a_job().code == "J-128"
